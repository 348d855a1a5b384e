"""One class for each text: how predictions are scored, and how far confidence can be trusted."""
