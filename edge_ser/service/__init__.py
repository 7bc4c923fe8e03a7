"""Running as a systemd service: telling systemd how it goes, installing, and finding out what is wrong."""
