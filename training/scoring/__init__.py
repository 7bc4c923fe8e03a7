"""What models predict for clips, and the figures made of that."""
