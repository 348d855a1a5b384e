"""Hidden words to guess: what a masked language model is trained and distilled on."""
