"""A stream of texts watched: what share is of which class, and an alarm when that changes.

`tfkd watch` reads lines of JSON (`stream_lines`, `stream_times`), classifies each text with an
exported file, counts classes by topic in a sliding window (`sliding_rates`) and tests each rate for
a change (`cusum`, `rate_series`). What was read and counted is kept beside the output
(`watch_state`), so that a watch that was killed goes on. `watch_page` draws it. No TensorFlow.
"""

from ._watch import Watched, watch
from .watch_settings import WatchSettings

__all__ = ["WatchSettings", "Watched", "watch"]
