"""Reads the messages of a Discord package: `messages/c<id>/messages.json`, or the `messages.csv` of 2020.

Only one's own messages of servers are imported; private conversations are refused. Which channels of a server
only some of its members may read the package does not say, so the person is told. A folder without
`channel.json` may be one, and only the person knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from botus.corpus.parsing import dates
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.jsonstream import document, elements
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.parsing.rows import records_of
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


def is_messages(start: str, name: str) -> bool:
    """Tell from the start of a file that stands alone whether it is a channel of a package."""
    return bool(_START.match(start))


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield the messages by channel and oldest first, so that what belongs together can be joined."""
    kinds = {name.rpartition("/")[0]: name for name in archive.names if name.endswith("channel.json")}
    named_private = _named_private(archive)
    without_kind = of_servers = 0
    for name in names:
        kind = _channel_type(archive, name.rpartition("/")[0], kinds, named_private)
        refused = _refusal(kind, options.unknown_channels)
        of_servers += not refused
        without_kind += refused == Refusal.UNKNOWN_CHANNEL
        channel = found[1] if (found := _MESSAGES.fullmatch(name)) else name
        place = archive.place(name)
        records: Iterable[object] = (
            elements(archive.text(name, notes), place)
            if name.endswith(".json")
            else records_of(archive.lines(name, notes), place)
        )
        messages = [_post(record, refused, channel) for record in records]
        yield from sorted(messages, key=lambda one: one.at or 0.0)
    if of_servers:
        notes.append(
            f"{counted(of_servers, 'channel')} of servers: Discord's package does not say whether only some "
            "members may read it; to leave one out, delete its folder from an unpacked copy"
        )
    if without_kind:
        what = f"{counted(without_kind, 'folder')} {'does' if without_kind == 1 else 'do'}"
        notes.append(f"{what} not say whether it was a private conversation, and was left out")


def _channel_type(archive: Archive, folder: str, kinds: dict[str, str], named_private: set[str]) -> str:
    """The type as the package says it, "" where it does not."""
    if folder not in kinds:
        return "DM" if folder.rpartition("/")[2].removeprefix("c") in named_private else ""
    channel = document(archive.text(kinds[folder], []), archive.place(kinds[folder]))
    if not isinstance(channel, dict):
        return ""
    return "DM" if channel.get("recipients") else str(channel.get("type", ""))


def _named_private(archive: Archive) -> set[str]:
    """The channels that the list of names calls a conversation, for those folders that say nothing."""
    name = next((one for one in archive.names if re.fullmatch(r"(?:.*/)?[Mm]essages/index\.json", one)), None)
    if name is None:
        return set()
    names = document(archive.text(name, []), archive.place(name))
    pairs = names.items() if isinstance(names, dict) else ()
    return {channel for channel, title in pairs if str(title).startswith("Direct Message")}


def _refusal(kind: str, unknown: bool) -> str:
    kind = kind.upper()
    if kind in _PRIVATE_NUMBERS or _PRIVATE_NAME.search(kind):
        return Refusal.PRIVATE
    is_public = kind in _PUBLIC_NUMBERS or kind.startswith(_PUBLIC_NAMES)
    return "" if is_public or unknown else Refusal.UNKNOWN_CHANNEL


def _post(record: object, refused: str, channel: str) -> ParsedPost:
    if not isinstance(record, dict) or "Contents" not in record:
        return ParsedPost("", Refusal.NOT_A_POST)
    return ParsedPost(
        _EMOJI.sub(r"\1", str(record["Contents"] or "")).strip(),
        refused=refused,
        at=dates.seconds(record.get("Timestamp")),
        has_media=bool(record.get("Attachments")),
        channel=channel,
    )
