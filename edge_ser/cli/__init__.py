"""The command line, one module per command: it reads options, calls the rooms below, and prints."""
