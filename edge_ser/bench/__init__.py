"""`edge-ser bench`: what the path from a sound to its label costs on this machine, and how long it takes."""
