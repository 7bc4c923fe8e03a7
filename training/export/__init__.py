"""From a trained network to a model file: TensorFlow Lite, and the LSTM as one operator."""
