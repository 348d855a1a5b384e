"""Files that write texts: their further signatures, and how they are compared with the student.

`encode_and_step` says what a file has beside `serve`, and what it says of how it writes.
`given_targets` compares logits along texts that are given, `steps` each step with the whole text,
and `written_texts` what both write.
"""
