"""From a Keras 3 student to a file that was run against it before it got its name."""

from ._export import Exported, export

__all__ = ["Exported", "export"]
