"""Augmentation: changes of a recorded voice, simulated reverberation, and synthetic noises; all of it is computed."""
