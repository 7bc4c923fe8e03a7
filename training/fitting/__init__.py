"""Training one network: batches, epochs, calibration on validation speakers."""
