"""Text classification under another name, as somebody else would register a task."""

from tfkd.tasks.text_classification import TextClassification


class Shouting(TextClassification):
    """Is a text in capitals?"""

    name = "shouting-detection"
    hugging_face = ""
