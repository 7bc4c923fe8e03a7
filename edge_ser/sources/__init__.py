"""Where samples come from: microphones, recordings, and raw PCM on standard input."""
