"""One module per library: how it is asked whether a resource is right. Each is run as a process of its own."""
