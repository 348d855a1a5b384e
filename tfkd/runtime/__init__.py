"""Use an exported file: NumPy, tokenizers and LiteRT alone, so nothing here imports TensorFlow.

`load` opens the file of any task; `Classifier` is the same for text classification.
"""

from ..tasks.text_classification import Prediction
from .classifier import Classifier
from .predictor import Predictor, load

__all__ = ["Classifier", "Prediction", "Predictor", "load"]
