"""Owns .botus/bluesky.json: the session with a Bluesky server, kept between runs, readable by its owner only.

A server allows 300 logins a day, and a container may start more often than that. Nothing is remembered in
memory, because another process may have renewed the session meanwhile, which ends the old one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from botus.store.durable import document, files
from botus.store.durable.document import Damage, check

_PRIVATE = 0o600


@dataclass(frozen=True)
class Session:
    """A login that lasts.

    Attributes:
        account: whose it is: handle and server, as in the settings.
        did: the account's id, which stays when the handle changes.
        access: the token of requests, good for hours.
        refresh: the token that gets a new pair of tokens, good for weeks.
    """

    account: str
    did: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class Sessions:
    """The kept session of one data directory."""

    def __init__(self, data: Path) -> None:
        self.path = data / files.STATE_FOLDER / "bluesky.json"

    def load(self, account: str) -> Session | None:
        """Return the session of an account, None where there is none; a FileError if the file is damaged."""
        session = document.load(self.path, _session, "delete it: botus then logs in to Bluesky again")
        return session if session and session.account == account else None

    def save(self, session: Session) -> None:
        """Keep a session, durably, in place of any other."""
        files.make_folder(self.path.parent)
        files.replace(self.path, json.dumps(asdict(session), indent=1).encode(), mode=_PRIVATE)


def _session(fields: dict[str, Any]) -> Session:
    check(Session, fields)
    if not all(fields.values()):
        raise Damage("a field is empty")
    return Session(**fields)
