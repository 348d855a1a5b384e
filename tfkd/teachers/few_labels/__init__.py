"""Teachers of classes that are described, or have a few labelled texts: no server, no fine-tuning.

`fit_spec` reads what a spec asks for, and `few_labels` is what a teacher is fitted to. `similar`
compares a text's vector with those of descriptions, `logistic` fits a linear model on vectors,
`pair_tuning` moves the vectors first, and `entailment` asks a model of pairs whether a text is
about a class. `temperature` fits how sure they are, `vector_classes` is a model of vectors and its
layer, `fitted_model` what all of them become, `class_fitting` fits, `kept_fit` keeps that.
"""
