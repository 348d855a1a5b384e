"""A language model behind an OpenAI-compatible address as a teacher: how likely each class is.

`class_guide` reads what the classes mean, `prompts` asks for a letter, `letter_chances` reads how
likely each letter was. `http_client` sends a request and tries again, `spending` never lets the
calls cost more than they may, `answer_journal` keeps each answer as it comes, `class_asker` does
all of it for many texts at once, and `prompted_teacher` is the teacher.
"""
