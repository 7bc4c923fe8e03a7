"""Events on a Unix domain socket that any number of local programs can read."""
