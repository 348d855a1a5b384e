"""A language model behind an OpenAI-compatible address as a teacher: how likely each class is.

`class_guide` reads what the classes mean, `prompts` asks for a letter, `letter_chances` reads how
likely each letter was. `http_client` sends a request and tries again, `spending` never lets the
calls cost more than they may, `answer_journal` keeps each answer as it comes, `class_asker` does
all of it for many texts at once (`asker`), and `prompted_teacher` is the teacher, which is a
`language_model` at an address (`server_address`).

Tasks whose answers are written are asked for JSON: `answer_guide` reads what is asked,
`written_answers` finds the object in what came, `answer_asker` asks, and `answering_teacher` is the
teacher. What an answer says is read by the task (`tfkd.tasks.Prompted`).
"""
