"""The command line: what an operator types on the machine itself."""
