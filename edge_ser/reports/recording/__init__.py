"""A recording explained: how it is recognized (inspection), and its features as the model receives them."""
