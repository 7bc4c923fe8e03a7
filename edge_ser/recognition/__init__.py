"""Recognition, the pure core: samples in, events out, without input, output, global state or a clock."""
