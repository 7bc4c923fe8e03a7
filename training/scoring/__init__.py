"""What models predict for clips, the figures computed from it, and calibration on validation speakers."""
