"""The pure core: samples in, events out.  No input or output, no globals, no clock of its own."""
