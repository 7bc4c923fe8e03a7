"""Benchmarks: measured figures, each by a committed command."""
