"""Which of many texts to have answered by a teacher that costs money.

`select` reads a file (`candidate_rows`), gives each text a vector of its words (`hashed_words`) or
of an encoder, spreads the choice over them (`farthest_first`), leaves out what was answered already
(`answered_texts`), and looks within clusters for what a student so far is unsure of
(`unsure_members`). Some texts are drawn at random instead, for an audit. No TensorFlow.
"""

from ._select import Selected, select
from .select_settings import SelectSettings

__all__ = ["SelectSettings", "Selected", "select"]
