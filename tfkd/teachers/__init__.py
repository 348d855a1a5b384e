"""A teacher from a spec such as `hf:FOLDER` or `keras:FOLDER`, and one saved for it.

Each kind is a line of `KINDS` and a loader. `ensemble` and `joined` make one teacher of several,
`by_head` of one for each head; `known_texts` looks up what is known of each text;
teachers that are no Keras model are functions of ids outside of TensorFlow's graph. `few_labels`
has those that are fitted to classes.
"""

from .by_head import check_heads, join_heads, split_heads
from .few_labels.class_fitting import needs_guide
from .few_labels.few_labels import FewLabels
from .few_labels.fit_spec import fitted_parts, is_fitted, read_fit_spec
from .few_labels.fitted_model import FittedTeacher
from .few_labels.logistic import check_scikit_learn
from .file_digest import digest_spec
from .function_spec import name_function
from .function_texts import FunctionTexts
from .keras_files import LABELS, MODEL, save
from .known_texts import know_texts, read_texts
from .language_models.answer_guide import read_form
from .language_models.answering_teacher import AnsweringTeacher
from .language_models.class_guide import ClassGuide, read_guide
from .language_models.language_model import LanguageModel, address_in, is_prompted
from .language_models.prompted_teacher import PromptedTeacher, mark_of
from .loading import KINDS, check_reads, check_spec, check_writes, load_teacher

__all__ = [
    "KINDS",
    "LABELS",
    "MODEL",
    "AnsweringTeacher",
    "ClassGuide",
    "LanguageModel",
    "PromptedTeacher",
    "FewLabels",
    "FittedTeacher",
    "FunctionTexts",
    "address_in",
    "check_heads",
    "check_reads",
    "check_scikit_learn",
    "check_spec",
    "check_writes",
    "digest_spec",
    "fitted_parts",
    "is_fitted",
    "is_prompted",
    "join_heads",
    "know_texts",
    "load_teacher",
    "mark_of",
    "name_function",
    "needs_guide",
    "read_fit_spec",
    "read_form",
    "read_guide",
    "read_texts",
    "save",
    "split_heads",
]
