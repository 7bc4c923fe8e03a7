"""Finding out what is wrong with an installation: checks by subject, each with a finding and a fix.

Functions ``check_*`` look at the machine below a folder ``root``, which in tests is a simulated one; functions
``rate_*`` turn what they saw into a finding.
"""
