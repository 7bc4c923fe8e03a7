"""Helpers that all of the training side uses: types of arrays, atomic file writes, progress bars, worker processes."""
