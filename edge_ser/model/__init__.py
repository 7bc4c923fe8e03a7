"""Model files, the interpreter that runs them, and streaming inference."""
