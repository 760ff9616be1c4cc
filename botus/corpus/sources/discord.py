"""Reads the messages of a Discord package: `messages/c<id>/messages.json`, or the `messages.csv` of 2020.

An archive goes in, one's own messages of servers come out, channel by channel and oldest first, so that what
belongs together can be joined. Private conversations are refused. The one surprise: a folder without
`channel.json` may be one, and only the person knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botus.corpus.parsing import moments
from botus.corpus.parsing.archive import Archive, where
from botus.corpus.parsing.decoding import lines_of, text_of
from botus.corpus.parsing.jsonstream import document, elements
from botus.corpus.parsing.post import NOT_A_POST, PRIVATE, UNKNOWN_CHANNEL, Found
from botus.corpus.parsing.rows import rows_of
from botus.text import counted

_MESSAGES = re.compile(r"(?:.*/)?c?(\d{5,})/messages\.(?:json|csv)")
_CHANNEL = ("messages.json", "messages.csv")
_START = re.compile(r'\s*(?:\[\s*\{[^}]*"Contents"\s*:|ID,Timestamp,Contents)')
# Numbers of channel types in Discord's API, names in packages since 2024. Whatever is in neither is unknown.
_PUBLIC_NUMBERS = frozenset(("0", "2", "4", "5", "6", "10", "11", "13", "14", "15", "16"))
_PRIVATE_NUMBERS = frozenset(("1", "3", "12", "18"))
_PUBLIC_NAMES = ("GUILD_", "PUBLIC_", "ANNOUNCEMENT_", "NEWS_")
_PRIVATE_NAME = re.compile(r"(?:^|_)DM|PRIVATE")
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")


def files_of(archive: Archive) -> list[str]:
    """Return the names of the files with messages; none where it is no Discord package."""
    found = sorted(name for name in archive.names if _MESSAGES.fullmatch(name))
    # The folder of a channel may be named itself; its files are then without one.
    alone = [name for name in _CHANNEL if name in archive.names and "channel.json" in archive.names]
    return found or alone


def is_messages(start: str) -> bool:
    """Tell from the start of a file that stands alone whether it is a channel of a package."""
    return bool(_START.match(start))


def posts(archive: Archive, names: list[str], notes: list[str], unknown: bool) -> Iterator[Found]:
    """Yield the messages.

    Args:
        archive: where they are.
        names: the files with messages.
        notes: gets sentences for the person.
        unknown: also read channels of which the package does not say what they are.
    """
    kinds = _channel_files(archive)
    named_private = _named_private(archive)
    without_kind = 0
    for name in names:
        folder = name.rpartition("/")[0]
        refused = _refusal(_channel_type(archive, folder, kinds, named_private), unknown)
        without_kind += refused == UNKNOWN_CHANNEL
        found = _numbered(name)
        messages = [_found(record, refused, found) for record in _records(archive, name, notes)]
        yield from sorted(messages, key=lambda one: one.at or 0.0)
    if without_kind:
        what = f"{counted(without_kind, 'folder')} {'does' if without_kind == 1 else 'do'}"
        notes.append(f"{what} not say whether it was a private conversation, and was left out")


def _numbered(name: str) -> str:
    found = _MESSAGES.fullmatch(name)
    return found[1] if found else name


def _channel_files(archive: Archive) -> dict[str, str]:
    return {name.rpartition("/")[0]: name for name in archive.names if name.endswith("channel.json")}


def _channel_type(archive: Archive, folder: str, kinds: dict[str, str], named_private: set[str]) -> str:
    """The type as the package says it, "" where it does not."""
    if folder not in kinds:
        return "DM" if folder.rpartition("/")[2].removeprefix("c") in named_private else ""
    place = where(archive, kinds[folder])
    channel = document(text_of(archive.pieces(kinds[folder]), place, []), place)
    if not isinstance(channel, dict):
        return ""
    return "DM" if channel.get("recipients") else str(channel.get("type", ""))


def _named_private(archive: Archive) -> set[str]:
    """The channels that the list of names calls a conversation, for those folders that say nothing."""
    name = next((one for one in archive.names if re.fullmatch(r"(?:.*/)?[Mm]essages/index\.json", one)), None)
    if name is None:
        return set()
    names = document(text_of(archive.pieces(name), where(archive, name), []), where(archive, name))
    pairs = names.items() if isinstance(names, dict) else ()
    return {channel for channel, title in pairs if str(title).startswith("Direct Message")}


def _refusal(kind: str, unknown: bool) -> str:
    kind = kind.upper()
    if kind in _PRIVATE_NUMBERS or _PRIVATE_NAME.search(kind):
        return PRIVATE
    is_public = kind in _PUBLIC_NUMBERS or kind.startswith(_PUBLIC_NAMES)
    return "" if is_public or unknown else UNKNOWN_CHANNEL


def _records(archive: Archive, name: str, notes: list[str]) -> Iterator[object]:
    place = where(archive, name)
    text = text_of(archive.pieces(name), place, notes)
    if name.endswith(".json"):
        yield from elements(text, place)
        return
    rows = rows_of(lines_of(text, place), place, ",")
    header = next(rows, [])
    for row in rows:
        yield dict(zip(header, row, strict=False))


def _found(record: object, refused: str, channel: str) -> Found:
    if not isinstance(record, dict) or "Contents" not in record:
        return Found("", NOT_A_POST)
    message: dict[str, Any] = record
    return Found(
        _EMOJI.sub(r"\1", str(message["Contents"] or "")).strip(),
        refused=refused,
        at=moments.seconds(message.get("Timestamp")),
        has_media=bool(message.get("Attachments")),
        channel=channel,
    )
