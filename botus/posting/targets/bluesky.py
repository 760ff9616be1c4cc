"""Posts to one Bluesky account, or to one on an own server (PDS), with a few JSON calls.

In: a text and its key. Out: an `Answer`. The key is the record's own name on the server, and the record
follows from key and text alone, so the same request made twice makes one post, without any limit in time: a
lost answer is simply repeated until there is a definite one. The one surprise: `"swapRecord": null` has to be
in the request; it is what makes the server refuse another text under the same key.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from botus.platforms import BLUESKY
from botus.posting.http.exchange import Exchange, complaint, unsendable
from botus.posting.target import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    REQUEST_DEADLINE,
    Account,
    Advice,
    Answer,
    Attempt,
    Ready,
)
from botus.posting.targets.bluesky_record import COLLECTION, make_key, make_record
from botus.posting.targets.bluesky_server import EXPIRED, Server, error_of
from botus.posting.targets.profiles import says_automated
from botus.store.sessions import Session, Sessions
from botus.text import bluesky_length

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
_NO_NOTE = Advice("the profile has no description", "write one that says that a bot writes here")
_NOTE_SILENT = Advice("the profile does not seem to say that a bot writes here", "say so in its description")
_OTHER_API = "the server does not speak Bluesky's API: is BLUESKY_SERVICE right?"
_OTHER_TEXT = "another text has its key on the server: was the post edited?"


class Bluesky:
    """One account on Bluesky.

    Args:
        handle: the account's name, such as `kettle.bsky.social`, or its DID.
        password: an app password.
        sessions: keeps the login between runs.
        service: the address of the server that has the account.
        languages: up to three language codes of the posts.
        timeouts: seconds to connect (per address) and without a byte of the answer.
        deadline: seconds for a whole request.
        clock: own clock, in epoch seconds.
    """

    name = "bluesky"

    def __init__(
        self,
        handle: str,
        password: str,
        sessions: Sessions,
        *,
        service: str = BLUESKY.host,
        languages: Sequence[str] = (),
        timeouts: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
        deadline: float = REQUEST_DEADLINE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.base_url = service
        self._password = password
        self.account = handle
        self._server = Server(self.base_url, handle, password, sessions, timeouts, deadline, clock)
        self._languages, self._clock = tuple(languages), clock
        self._correction = 0.0  # seconds; until `ready` has asked

    @property
    def about(self) -> str:
        """What the owner should know, in a few words."""
        return f"at {self.base_url}, {self.account}, {BLUESKY.limit} characters; a lost answer is repeated"

    @property
    def clock_off(self) -> float | None:
        """Seconds by which the own clock was ahead of the server's at its last answer."""
        return self._server.clock_off

    def problem(self, text: str) -> str | None:
        """Say why Bluesky can never accept this text, or None."""
        if reason := unsendable(text):
            return reason
        if (length := bluesky_length(text)) > BLUESKY.limit:
            return f"too long for Bluesky: {length} of {BLUESKY.limit} characters"
        if (size := len(text.encode())) > _LIMIT_BYTES:
            return f"too long for Bluesky: {size} of {_LIMIT_BYTES} bytes"
        return None

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
        """Put the record under its key; where only the session has expired, once more with a new one."""
        session = self._server.kept()
        exchange = self._put(text, key, session) if session else Exchange()
        if session is None or error_of(exchange) in EXPIRED:
            session, login = self._server.session(refused=session)
            if session is None:
                return self._not_ready(login)
            exchange = self._put(text, key, session)
        if exchange.good and exchange.fields().get("uri") == f"at://{session.did}/{COLLECTION}/{key}":
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
            raise complaint(self._not_ready(exchange))
        handle = exchange.fields().get("handle")
        shown = handle if isinstance(handle, str) and re.fullmatch(r"[a-z0-9.-]+", handle) else session.did
        asked = self._record(session.did, "app.bsky.actor.profile", "self")
        value = asked.fields().get("value") if asked.good else None
        profile = value if isinstance(value, Mapping) else {}
        is_bot = "bot" in _labels(profile)
        notes = (f"{BLUESKY.limit} characters, {_LIMIT_BYTES} bytes", f"logged in; {self._server.where}")
        warnings = tuple(self._warnings(profile, is_bot))
        address = f"https://bsky.app/profile/{shown}"
        return Account(f"@{shown}", address, is_bot, warnings=warnings, notes=notes)

    def _not_ready(self, exchange: Exchange) -> Answer:
        if exchange.redirect:
            hint = f"the server points to {exchange.redirect}: is BLUESKY_SERVICE right?"
            return Answer("later", reason=hint, needs_person=True)
        if exchange.good:
            return Answer("later", reason=_OTHER_API)
        answer = self._server.refusal(exchange)
        person = answer.needs_person or answer.state == "rejected"
        return Answer("later", reason=answer.reason, until=answer.until, needs_person=person)

    def _put(self, text: str, key: str, session: Session) -> Exchange:
        record = make_record(text, key, self._languages)
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
        value = exchange.fields().get("value") if exchange.good else None
        if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
            answer = self._server.refusal(exchange)
            return Answer("later", None, None, f"could not look: {answer.reason}", answer.until)
        return _posted(did, key) if value["text"] == text else Answer("unknown", reason=_OTHER_TEXT)

    def _record(self, did: str, collection: str, key: str) -> Exchange:
        return self._server.get("com.atproto.repo.getRecord", repo=did, collection=collection, rkey=key)

    def _warnings(self, profile: Mapping[str, object], is_bot: bool) -> Iterator[Advice]:
        if not is_bot:
            yield _NOT_A_BOT
        description = str(profile.get("description") or "").strip()
        if not description:
            yield _NO_NOTE
        elif not says_automated(f"{profile.get('displayName')} {description}"):
            yield _NOTE_SILENT
        if not _APP_PASSWORD.fullmatch(self._password):
            yield _NOT_APP


def _posted(did: str, key: str) -> Answer:
    return Answer("posted", id=key, url=f"https://bsky.app/profile/{did}/post/{key}")


def _labels(profile: Mapping[str, object]) -> list[object]:
    """The labels that an account has given itself."""
    labels = profile.get("labels")
    values = labels.get("values") if isinstance(labels, Mapping) else None
    return [one.get("val") for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []
