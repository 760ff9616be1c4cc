"""Owns .botus/web.json: who may look at the page, by one-time logins and by cookies, and where the page is.

Only hashes of them are on disk; they are of 256 random bits, so no slow hash is needed. Other processes make
logins and end cookies too (`botus web --login`, `run`): the server looks whether the file has changed at each
request. Loads no web library, because `run` uses it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from botus.errors import BotusError, BusyError, FileError
from botus.store.durable import document, files
from botus.store.durable.document import Damage, check
from botus.store.durable.kept import Kept

LOGIN_FOR, COOKIE_FOR = 300.0, 90 * 86400.0  # seconds
_SET_BACK = 60.0  # seconds that a clock may be set back without ending a login or cookie
_MOST_LOGINS, _MOST_COOKIES = 20, 50  # the latest ones stay
_PRIVATE = 0o600


@dataclass(frozen=True)
class Known:
    """What the file holds.

    Attributes:
        name: of the cookie: two bots on one machine have two, because a browser does not tell ports apart.
        address: of the page, as the server said it at its start.
        logins, cookies: hashes, and until when each is good, in seconds since 1970.
    """

    name: str = ""
    address: str = ""
    logins: Mapping[str, float] = field(default_factory=dict)
    cookies: Mapping[str, float] = field(default_factory=dict)


class Access:
    """Who may look at the page of one data directory; `clock` is seconds since 1970."""

    def __init__(self, data: Path, clock: Callable[[], float]) -> None:
        self._data, self._clock = data, clock
        self._path = data / files.STATE_FOLDER / "web.json"
        self._kept = Kept(self._path, self._read)

    @property
    def address(self) -> str:
        """Where the page is, or was last."""
        return self._kept.value().address

    @property
    def cookie_name(self) -> str:
        return self._kept.value().name

    def announce(self, address: str) -> None:
        """Note where the page is; the server calls this once."""
        with files.editing(self._data):
            known = self._read()
            self._write(replace(known, address=address, name=known.name or f"botus-{secrets.token_hex(4)}"))

    def invite(self, address: str = "") -> str:
        """Make a login that is good once, within five minutes; returns its address.

        The token stands behind a `#`: browsers keep that to themselves, so it is in no log, and a messenger
        that looks at a link for a preview does not use it up.
        """
        token = secrets.token_hex(32)  # no sign in it means anything to a chat
        with files.editing(self._data):
            known = self._read()
            if not known.name:
                raise FileError(f"{self._path} is gone", "start botus web again: everybody then logs in anew")
            logins = _latest({**known.logins, _hash(token): self._clock() + LOGIN_FOR}, _MOST_LOGINS)
            self._write(replace(known, logins=logins))
        return f"{(address or known.address).rstrip('/')}/login#{token}"

    def redeem(self, token: str) -> str | None:
        """Use up a login; returns a cookie, None where the login is unknown, used or too old."""
        if not self._is_good(token, self._kept.value().logins, LOGIN_FOR):
            return None  # nothing is written, whoever knocks how often
        cookie = secrets.token_urlsafe(32)
        with files.editing(self._data):
            known = self._read()
            if not self._is_good(token, known.logins, LOGIN_FOR):
                return None
            logins = {one: until for one, until in known.logins.items() if one != _hash(token)}
            cookies = _latest({**known.cookies, _hash(cookie): self._clock() + COOKIE_FOR}, _MOST_COOKIES)
            self._write(replace(known, logins=logins, cookies=cookies))
        return cookie

    def admits(self, cookie: str) -> bool:
        """Tell whether a cookie is one of ours."""
        return self._is_good(cookie, self._kept.value().cookies, COOKIE_FOR)

    def end_all(self) -> None:
        """Make every login and every cookie worthless."""
        with files.editing(self._data):
            self._write(replace(self._read(), logins={}, cookies={}))

    def _is_good(self, token: str, known: Mapping[str, float], lasts: float) -> bool:
        hashed = _hash(token)
        # All of them are compared, in constant time: how long it takes tells nothing.
        fits = [hmac.compare_digest(one, hashed) for one in self._fresh(known, lasts)]
        return any(fits)

    def _fresh(self, known: Mapping[str, float], lasts: float) -> dict[str, float]:
        """Return those that are good now, and were not made by a clock that went far ahead."""
        now = self._clock()
        return {one: until for one, until in known.items() if now <= until <= now + lasts + _SET_BACK}

    def _read(self) -> Known:
        hint = "delete it and start botus web again: everybody then logs in anew"
        return document.load(self._path, _known, hint) or Known()

    def _write(self, known: Known) -> None:
        fresh = {
            "logins": self._fresh(known.logins, LOGIN_FOR),
            "cookies": self._fresh(known.cookies, COOKIE_FOR),
        }
        files.make_folder(self._path.parent)
        content = json.dumps(asdict(known) | fresh, indent=1).encode()
        files.replace(self._path, content, mode=_PRIVATE)


def serving(data: Path) -> AbstractContextManager[None]:
    """Hold the one page of a data directory."""
    return files.lock(data, "web", wait=0.3, holder="another botus web")


def is_served(data: Path) -> bool:
    """Tell whether a page of this data directory is running."""
    try:
        with files.lock(data, "web"):
            return False
    except BusyError:
        return True


def invitation(data: Path, link: str, clock: Callable[[], float]) -> str:
    """Return a login for a notice that goes to the owner; nothing where no page runs, or none can be made.

    Args:
        link: the address of the page, as the owner's phone reaches it.
    """
    try:
        return Access(data, clock).invite(link) if link and is_served(data) else ""
    except BotusError:
        return ""  # what is wrong is said elsewhere; the notice has to go out


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _latest(known: Mapping[str, float], most: int) -> dict[str, float]:
    return dict(list(known.items())[-most:])


def _known(fields: dict[str, Any]) -> Known:
    check(Known, fields)
    known = Known(**fields)
    if not all(one.isascii() and one.isalnum() for one in (*known.logins, *known.cookies)):
        raise Damage("a login is not one")
    return known
