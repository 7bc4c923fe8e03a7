"""The history summed up: figures as data, and writers that show them in pictures and in words."""
