"""What commands lean on: files written whole, progress, worker processes."""
