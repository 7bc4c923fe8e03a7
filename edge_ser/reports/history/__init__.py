"""A report of a history: figures first, then the same figures as sentences, tables and pictures in each format."""
