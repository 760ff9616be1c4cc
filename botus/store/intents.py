"""Owns .botus/intents and .botus/done: one file per post that has been claimed, and what became of it.

Answers to people have folders of the same kind below .botus/answers.

An intent is made by a link, so only one process on any machine can have it; it is moved to done/ when every
target has its last word, and stays there as the proof that the post was used. Its file is replaced, durably,
before and after every request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from botus.errors import FileError
from botus.store.durable import document, files, owner
from botus.store.durable.document import check
from botus.text import short_id

DeliveryState = Literal["pending", "sending", "posted", "rejected", "unknown"]
FINAL = ("posted", "rejected", "unknown")
_FINGERPRINT = re.compile("[0-9a-f]+")


@dataclass
class Delivery:
    """One target's share of an intent.

    Attributes:
        key: what makes a repeated request the same request, chosen before the first.
        begun: when the request that is `sending` began; seconds since the epoch, own clock.
        server_date: the server's own time just before it; seconds since the epoch.
        server: the server's software and version then.
        base_url, account: where it was sent; if they have changed, a lost answer cannot be looked up.
        until: a pending delivery is not tried before; seconds since the epoch.
        tries: requests so far.
        id, url, at, error: the outcome; `at` in milliseconds since the epoch.
        too_long: it was rejected for its length.
        asked: the id under which a page asked for it to be sent again; empty elsewhere.
    """

    state: DeliveryState = "pending"
    key: str = ""
    begun: float | None = None
    server_date: float | None = None
    server: str | None = None
    base_url: str = ""
    account: str = ""
    until: float = 0.0
    tries: int = 0
    id: str | None = None
    url: str | None = None
    at: int | None = None
    error: str | None = None
    too_long: bool = False
    asked: str = ""

    def outcome(self) -> dict[str, Any]:
        """What the log keeps of it."""
        return {"state": self.state, "id": self.id, "url": self.url, "at": self.at, "error": self.error}


@dataclass(frozen=True)
class Mention:
    """What an answer replies to.

    Attributes:
        post: the post that mentions the bot: a status's number, a record's address.
        person: who wrote it, by a name that stays.
        handle: by which the answer names that person; "" where it need not.
        thread: the post with which the conversation began.
        visibility, warning: of the post, where the platform has such.
        cid, thread_cid: the hashes of post and thread, where the platform has such.
        account: who wrote it, by the id that the platform's requests take.
    """

    post: str
    person: str
    handle: str
    thread: str
    visibility: str = ""
    warning: str = ""
    cid: str = ""
    thread_cid: str = ""
    account: str = ""


@dataclass
class Intent:
    """One claimed post, or the answer to a mention.

    Attributes:
        fingerprint: of the text, of an answer that of the mention; also the file's name.
        raw: the line's bytes as they stood in tweets.txt, undecodable ones as surrogates.
        claimed: milliseconds since the epoch.
        owner: the process that is at work on it; empty when nobody is.
        generation: how often it was taken over from a dead owner.
        deliveries: by the target's name.
        longer_id: where the first digits of the fingerprint name another post too; empty elsewhere.
        mention: what an answer replies to; None of a post.
    """

    fingerprint: str
    text: str
    raw: str
    claimed: int
    owner: str = ""
    generation: int = 0
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    longer_id: str = ""
    mention: Mention | None = None

    @property
    def id(self) -> str:
        """What a person calls it; which post it is, the fingerprint decides."""
        return self.longer_id or short_id(self.fingerprint)

    @property
    def is_final(self) -> bool:
        return not self.open_deliveries()

    @property
    def is_too_long(self) -> bool:
        """Nobody has it, nobody will, and a shorter wording may go out."""
        states = {one.state for one in self.deliveries.values()}
        return states == {"rejected"} and any(one.too_long for one in self.deliveries.values())

    def open_deliveries(self) -> dict[str, Delivery]:
        """Those of which the last word is still to come, by target."""
        return {name: one for name, one in self.deliveries.items() if one.state not in FINAL}


class Intents:
    """The open and the finished intents of one data directory.

    Args:
        part: "" for posts, `answers` for answers to people.
    """

    def __init__(self, data: Path, part: str = "") -> None:
        self.folder = data / files.STATE_FOLDER / part / "intents"
        self.done_folder = data / files.STATE_FOLDER / part / "done"

    def open(self) -> list[Intent]:
        """Return the open intents, oldest claim first; a FileError if one of them is damaged."""
        found = filter(None, map(_load, _names(self.folder)))
        return sorted(found, key=lambda intent: intent.claimed)

    def used(self) -> set[str]:
        """The fingerprints that are claimed or done."""
        return {path.name for folder in (self.folder, self.done_folder) for path in _names(folder)}

    def find_done(self, fingerprint: str) -> Intent | None:
        """Return the finished intent of a post."""
        return _load(self.done_folder / fingerprint)

    def claim(self, intent: Intent) -> bool:
        """Create an intent for this process; False if the post is claimed already."""
        files.make_folder(self.folder)
        intent.owner = owner.this_process()
        return files.claim(self.folder / intent.fingerprint, _dump(intent))

    def take_over(self, intent: Intent, now: float, is_gone: Callable[[str, float], bool]) -> Intent | None:
        """Become the owner of an open intent that nobody is at work on; None if another was faster.

        A link decides, because a lock may not: each generation of owners has a name of its own. The intent is
        read again after it, because another may have finished it meanwhile.

        Args:
            now: seconds since the epoch.
            is_gone: tells of an owner, who took an intent at that time, whether nobody is there any more.
        """
        post, generation, me = intent.fingerprint, intent.generation + 1, owner.this_process()
        while not files.claim(mine := self.folder / f"{post}.{generation}", f"{me} {now}".encode()):
            if not is_gone(*_rival(files.read(mine) or b"")):
                return None
            generation += 1  # it died between its link and its first write
        current = _load(self.folder / post)
        if current is None or current.generation != intent.generation:
            files.remove(mine)
            return None
        current.generation, current.owner = generation, me
        self.save(current)
        # Whoever still takes an older generation finds this one in the intent, and leaves it.
        for number, path in self._generations(post):
            if number < generation:
                files.remove(path)
        return current

    def save(self, intent: Intent) -> None:
        """Write an open intent, durably."""
        files.replace(self.folder / intent.fingerprint, _dump(intent))

    def release(self, intent: Intent) -> None:
        """Leave an open intent to whoever comes next."""
        intent.owner = ""
        self.save(intent)

    def give_back(self, intent: Intent) -> None:
        """Undo a claim of which nothing was sent."""
        files.remove(self.folder / intent.fingerprint)

    def finish(self, intent: Intent) -> None:
        """Move a final intent to done/; it keeps its owner, so that nobody takes it over on the way."""
        earlier = self.find_done(intent.fingerprint)
        if earlier:  # a second opinion on one target: keep what the others said
            intent.deliveries = merge(earlier.deliveries, intent.deliveries)
            self.save(intent)
        files.make_folder(self.done_folder)
        files.move(self.folder / intent.fingerprint, self.done_folder / intent.fingerprint)
        for _, path in self._generations(intent.fingerprint):
            files.remove(path)

    def _generations(self, post: str) -> Iterator[tuple[int, Path]]:
        """Yield the files by which an intent was taken over, with their numbers."""
        for path in files.listed(self.folder):  # no glob: each pattern would stay in memory
            name, _, number = path.name.partition(".")
            if name == post and number.isdigit():
                yield int(number), path

    def save_done(self, intent: Intent) -> None:
        """Write a finished intent, durably."""
        files.replace(self.done_folder / intent.fingerprint, _dump(intent))

    def forget(self, fingerprint: str) -> None:
        """Delete a finished intent."""
        files.remove(self.done_folder / fingerprint)

    def sweep(self) -> None:
        """Remove what crashes left: temporary files, and generations of intents that are done."""
        for folder in (self.folder, self.done_folder):
            files.sweep(folder)
        for path in self.folder.glob("*.*"):
            post, _, number = path.name.partition(".")
            if number.isdigit() and not (self.folder / post).exists():
                files.remove(path)

    def done_names(self) -> list[str]:
        """The fingerprints in done/."""
        return [path.name for path in _names(self.done_folder)]


def merge(earlier: dict[str, Delivery], later: dict[str, Delivery]) -> dict[str, Delivery]:
    """Join two accounts of one post: the later word counts, except that `posted` is never taken back."""
    kept = {name: one for name, one in earlier.items() if one.state == "posted" or name not in later}
    return {**later, **kept}


def _names(folder: Path) -> list[Path]:
    """The intents of a folder, whose names are fingerprints; not its temporary files and generations."""
    return [path for path in files.listed(folder) if _FINGERPRINT.fullmatch(path.name)]


def _dump(intent: Intent) -> bytes:
    fields = asdict(intent)
    parts = fields["parts"] = fields.pop("deliveries")  # its name in the files
    for part in parts.values():
        if not part["asked"]:
            del part["asked"]
    for name in ("longer_id", "mention"):
        if not fields[name]:
            del fields[name]
    return json.dumps(fields, indent=1).encode()


def _load(path: Path) -> Intent | None:
    """Read an intent; None where it has moved on meanwhile."""
    hint = "it says what was sent where: look at the platform, then move the file out of the way"
    intent = document.load(path, _intent, hint)
    if intent and intent.fingerprint != path.name:
        raise FileError(f"{path} is damaged: fingerprint is not the name of the file", hint)
    return intent


def _intent(fields: dict[str, Any]) -> Intent:
    fields["deliveries"] = fields.pop("parts")
    check(Intent, fields)
    deliveries = {name: Delivery(**one) for name, one in fields.pop("deliveries").items()}
    told = fields.pop("mention", None)
    return Intent(**fields, deliveries=deliveries, mention=told and Mention(**told))


def _rival(content: bytes) -> tuple[str, float]:
    """Who took an intent over, and when; nobody where damage has left nothing of that."""
    name, _, begun = content.decode(errors="replace").partition(" ")
    try:
        return name, float(begun)
    except ValueError:
        return "", 0.0
