"""Listening: the loop that passes blocks from a source through the pipeline to the sinks, as configured."""
