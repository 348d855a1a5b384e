"""Files for MediaPipe: the model with its three inputs, and the metadata that it reads."""
