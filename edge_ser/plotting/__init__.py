"""Pictures of recordings, drawn at a desk with the libraries of `edge-ser[plots]`."""
