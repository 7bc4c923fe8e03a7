"""Finding out what is wrong with an installation: checks by subject, each with its finding and how to fix it.

Checks look at the machine below a folder ``root``, so that a made-up one can be looked at as well.
"""
