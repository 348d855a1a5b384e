"""Use an exported file: NumPy, tokenizers and LiteRT alone, so nothing here imports TensorFlow.

`load` opens the file of any task; `Classifier` is the same for text classification.
"""

from ..tasks.text_classification import Prediction
from .classifier import Classifier
from .predictor import Predictor, load
from .recommending import Recommended, recommend
from .service_desk import ServiceDesk
from .unsure_answers import Ask
from .vector_index import Index

__all__ = [
    "Ask",
    "Classifier",
    "Index",
    "Prediction",
    "Predictor",
    "Recommended",
    "ServiceDesk",
    "load",
    "recommend",
]
