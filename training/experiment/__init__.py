"""A run: its folds are trained, exported and evaluated; families side by side; the model card."""
