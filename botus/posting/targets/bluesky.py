"""Posts to one Bluesky account, or to one on an own server (PDS), with a few JSON calls.

The key is the record's own name on the server, and the record follows from key and text alone, so the same
request made twice makes one post, without any limit in time: a lost answer is repeated until there is a
definite one. `"swapRecord": null` in the request is what makes the server refuse another text under the key.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botus.platforms.rows import BLUESKY
from botus.posting.http.connection import not_ready
from botus.posting.http.exchange import Exchange, at
from botus.posting.target import USUAL, Account, Advice, Answer, Attempt, Ready, Target, Timing
from botus.posting.targets.bluesky_record import COLLECTION, make_key, make_record
from botus.posting.targets.bluesky_server import EXPIRED, Server, error_of
from botus.posting.targets.profiles import note_advice
from botus.store.sessions import Session, Sessions

_LIMIT_BYTES = 3000
_BARELY_OFF = 120.0  # seconds by which the own clock may differ from the server's before the latter counts
_APP_PASSWORD = re.compile(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}")
_NOT_APP = Advice(
    "BLUESKY_APP_PASSWORD does not look like an app password",
    "make one under Settings, Privacy and security, App passwords: it can be revoked on its own",
)
_NOT_A_BOT = Advice(
    "the account is not labelled as automated", "switch the automation label on in Bluesky's settings"
)
_OTHER_TEXT = "another text has its key on the server: was the post edited?"


class Bluesky(Target):
    """One account on Bluesky.

    Args:
        handle: the account's name, such as `kettle.bsky.social`, or its DID.
        password: an app password.
        sessions: keeps the login between runs.
        service: the address of the server that has the account.
        languages: up to three language codes of the posts.
        reply: to which posts every post is a reply, as its record says it; None for none.
    """

    platform = BLUESKY
    name, limit = platform.name, platform.limit

    def __init__(
        self,
        handle: str,
        password: str,
        sessions: Sessions,
        *,
        service: str = BLUESKY.host,
        languages: Sequence[str] = (),
        reply: Mapping[str, object] | None = None,
        timing: Timing = USUAL,
    ) -> None:
        self.base_url, self.account, self._password = service, handle, password
        self._server = Server(service, handle, password, sessions, timing)
        self._languages, self._reply, self._clock = tuple(languages), reply, timing.clock
        self._correction = 0.0  # seconds; until `ready` has asked

    @property
    def about(self) -> str:
        return f"at {self.base_url}, {self.account}, {self.limit} characters; a lost answer is repeated"

    @property
    def clock_off(self) -> float | None:
        return self._server.connection.clock_off

    def problem(self, text: str) -> str | None:
        if reason := super().problem(text):
            return reason
        size = len(text.encode())
        return f"too long for Bluesky: {size} of {_LIMIT_BYTES} bytes" if size > _LIMIT_BYTES else None

    def ready(self) -> Answer | Ready:
        """Ask whether the kept session is good; renew it or log in where it is not."""
        session, exchange = self._server.session()
        if session is None:
            return self._not_ready(exchange)
        date = exchange.date()
        off = 0.0 if date is None else date - self._clock()
        self._correction = off if abs(off) > _BARELY_OFF else 0.0
        return Ready(date)

    def new_key(self) -> str:
        """A TID, by the server's clock where the own one is wrong: the post shows the time in its key."""
        return make_key(self._clock() + self._correction, random.SystemRandom().randrange(1024))

    def send(self, text: str, key: str, *, again: bool) -> Answer:
        """Put the record under its key."""
        session, exchange = self._logged_in(lambda session: self._put(text, key, session))
        if session is None:
            return self._not_ready(exchange)
        if exchange.result("uri") == f"at://{session.did}/{COLLECTION}/{key}":
            return _posted(session.did, key)
        if error_of(exchange) == "InvalidSwap":
            return self._settle(text, key, session.did, again=again)
        return self._server.refusal(exchange)

    def find(self, text: str, attempt: Attempt) -> Answer:
        """Look at the record itself; where there is none, the same request may be made again at any time."""
        session = self._server.kept()
        if session is None:
            return Answer("absent", reason="not looked up: the same request again is safe")
        return self._look(text, attempt.key, session.did)

    def verify(self) -> Account:
        """Ask who the account is, and what its profile says."""
        session, exchange = self._server.session()
        if session is None:
            raise self.complaint(self._not_ready(exchange))
        handle = exchange.result("handle")
        shown = handle if isinstance(handle, str) and re.fullmatch(r"[a-z0-9.-]+", handle) else session.did
        profile = self._record(session.did, "app.bsky.actor.profile", "self").result("value")
        labels = at(profile, "labels", "values")  # those that the account has given itself
        is_bot = isinstance(labels, list) and "bot" in [at(label, "val") for label in labels]
        notes = (
            f"{self.limit} characters, {_LIMIT_BYTES} bytes",
            f"logged in; the session is kept in {self._server.sessions.path}",
        )
        warnings = tuple(self._warnings(profile, is_bot))
        address = f"https://bsky.app/profile/{shown}"
        return Account(f"@{shown}", address, is_bot, warnings=warnings, notes=notes)

    def get(self, method: str, **query: Any) -> tuple[str, Exchange]:  # noqa: ANN401
        """Ask for something that needs a session; returns the account's DID too, "" where there is none."""
        session, exchange = self._logged_in(lambda session: self._server.get(method, session.access, **query))
        return session.did if session else "", exchange

    def refusal(self, exchange: Exchange) -> Answer:
        """Say what it means that an exchange did not bring what it should."""
        return self._server.refusal(exchange)

    def _logged_in(self, ask: Callable[[Session], Exchange]) -> tuple[Session | None, Exchange]:
        """Make a request; where only the session has expired, once more with a new one.

        Without a session that the server accepts, the exchange is that of the login.
        """
        session = self._server.kept()
        exchange = ask(session) if session else Exchange()
        if session is None or error_of(exchange) in EXPIRED:
            session, login = self._server.session(refused=session)
            return session, ask(session) if session else login
        return session, exchange

    def _not_ready(self, exchange: Exchange) -> Answer:
        return not_ready(exchange, self._server.refusal(exchange), self.platform)

    def _put(self, text: str, key: str, session: Session) -> Exchange:
        record = make_record(text, key, self._languages, self._reply)
        place = {"repo": session.did, "collection": COLLECTION, "rkey": key}
        body = {**place, "record": record, "swapRecord": None}
        return self._server.post("com.atproto.repo.putRecord", session.access, body)

    def _settle(self, text: str, key: str, did: str, *, again: bool) -> Answer:
        """What it means that the server has something else under this key: perhaps other languages only."""
        found = self._look(text, key, did)
        if found.state == "unknown" and not again:
            return Answer("rejected", reason=found.reason)  # a new key, so it was never ours
        if found.state in ("posted", "unknown"):
            return found
        return Answer("later" if again else "unknown", reason=found.reason)

    def _look(self, text: str, key: str, did: str) -> Answer:
        exchange = self._record(did, COLLECTION, key)
        if exchange.status == 400 and error_of(exchange) == "RecordNotFound":
            return Answer("absent", reason="not there")
        found = exchange.result("value", "text")
        if not isinstance(found, str):
            answer = self._server.refusal(exchange)
            return Answer("later", None, None, f"could not look: {answer.reason}", answer.until)
        return _posted(did, key) if found == text else Answer("unknown", reason=_OTHER_TEXT)

    def _record(self, did: str, collection: str, key: str) -> Exchange:
        return self._server.get("com.atproto.repo.getRecord", repo=did, collection=collection, rkey=key)

    def _warnings(self, profile: object, is_bot: bool) -> Iterator[Advice]:
        if not is_bot:
            yield _NOT_A_BOT
        note = str(at(profile, "description") or "")
        yield from note_advice("description", note, f"{at(profile, 'displayName')} {note}")
        if not is_app_password(self._password):
            yield _NOT_APP


def is_app_password(password: str) -> bool:
    """Whether a password looks like those that a server makes for programs."""
    return _APP_PASSWORD.fullmatch(password) is not None


def _posted(did: str, key: str) -> Answer:
    return Answer("posted", key, f"https://bsky.app/profile/{did}/post/{key}")
