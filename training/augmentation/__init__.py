"""What happens to a voice between mouth and model, and sounds in which nobody speaks: all of it made, none recorded."""
