"""From a trained network to a model file: TensorFlow Lite, the LSTM as one operator, the card."""
