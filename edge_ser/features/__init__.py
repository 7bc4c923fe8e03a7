"""The fixed-point front end: from int16 samples to the int8 input of the model (SPEC.md)."""
