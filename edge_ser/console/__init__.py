"""Standard output, standard error and files that are written whole: what people and programs are shown."""
