"""The command line, one module per command: it reads options, calls the packages below, and prints."""
