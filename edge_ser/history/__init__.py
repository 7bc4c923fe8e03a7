"""A history of what was recognized, in an SQLite file; off by default, limited in age and size, never any audio."""
