"""The training side: from labelled recordings to an int8 model file.  Needs the extra ``train``."""
