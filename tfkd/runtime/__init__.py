"""Use an exported file: NumPy, tokenizers and LiteRT alone, so nothing here imports TensorFlow."""

from .classifier import Classifier, Prediction

__all__ = ["Classifier", "Prediction"]
