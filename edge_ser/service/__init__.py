"""The systemd service: installing it, removing it, and reading its state and its journal."""
