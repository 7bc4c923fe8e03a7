"""The recordings of a run: their features, copies among them, and who is learned from and who is judged."""
