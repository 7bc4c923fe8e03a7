"""Training one network: batches, epochs, checkpoints."""
