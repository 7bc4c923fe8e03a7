"""What was recognized, kept in a SQLite file for as long as its owner wants; off unless asked for, never any audio."""
