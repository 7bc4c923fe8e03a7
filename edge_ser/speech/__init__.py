"""Finding speech in a stream, so that the model runs only while somebody speaks."""
