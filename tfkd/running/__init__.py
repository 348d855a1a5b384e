"""A run from texts to a verified file and a report: its folder, its materials, its phases.

`_run` carries out a run, `phases` are its parts and `materials` what they read; `caching` and
`teacher_run` do a part of it ahead. `config` are the settings, `recipes` the classic ones,
`reports` the page and the model card.
"""
