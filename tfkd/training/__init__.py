"""Training a student: the `Distiller`, its steps and checks, its numbers, and its backups.

`distillation_steps` and `base_distiller` are the class that Keras 3 and tf_keras share,
`distiller` what differs. It works with plain objects: `target_source` is where the teacher's
outputs come from, `metric_log` what is reported, `projections` the trainable weights of losses.
`batches` and `sources` read what `fit` was given, `building` and `first_batch` prepare and check
one batch, `step_guard` and `input_checksum` all later ones.
"""
