"""Classifiers of kinds that are no Keras model, as functions of padded ids."""
