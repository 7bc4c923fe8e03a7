"""Augmentation: changes of a recorded voice, simulated reverberation, and synthetic noises; all made, none recorded."""
