"""Reads JSON and JSON Lines: objects with a field of words or bare strings, in an array or in lines.

Objects may stand under numbers instead of in an array, or each in an object of its own (`{"tweet": {…}}`).
Posts of platforms whose fields say more than their names do are read by their own modules, wherever they
stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from botus.corpus.parsing import fields
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.authors import Author, Authors, author_of
from botus.corpus.parsing.decoding import glance
from botus.corpus.parsing.jsonstream import MOST, elements, survey, values
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.sources import unsupported
from botus.corpus.sources.archives import mastodon
from botus.corpus.sources.records import arrays, bluesky, meta, reddit, tumblr
from botus.errors import FileError

_Found = tuple[Any, Mapping[str, Any]]
_READERS: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], ParsedPost]], ...] = (
    (mastodon.is_activity, mastodon.post_of),
    (bluesky.is_record, bluesky.post_of),
    (tumblr.is_record, tumblr.post_of),
    (meta.is_record, meta.post_of),
    (reddit.is_record, reddit.post_of),
    (meta.is_facebook, meta.facebook_post),
)
_ABOUT_A_PAGE = ("status", "message", "description", "comment")
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
        yield from _of_file(_records(archive, name, notes), archive.place(name), options, notes)


def _of_file(
    records: Iterator[_Found], place: str, options: Options, notes: list[str]
) -> Iterator[ParsedPost]:
    sample = list(islice(records, _SAMPLE))
    objects = [record for record, _ in sample if isinstance(record, dict)]
    unknown = [record for record in objects if _reader(record) is None]
    names = list(dict.fromkeys(name for one in unknown for name in one))
    is_facebook = any(map(meta.is_facebook, objects))
    if options.author is None:
        unsupported.refuse(place, unsupported.of_fields(map(fields.plainly, names)))
    text = ""
    if unknown and not is_facebook:
        text = fields.text_field(names, unknown, place, options.column, "field")
        notes.append(fields.taken(names, text, place, "field"))
    authors, others = Authors(place, options.author, options.kind), set[str]()
    for record, owner in chain(sample, records):
        others |= {""} if not isinstance(record, dict) else set()
        if isinstance(record, str):
            yield from authors.posts(fields.post_of({"text": record}, "text"), None)
        elif not isinstance(record, dict) or (is_facebook and not _reader(record)):
            yield ParsedPost("", Refusal.NOT_A_POST)
        else:
            reader = _reader(record)
            is_facebook |= meta.is_facebook(record)
            others |= {bluesky.collection_of(record)}
            post = reader(record) if reader else fields.post_of(record, text)
            if arrays.is_by_other(record, owner):
                post = replace(post, refused=post.refused or Refusal.BOOST)
            yield from authors.posts(post, _author(record))
    if others and "" not in others:
        raise FileError(
            f"{place} has no posts, but Bluesky's {' and '.join(sorted(others))}",
            "ask for the records of app.bsky.feed.post",
        )
    if is_facebook:
        notes.append(
            f"{place}: Facebook does not say who could read a post; take out what was for friends only"
        )
    yield from authors.rest()


def _reader(record: dict[str, Any]) -> Callable[[dict[str, Any]], ParsedPost] | None:
    return next((post_of for is_record, post_of in _READERS if is_record(record)), None)


def _author(record: dict[str, Any]) -> Author | None:
    if mastodon.is_activity(record):
        return None
    if tumblr.is_record(record):
        record = {"username": tumblr.blog_of(record)}
    return author_of({fields.plainly(name): value for name, value in record.items()})


def _records(archive: Archive, name: str, notes: list[str]) -> Iterator[_Found]:
    """The objects of a file, each with the account whose backup it is, as far as the file says so."""
    place = archive.place(name)
    if is_lines(glance(archive.start(name))):
        yield from _unpacked(values(archive.text(name, notes), place), place, notes)
        return
    inner, rest = survey(archive.text(name, []), place)
    paths, left = list[arrays.Path](), list[str]()
    if not _is_post(rest | {path[0]: few for path, few in inner.items() if len(path) == 1}, inner):
        paths, left = arrays.chosen(inner, place)
    if len(paths) > 1 and len(inner) >= MOST:
        raise FileError(f"{place} has {MOST:,} lists or more", "copy your own posts into one list of a file")
    owner = arrays.owner_of(rest) if paths else {}
    found = elements(archive.text(name, notes), place, paths)
    yield from ((record, own or owner) for record, own in _unpacked(found, place, notes))
    notes += [f"{place}: {arrays.left_out(left)}"] if left else []


def _unpacked(found: Iterable[Any], place: str, notes: list[str]) -> Iterator[_Found]:
    """The posts of pages, of objects with a post in each, and of objects by numbers."""
    left = dict[str, None]()
    for record in found:
        if not isinstance(record, dict) or _reader(record):
            yield record, {}
            continue
        if (of_bluesky := bluesky.bare(record)) is not None:
            yield of_bluesky, {}
            continue
        # X's API answers with what was asked for in "data" and with others' posts in "includes".
        data = record.get("data") if "id" not in record else None
        inner = arrays.within(record)
        is_page = any(map(arrays.is_own, inner))
        if is_page and (liked := _named(record)):
            left[liked] = None
            continue
        if _is_post(record, inner):
            yield record, {}
        elif isinstance(data, dict) and not any(path[0] == "data" and arrays.is_own(path) for path in inner):
            yield data, {}
        elif is_page and not any(inner[path] for path in inner if arrays.is_own(path)):
            left |= {".".join(path): None for path, first in inner.items() if first}
        elif is_page and (paths := _own_of(inner, place, left)):
            for path in paths:
                for one, own in _unpacked(inner[path], place, notes):
                    yield one, own or arrays.owner_of(record)
        elif record and all(isinstance(one, dict) for one in record.values()):
            yield from _unpacked(record.values(), place, notes)
        else:
            yield record, {}
    notes += [f"{place}: {arrays.left_out(list(left))}"] if left else []


def _named(record: Mapping[str, Any]) -> str:
    """The name of a list that is in the list itself, where it says that others wrote what is in it."""
    said = (record.get(name) for name in ("name", "title", "type", "kind", "collection"))
    names = (one for one in said if isinstance(one, str) and len(one.split()) < 3)
    return next(filter(arrays.is_taste, names), "")


def _own_of(inner: Mapping[arrays.Path, list[Any]], place: str, left: dict[str, None]) -> list[arrays.Path]:
    """Which arrays of a page to read; the names of others are put down."""
    own = [path for path in inner if arrays.is_own(path)]
    typed = [path for path in own if any(isinstance(one, dict) and bluesky.bare(one) for one in inner[path])]
    paths, others = arrays.chosen(inner, place)
    left |= dict.fromkeys(others)
    return paths or typed


def _is_post(record: Mapping[str, Any], inner: Mapping[arrays.Path, Any]) -> bool:
    """Whether an object is a post itself and no page of posts, though it has arrays."""
    if _reader(dict(record)) or meta.is_no_post(record):
        return True
    has_own = any(map(arrays.is_own, inner))
    return any(
        fields.is_text(name) and isinstance(value, str) and len(value.split()) > 1
        for name, value in record.items()
        if not has_own or fields.plainly(name) not in _ABOUT_A_PAGE
    )
