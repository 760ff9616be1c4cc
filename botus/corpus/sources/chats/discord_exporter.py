"""Reads the JSON of DiscordChatExporter: a channel's messages, of which one person's are taken.

https://github.com/Tyrrrz/DiscordChatExporter; its CSV is a table and its text a transcript like others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.authors import Author, Authors
from botus.corpus.parsing.jsonstream import elements
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.sources.chats.transcripts import refused, unquoted

_START = re.compile(r'\s*\{\s*"guild"\s*:\s*\{[^{}]*\}\s*,\s*"channel"\s*:\s*\{')
_MENTIONS = 100  # more than a message of Discord may have
_WRITTEN = ("Default", "Reply", "0", "19")


def is_channel(start: str, name: str) -> bool:
    """Tell from the start of a file whether DiscordChatExporter wrote it."""
    return bool(_START.match(start))


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield the messages of the author whom the person names.

    Raises:
        FileError: nobody is named, nobody of this name is there, or several have the name.
    """
    for name in names:
        place = archive.place(name)
        if options.author is None:
            raise refused(place, None)
        authors, wrote, turn, last = Authors(place, options.author), dict[str, str](), 0, ""
        for record in elements(archive.text(name, notes), place, [("messages",)]):
            is_written = isinstance(record, dict) and str(record.get("type", "Default")) in _WRITTEN
            person = record.get("author") if is_written else None
            if not isinstance(person, dict) or person.get("isBot"):
                yield ParsedPost("", Refusal.NOT_A_POST)
                continue
            author = _author(person)
            turn, last = turn + (author.identity != last), author.identity
            wrote[str(record.get("id"))] = author.identity
            reference = record.get("reference")
            to = wrote.get(str(reference.get("messageId"))) if isinstance(reference, dict) else last
            yield from authors.posts(_post(record, f"{place} {turn}", is_reply=to != last), author)
        yield from authors.rest()


def _author(person: dict[str, Any]) -> Author:
    name, number = str(person.get("name") or ""), str(person.get("discriminator") or "")
    names = (name, f"{name}#{number}", str(person.get("nickname") or ""))
    return Author(str(person.get("id") or ""), tuple(one for one in names if one.strip("#")))


def _post(record: dict[str, Any], channel: str, *, is_reply: bool) -> ParsedPost:
    text = str(record.get("content") or "")
    for one in islice(record.get("mentions") or (), _MENTIONS):
        called = str(one.get("nickname") or one.get("name") or "") if isinstance(one, dict) else ""
        if " " in called:  # what follows an @ is a mention up to the first space
            text = text.replace(f"@{called}", f"@{re.sub(r'[^a-zA-Z0-9_]', '', called) or 'name'}")
    return ParsedPost(
        unquoted(text),
        at=dates.seconds(record.get("timestamp")),
        is_reply=is_reply,
        has_media=bool(record.get("attachments")),
        channel=channel,
    )
