"""A history of what was recognized, in a SQLite file; off by default, limited in age and size, never any audio."""
