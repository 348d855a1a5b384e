"""Training a student: the `Distiller`, its steps and checks, its numbers, and its backups.

`steps` is the body that Keras 3 and tf_keras share, `distiller` what differs between them, `loops`
what runs the steps; `batches` and `sources` read what `fit` was given, `first_batch` what one batch
shows to be wrong, `bad_targets` and `input_checksum` what shows later.
"""
