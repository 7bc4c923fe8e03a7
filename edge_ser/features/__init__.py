"""The fixed-point front end, which computes the model's int8 input from int16 samples (SPEC.md)."""
