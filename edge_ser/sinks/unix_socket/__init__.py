"""The Unix socket sink, from which any number of local programs can read events."""
