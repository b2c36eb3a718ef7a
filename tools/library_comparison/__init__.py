"""Measures our profile checker beside other libraries, on the same messages, each in a process of its own."""
