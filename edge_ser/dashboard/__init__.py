"""A live page for browsers, made from the events of a running service: a process of its own, an optional extra."""
