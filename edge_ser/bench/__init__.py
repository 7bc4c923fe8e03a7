"""`edge-ser bench`: how long the path from a sound to its label takes on this machine, and what it costs."""
