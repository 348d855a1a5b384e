"""The parts of the page, each worked out from texts, labels and probabilities."""
