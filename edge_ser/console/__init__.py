"""What commands write: standard output, standard error, and files that are written whole or not at all."""
