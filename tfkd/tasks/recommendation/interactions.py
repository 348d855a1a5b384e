"""What users liked and when, and the texts of the items: MovieLens, or files of one's own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...data.file_kinds import file_format
from ...data.rows import read_rows
from ...errors import UserError

EVENTS = ("ratings", "interactions")
ITEMS = ("movies", "items")
TAGS = "tags"
MOST_TAGS = 8
"""Tags of one item that are read, those that most people gave."""
# The last one of each is what an error calls it.
_USER = ("userId", "user_id", "user")
_ITEM = ("movieId", "item_id", "item")
_TIME = ("timestamp", "time")
_RATING = ("rating",)
_TEXT = ("title", "name", "text")


@dataclass(frozen=True)
class Interactions:
    """Who liked what, in time.

    Attributes:
        items: The text of each item; items of the same text are one.
        likes: For each user the numbers of the items that were liked, each once, the oldest first.
        origin: What the files are called in errors.
    """

    items: tuple[str, ...]
    likes: tuple[tuple[int, ...], ...]
    origin: str


def find_files(folder: Path) -> dict[str, Path] | None:
    """Return the files of a folder that has ratings or interactions; None of any other folder.

    Raises:
        UserError: It has those, and no file of items.
    """
    by_stem = {
        path.name.split(".")[0].casefold(): path
        for path in sorted(folder.iterdir())
        if path.is_file() and file_format(path)
    }
    events = next((by_stem[name] for name in EVENTS if name in by_stem), None)
    items = next((by_stem[name] for name in ITEMS if name in by_stem), None)
    if events is None:
        return None
    if items is None:
        raise UserError(
            f"{folder} has {events.name} and no file of items: add movies.csv (movieId, title, "
            "genres) or items.jsonl (item, text), which says what each item is."
        )
    found = {"events": events, "items": items}
    return {**found, TAGS: by_stem[TAGS]} if TAGS in by_stem else found


def read_interactions(files: Mapping[str, Path], liked_from: float) -> Interactions:
    """Read who liked what.

    Args:
        files: As `find_files` returned them.
        liked_from: The rating from which on an item was liked; without ratings all were.

    Raises:
        UserError: A column that is missing, a time or rating that is no number, an item without a
            text or that no file of items knows, or nobody who liked anything.
    """
    texts = _read_items(files["items"], _read_tags(files.get(TAGS)))
    numbers: dict[str, int] = {}
    number_of_item = {item: numbers.setdefault(text, len(numbers)) for item, text in texts.items()}
    events: dict[str, list[tuple[float, int]]] = {}
    path = files["events"]
    unrated, any_rating = "", False
    for where, fields in read_rows(path):
        user, item = (str(_value(fields, names, where)) for names in (_USER, _ITEM))
        time = _number(fields, _TIME, where)
        rated = _has(fields, _RATING)
        rating = _number(fields, _RATING, where) if rated else math.inf
        unrated = unrated or ("" if rated else where)
        any_rating = any_rating or rated
        if unrated and any_rating:
            raise UserError(
                f"{unrated} has no rating, and other rows have one: write what it was, or remove "
                "the row."
            )
        if item not in number_of_item:
            raise UserError(
                f"{where}: the item {item!r} is not in {files['items'].name}, so nothing says what "
                "it is: add it there, or remove the row."
            )
        if rating >= liked_from:
            events.setdefault(user, []).append((time, number_of_item[item]))
    if not events:
        raise UserError(
            f"{path}: no rating is {liked_from:g} or more, so nobody liked anything: set "
            "liked_from in [task_settings] to what counts as liked."
        )
    # Equal times keep the order of the file.
    ordered = (sorted(each, key=lambda event: event[0]) for each in events.values())
    likes = tuple(tuple(dict.fromkeys(item for _, item in each)) for each in ordered)
    return Interactions(tuple(numbers), likes, str(path))


def _read_items(path: Path, tags: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the text of each item: what it is called, its genres and its tags."""
    texts: dict[str, str] = {}
    for where, fields in read_rows(path):
        item = str(_value(fields, _ITEM, where))
        title = str(_value(fields, _TEXT, where)).strip()
        if not title:
            raise UserError(f"{where}: the item {item!r} has no text: write one, or remove it.")
        genres = str(fields.get("genres") or "").replace("|", ", ")
        genres = "" if genres == "(no genres listed)" else genres
        parts = (title, genres, ", ".join(tags.get(item, ())))
        text = " . ".join(filter(None, parts))
        if texts.setdefault(item, text) != text:
            raise UserError(
                f"{where}: the item {item!r} is there twice, with two texts: keep one of them."
            )
    return texts


def _read_tags(path: Path | None) -> dict[str, list[str]]:
    if path is None:
        return {}
    counts: dict[str, Counter[str]] = {}
    for where, fields in read_rows(path):
        tag = str(fields.get("tag") or "").strip().casefold()
        if tag:
            item = str(_value(fields, _ITEM, where))
            counts.setdefault(item, Counter())[tag] += 1
    return {item: [tag for tag, _ in most.most_common(MOST_TAGS)] for item, most in counts.items()}


def _has(fields: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(fields.get(name) not in (None, "") for name in names)


def _value(fields: Mapping[str, Any], names: tuple[str, ...], where: str) -> Any:
    found = _found(fields, names)
    if not found:
        raise UserError(
            f"{where}: no {names[-1]!r}; it has "
            f"{', '.join(map(repr, fields))}. Each row needs a value in a column called "
            f"{' or '.join(names)}."
        )
    return found[0]


def _found(fields: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [fields[name] for name in names if fields.get(name) not in (None, "")]


def _number(fields: Mapping[str, Any], names: tuple[str, ...], where: str) -> float:
    value = _value(fields, names, where)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UserError(
            f"{where}: the {names[-1]} is {str(value)[:40]!r}: write a number"
            f"{', such as seconds since 1970' if names == _TIME else ''}."
        )
    return number
