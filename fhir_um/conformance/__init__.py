"""The conformance runner: plays stories against any server and says what its answers break, by requirement."""
