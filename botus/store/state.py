"""Owns .botus/state.json and .botus/slots: what botus remembers between runs.

state.json remembers how long the log was, so that a log that went missing is noticed, and which targets have
stopped. It is changed under post.lock only. What answering remembers is its own, in .botus/answers/state.json
under answer.lock, so that neither stops the other.
"""

from __future__ import annotations

import json
import os
import time
from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from botus.store.durable import document, files
from botus.store.durable.document import check

States = TypeVar("States", bound="TargetStates")
_SLOT = "%Y-%m-%dT%H:%M"
_SLOT_LENGTH = len("2026-11-02T04:00")
_SLOTS_KEPT = 100


@dataclass
class TargetState:
    """What is remembered of one target.

    Attributes:
        account: the account that the rest is about; another account starts anew.
        address: of its server when it was last left alone; so does another address.
        until: not asked before; seconds since the epoch.
        reason: why not; "" where nothing has said it.
        stopped: why it stopped until a successful check; empty while it works.
        rejected: texts it refused in a row.
        failures: temporary failures in a row.
        lost: posts in a row of which nobody knows what became.
    """

    account: str = ""
    until: float = 0.0
    stopped: str = ""
    rejected: int = 0
    failures: int = 0
    lost: int = 0
    reason: str = ""
    address: str = ""

    def is_about(self, account: str, address: str) -> bool:
        """Tell whether this is of an account on the server at an address."""
        return self.account == account and self.address in ("", address)

    def go_on(self) -> str:
        """Forget a stop, and what led to it; returns why it had stopped, "" where it had not."""
        reason = self.stopped
        if reason:
            self.stopped, self.until, self.reason = "", 0.0, ""
            self.rejected = self.failures = self.lost = 0
        return reason


@dataclass
class TargetStates:
    """What is remembered of the targets, by name."""

    targets: dict[str, TargetState] = field(default_factory=dict)

    def target(self, name: str, account: str, address: str) -> TargetState:
        """The state of a target, new if the account or the address of its server has changed."""
        found = self.targets.get(name)
        if found is None or not found.is_about(account, address):
            found = self.targets[name] = TargetState(account=account)
        return found


@dataclass
class AnsweringState(TargetStates):
    """What is remembered of answering.

    Attributes:
        read: how far the mentions of an account have been read, in words of its platform.
    """

    read: dict[str, str] = field(default_factory=dict)


@dataclass
class PostingState(TargetStates):
    """The content of state.json: how long the log was, its last id, what the targets last said.

    Attributes:
        too_long: lines that no target took for their length, by fingerprint, and what was said of them.
        left: lines that could not be taken out of tweets.txt, though they are used, by fingerprint.
    """

    log_count: int = 0
    last_id: str | None = None
    said: list[str] = field(default_factory=list)
    too_long: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


class AnsweringStates:
    """.botus/answers/state.json of one data directory."""

    def __init__(self, data: Path) -> None:
        self.path = data / files.STATE_FOLDER / "answers" / "state.json"

    def load(self) -> AnsweringState:
        """Return what is remembered; a FileError if the file is damaged."""
        hint = "delete it: mentions of the last hour are then looked at again, and none is answered twice"
        return document.load(self.path, partial(_made, AnsweringState), hint) or AnsweringState()

    def save(self, state: AnsweringState) -> None:
        """Write it, durably, if it has changed."""
        document.save(self.path, asdict(state))


class StateFiles:
    """state.json and slots of one data directory."""

    def __init__(self, data: Path) -> None:
        self.folder = data / files.STATE_FOLDER
        self.path = self.folder / "state.json"
        self.slots = self.folder / "slots"

    def load(self) -> PostingState:
        """Return what is remembered; a FileError if the file is damaged."""
        hint = "if tweeted.json is complete, delete it: the log is then taken as it is"
        return document.load(self.path, partial(_made, PostingState), hint) or PostingState()

    def save(self, state: PostingState) -> None:
        """Write it, durably, if it has changed."""
        document.save(self.path, asdict(state))

    def claim_slot(self, slot: datetime) -> bool:
        """Claim a slot of the schedule for good; False if it has been claimed before, by anyone."""
        files.make_folder(self.slots)
        mine = json.dumps({"pid": os.getpid(), "at": time.time()}).encode()
        name = slot.astimezone(UTC).strftime(_SLOT)
        if not files.claim(self.slots / name, mine):
            return False
        names = self._slot_names()
        earlier, later = [old for old in names if old <= name], [old for old in names if old > name]
        for old in [*earlier[:-_SLOTS_KEPT], *later[:-_SLOTS_KEPT]]:
            files.remove(self.slots / old)
        return True

    def last_slot(self, limit: datetime | None = None) -> datetime | None:
        """The newest slot that was claimed, in UTC; with a limit, the newest that is not later."""
        names = self._slot_names()
        if limit is not None:
            names = names[: bisect_right(names, limit.astimezone(UTC).strftime(_SLOT))]
        return datetime.fromisoformat(names[-1]).replace(tzinfo=UTC) if names else None

    def forget_slots_after(self, moment: datetime) -> None:
        """Drop slots that were claimed by a clock that was wrong."""
        limit = moment.astimezone(UTC).strftime(_SLOT)
        for name in self._slot_names():
            if name > limit:
                files.remove(self.slots / name)

    def _slot_names(self) -> list[str]:
        return sorted(path.name for path in files.listed(self.slots) if _is_slot(path.name))


def _made(kind: type[States], fields: dict[str, Any]) -> States:
    check(kind, fields)
    targets = {name: TargetState(**one) for name, one in fields.pop("targets", {}).items()}
    return kind(**fields, targets=targets)


def _is_slot(name: str) -> bool:
    try:
        datetime.fromisoformat(name)
    except ValueError:
        return False
    return len(name) == _SLOT_LENGTH
