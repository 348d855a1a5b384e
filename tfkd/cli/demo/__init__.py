"""`tfkd demo`: a file at work, on a local page that nothing leaves. No TensorFlow."""

from ._demo import demo

__all__ = ["demo"]
