"""The page and the model card of finished runs: what their folders and models are asked for."""
