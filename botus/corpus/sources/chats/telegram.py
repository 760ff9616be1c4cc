"""Reads one chat of Telegram as its desktop program exports it (`result.json`).

A public channel is published, so it is read as it is. Of every other kind the words of one person are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.authors import Author, Authors
from botus.corpus.parsing.decoding import glance
from botus.corpus.parsing.jsonstream import elements
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.sources.chats.transcripts import refused

_TYPE = re.compile(
    r'"type"\s*:\s*"((?:public|private|personal|bot|saved|verification)_\w+|replies)"\s*,[^{}\[\]]*"messages"\s*:\s*\['
)
_PUBLISHED = "public_channel"
_OTHERS = ("forwarded_from", "forwarded_from_id", "saved_from", "via_bot")
_QUOTED = ("blockquote", "expandable_blockquote")


def is_chat(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is a chat of Telegram."""
    return start.lstrip().startswith("{") and bool(_TYPE.search(start))


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield the messages of a public channel, or of the author whom the person names.

    Raises:
        FileError: it is no public channel and nobody is named, or several people sign in the channel.
    """
    for name in names:
        place = archive.place(name)
        found = _TYPE.search(glance(archive.start(name)))
        is_published = found is not None and found[1] == _PUBLISHED
        if options.author is None and not is_published:
            raise refused(place, None)
        if is_published:
            notes.append(f"{place} is a public channel; all that it published is taken for yours")
        authors, wrote, turn, last = Authors(place, options.author), dict[object, str](), 0, ""
        for record in elements(archive.text(name, notes), place, [("messages",)]):
            if not isinstance(record, dict) or record.get("type") != "message":
                yield ParsedPost("", Refusal.NOT_A_POST)
                continue
            author = _author(record, is_published=is_published)
            turn, last = turn + (author.identity != last), author.identity
            wrote[record.get("id")] = author.identity
            to = (
                wrote.get(record.get("reply_to_message_id"), "somebody")
                if "reply_to_message_id" in record
                else last
            )
            yield from authors.posts(
                _post(record, "" if is_published else f"{place} {turn}", is_reply=to != last), author
            )
        yield from authors.rest()


def _author(record: dict[str, Any], *, is_published: bool) -> Author:
    signed = record.get("author")
    if is_published and isinstance(signed, str):
        return Author("", (signed, str(record.get("from") or "")))
    return Author(str(record.get("from_id") or ""), (str(record.get("from") or "a deleted account"),))


def _post(record: dict[str, Any], channel: str, *, is_reply: bool) -> ParsedPost:
    return ParsedPost(
        _text(record.get("text")),
        refused=Refusal.QUOTE if any(field in record for field in _OTHERS) else "",
        at=dates.seconds(record.get("date_unixtime")) or dates.seconds(record.get("date")),
        is_reply=is_reply,
        has_media="photo" in record or "file" in record or "media_type" in record,
        channel=channel,
    )


def _text(value: object) -> str:
    """The words, which are a string or its pieces, each of a kind; what is quoted is somebody else's."""
    pieces = value if isinstance(value, list) else [value]
    words = [
        one if isinstance(one, str) else str(one.get("text", ""))
        for one in pieces
        if isinstance(one, str) or (isinstance(one, dict) and one.get("type") not in _QUOTED)
    ]
    return "".join(words).strip()
