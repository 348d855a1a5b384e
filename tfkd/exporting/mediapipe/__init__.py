"""Files for MediaPipe: the model as its client feeds it, and the metadata that it reads."""
