"""What tasks that write texts have in common: rows, objective, answers and scores."""

from .generation_task import GenerationTask
from .written_answer import Written

__all__ = ["GenerationTask", "Written"]
