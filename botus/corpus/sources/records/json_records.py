"""Reads JSON and JSON Lines: objects with a field of words or bare strings, in an array or in lines.

Objects may stand under numbers instead of in an array, or each in an object of its own (`{"tweet": {…}}`).
ActivityPub among them is read as such, because only its addresses say what is private.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from botus.corpus.parsing import fields
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.authors import Authors, author_of
from botus.corpus.parsing.decoding import glance
from botus.corpus.parsing.jsonstream import elements, values
from botus.corpus.parsing.post import Options, ParsedPost, Refusal, Taken
from botus.corpus.sources import unsupported
from botus.corpus.sources.archives import mastodon

_BEGINS = re.compile(r"\s*(?:\[\s*[\[{\"\]]|\{\s*[\"}])")
_STRING = re.compile(r'\s*"(?:[^"\\]|\\.)*"\s*')
_SAMPLE = 50


def is_json(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is JSON, damaged or not."""
    lines = [line for line in start.splitlines() if line.strip()]
    is_strings = len(lines) > 2 and all(map(_STRING.fullmatch, lines[: min(20, len(lines) - 1)]))
    return is_strings or bool(_BEGINS.match(start))


def is_lines(start: str) -> bool:
    """Tell from the start of a file that is JSON whether it has one value after the other."""
    if start.lstrip().startswith("["):
        return False
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(start.lstrip())
    except (ValueError, RecursionError):
        return False
    return bool(start.lstrip()[end:].strip())


def is_trump(start: str) -> bool:
    """Tell from the start of a file that is JSON whether it is The Trump Archive, of either version."""
    return fields.is_trump(re.findall(r'"(\w+)"\s*:', start[:4000]))


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield one post per object or string.

    Raises:
        FileError: it is damaged, or no field has words.
        SettingsError: there is no such field.
    """
    for name in names:
        place = archive.place(name)
        parsed = values if is_lines(glance(archive.start(name))) else elements
        yield from _of_file(_records(parsed(archive.text(name, notes), place)), place, options, notes)


def _of_file(records: Iterator[Any], place: str, options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    sample = list(islice(records, _SAMPLE))
    objects = [record for record in sample if isinstance(record, dict) and not mastodon.is_activity(record)]
    names = list(dict.fromkeys(name for one in objects for name in one))
    if options.author is None:
        unsupported.refuse(place, unsupported.of_fields(map(fields.plainly, names)))
    text = fields.text_field(names, objects, place, options.column, "field") if objects else ""
    if objects:
        notes.append(Taken(f"{place}: the texts are those of field {text!r}"))
    authors = Authors(place, options.author)
    for record in chain(sample, records):
        if isinstance(record, str):
            yield from authors.posts(fields.post_of({"text": record}, "text"), None)
        elif not isinstance(record, dict):
            yield ParsedPost("", Refusal.NOT_A_POST)
        elif mastodon.is_activity(record):
            yield from authors.posts(mastodon.post_of(record), None)
        else:
            author = author_of({fields.plainly(name): value for name, value in record.items()})
            yield from authors.posts(fields.post_of(record, text), author)
    yield from authors.rest()


def _records(found: Iterable[Any]) -> Iterator[Any]:
    for record in found:
        # X's API answers with what was asked for in "data" and with others' posts in "includes".
        data = record.get("data") if isinstance(record, dict) and "id" not in record else None
        inner = list(record.values()) if isinstance(record, dict) else []
        if isinstance(data, dict):
            yield data
        elif isinstance(data, list) and all(isinstance(one, dict) for one in data):
            yield from data
        elif inner and all(isinstance(one, dict) for one in inner):
            yield from inner
        else:
            yield record
