"""The version, read by `setup.cfg` and by `tfkd.__version__`."""

__version__ = "0.1.0"
