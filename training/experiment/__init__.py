"""A run: its folds go through training, export and evaluation; families side by side."""
