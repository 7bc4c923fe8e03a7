"""The recordings of a run: their features, duplicates among them, and the splits by speaker."""
