"""Use an exported file: NumPy, tokenizers and LiteRT alone, so nothing here imports TensorFlow.

`load` opens the file of any task; `Classifier` is the same for text classification.
"""

from ..tasks.text_classification import Prediction
from .classifier import Classifier
from .predictor import Predictor, load
from .vector_index import Index

__all__ = ["Classifier", "Prediction", "Index", "Predictor", "load"]
