"""Use an exported file: NumPy, tokenizers and LiteRT alone, so nothing here imports TensorFlow.

`load` opens the file of any task; `Classifier` is the same for text classification. Names load on
first use, as those of `tfkd`: an answer needs few of them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..tasks.text_classification import Prediction
    from .classifier import Classifier
    from .predictor import Predictor, load
    from .recommending import Recommended, recommend
    from .service_desk import ServiceDesk
    from .unsure_answers import Ask
    from .vector_index import Index

_HOME = {
    "Ask": ".unsure_answers",
    "Classifier": ".classifier",
    "Index": ".vector_index",
    "Prediction": "..tasks.text_classification",
    "Predictor": ".predictor",
    "Recommended": ".recommending",
    "ServiceDesk": ".service_desk",
    "load": ".predictor",
    "recommend": ".recommending",
}

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


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
