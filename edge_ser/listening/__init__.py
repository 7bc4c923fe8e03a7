"""Listening: the one loop that joins a source, the recognition and the sinks, as settings ask for."""
