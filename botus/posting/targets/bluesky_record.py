"""What a post is on Bluesky: its key, and the record that follows from text and key alone. Pure.

The record is frozen: `createdAt` is the time in the key, so a repeated request carries the same bytes, and
the server can tell that nothing is new. Places in a text are counted in bytes of UTF-8.

Sources: the specification of record keys (TID) and the lexicons `app.bsky.feed.post`,
`app.bsky.richtext.facet` and `com.atproto.label.defs` at atproto.com.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botus.platforms.lengths import bluesky_length, urls

COLLECTION = "app.bsky.feed.post"
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAG = re.compile(r"(?:(?<=\s)|^)[#＃](?!\ufe0f)([^\s\u00ad\u200b-\u200d\u2060\u20e3]+)")
_LONGEST_TAG = 64  # graphemes
Facet = dict[str, Any]


def make_key(now: float, number: int) -> str:
    """Make a TID: 13 characters that sort by time.

    Args:
        now: seconds since the epoch; microseconds are kept.
        number: from 0 to 1023, at random: tells apart what happens in the same microsecond.
    """
    value = (max(0, round(now * 1e6)) << 10 | number) & (1 << 63) - 1
    return "".join(_DIGITS[value >> shift & 31] for shift in range(60, -1, -5))


def time_of(key: str) -> datetime:
    """The moment at which a key was made.

    Raises:
        ValueError: it is no TID.
    """
    if not re.fullmatch(f"[{_DIGITS}]{{13}}", key):
        raise ValueError("not a TID")
    value = 0
    for character in key:
        value = value << 5 | _DIGITS.index(character)
    return _EPOCH + timedelta(microseconds=value >> 10 & (1 << 53) - 1)


def make_record(
    text: str, key: str, languages: Sequence[str], reply: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Make the record of a post: equal for equal arguments, today and in a year.

    Args:
        reply: `root` and `parent` of a reply.
    """
    record: dict[str, object] = {
        "$type": COLLECTION,
        "text": text,
        "createdAt": time_of(key).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]},
    }
    if reply:
        record["reply"] = reply
    if languages:
        record["langs"] = list(languages)
    if facets := sorted([*_links(text), *_tags(text)], key=lambda facet: facet["index"]["byteStart"]):
        record["facets"] = facets
    return record


def _links(text: str) -> Iterator[Facet]:
    place = 0
    for url in urls(text):
        place = text.index(url, place)
        is_whole = re.match(r"https?://", url, re.IGNORECASE)
        if is_whole or url.partition("/")[0].islower():  # `ASP.NET` is no address
            yield _facet(text, place, url, "link", uri=url if is_whole else f"https://{url}")
        place += len(url)


def _tags(text: str) -> Iterator[Facet]:
    """Hashtags follow white space, end before punctuation, and are more than digits."""
    for found in _TAG.finditer(text):
        tag = found[1]
        while tag and unicodedata.category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        has_letters = any(unicodedata.category(letter)[0] not in "NPM" for letter in tag)
        if has_letters and bluesky_length(tag) <= _LONGEST_TAG:
            place = found.start(1) - 1
            yield _facet(text, place, text[place : place + 1 + len(tag)], "tag", tag=tag)


def _facet(text: str, place: int, part: str, kind: str, **feature: str) -> Facet:
    """Say what a part of a text is, by its place in characters."""
    start = len(text[:place].encode())
    index = {"byteStart": start, "byteEnd": start + len(part.encode())}
    return {"index": index, "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **feature}]}
