"""Sources of audio blocks: microphones, recordings, and raw PCM on standard input."""
