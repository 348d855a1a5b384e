"""Write a `.tflite` that the text classifier of MediaPipe Tasks runs as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ... import __version__
from ...errors import UserError
from ...models.embeddings import id_limit
from ...runtime.bundle import describe, read_encoder
from ...runtime.interpreter import LiteRT
from ...runtime.settings import MEDIAPIPE
from ...runtime.zip_tail import pack, seal, unpack
from ...text import TextEncoder, mediapipe
from ..checks import checks
from ..convert import Inconvertible, flatbuffer
from ..request import Order
from ..verify import Figures, Model, compare
from .metadata import INPUTS, described
from .model import Client, client, scores

LEAST = 1e-7  # smaller probabilities are this one: float32 tells 1 - p from 1 no further


def mediapipe_file(order: Order, made: Path) -> Figures:
    """Write the file and run it against the student, on texts as MediaPipe's tokenizer reads them.

    Figures are of the logarithms of probabilities, which are logits too.

    Raises:
        UserError: a student without encoder, with a tokenizer that MediaPipe has not, of texts
            of one length, or that does not convert.
    """
    written, order = order, _read_by_mediapipe(order)
    wrapped = _wrapped(order)
    refused = None
    for sizes in (wrapped.fixed(None, None), wrapped.fixed(1, None)):
        try:
            blob = described(flatbuffer(sizes, order.quantize, _feeds(order, sizes)))
            made.write_bytes(pack(blob, _files(written, sizes, blob)))
            figures = _compare(order, sizes, LiteRT(made))
        except (Inconvertible, RuntimeError) as error:
            refused = error
            continue
        order.gate(figures)
        _check_tokenizer(order, made)
        return figures
    raise Inconvertible(str(refused)).explain(order.calling.student.name) from refused


def check_client(name: str | None, kind: str, encoder: TextEncoder | None) -> None:
    """Refuse a client that is unknown, and what its files cannot hold."""
    if name is None:
        return
    if name != MEDIAPIPE:
        raise UserError(f"client={name!r}: write 'mediapipe', or leave it out.")
    if kind != "litert":
        raise UserError("client='mediapipe' needs a LiteRT file: give a path ending in `.tflite`.")
    if encoder is None:
        raise UserError("client='mediapipe' classifies texts: give the student's `encoder` too.")
    if not encoder.lowercase or "tokenizer.json" in describe(encoder, {}):
        raise UserError(
            "MediaPipe's tokenizer is BERT's word pieces over a lower-cased vocabulary, and the "
            "student's is another: export a student of such a tokenizer (as `tfkd distill` learns "
            "it, or of bert-base-uncased), or leave `client` out and use tfkd.runtime."
        )


def _read_by_mediapipe(order: Order) -> Order:
    given = order.encoder
    assert given is not None  # see check_client
    return replace(order, encoder=mediapipe.encoder(given.vocabulary, given.max_length))


def _wrapped(order: Order) -> Client:
    squashed = order.squashed(order.compare(order.reference, order.calling))
    assert order.encoder is not None
    return client(order.calling, order.encoder.max_length, order.form, squashed)


def _compare(order: Order, sizes: Client, file: LiteRT) -> Figures:
    ((name, (_, dtype)),) = sizes.inner.inputs.items()
    what = checks(
        order.want,
        {name: (sizes.inputs[INPUTS[0]][0], dtype)},
        order.encoder,
        id_limit(order.calling.student),
    )

    def student(feed: dict[str, np.ndarray]) -> np.ndarray:
        return np.asarray(scores(order.reference(feed), sizes.form, sizes.squashed))

    def run(feed: dict[str, np.ndarray]) -> np.ndarray:
        return file(_parts(feed))

    return compare(_logarithms(student), _logarithms(run), what)


def _logarithms(model: Model) -> Callable[[dict[str, np.ndarray]], np.ndarray]:
    return lambda feed: np.log(np.maximum(model(feed), LEAST))


def _feeds(order: Order, sizes: Client) -> list[dict]:
    """The inputs that ranges are read off, as the client gives them."""
    batch = sizes.inputs[INPUTS[0]][0][0]
    return [_parts(feed) for feed in order.feeds(sizes.inner.fixed(batch, None))]


def _parts(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    ((_, ids),) = feed.items()
    ids = ids.astype("int32")
    return dict(zip(INPUTS, (ids, (ids != 0).astype("int32"), np.zeros_like(ids)), strict=True))


def _files(order: Order, sizes: Client, blob: bytes) -> dict[str, str]:
    """Vocabulary, class names and settings; `order` has the student's own encoder."""
    assert order.encoder is not None
    assert order.labels is not None
    settings = {
        "tfkd": __version__,
        "client": MEDIAPIPE,
        "tokenizer": MEDIAPIPE,
        "input": INPUTS[0],
        "static": {"batch": sizes.inputs[INPUTS[0]][0][0], "length": None},
        "form": "multiclass",
        "quantize": order.quantize,
        "outputs": "probabilities",
        "classes": order.labels,
        "model": seal(blob),
    }
    return describe(order.encoder, settings) | {"labels.txt": "\n".join(order.labels) + "\n"}


def _check_tokenizer(order: Order, made: Path) -> None:
    assert order.encoder is not None
    again, _ = read_encoder(unpack(made.read_bytes()))
    texts = order.want.texts or []
    if again.encode_many(texts) != order.encoder.encode_many(texts):
        raise UserError("the tokenizer does not read the same from the file: save it and report.")
