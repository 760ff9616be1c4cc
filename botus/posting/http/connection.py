"""A target's connection to its platform, and what an answer means on every platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from botus.platforms.rows import Platform
from botus.posting.http.exchange import Exchange, describe
from botus.posting.http.rate_limits import wait_until
from botus.posting.target import LOOK_AFTER, LOOK_UNTIL, Answer, Attempt, Timing

if TYPE_CHECKING:
    import requests

    from botus.posting.http.transport import Wire

Client = TypeVar("Client")
_TEXT_REFUSED = {400, 413, 422}
_PASSES = {408, 409, 420, 421, 423, 425, 429}


class Connection(Generic[Client]):
    """Asks one platform, one request at a time; the client library is loaded at the first.

    Args:
        make: makes the client library's object, which has to send through this session.
        secrets: what must not appear in any reason.
        moved: (address in the client library, address to use), for a library without a host setting.

    Attributes:
        clock_off: seconds by which the own clock was ahead of the platform's at its last answer.
    """

    def __init__(
        self,
        make: Callable[[requests.Session], Client],
        timing: Timing,
        secrets: list[str],
        moved: tuple[str, str] = ("", ""),
    ) -> None:
        self.clock_off: float | None = None
        self._make, self._timing, self._secrets, self._moved = make, timing, secrets, moved
        self._made: tuple[Wire, Client] | None = None

    def ask(self, call: Callable[[Client], object]) -> Exchange:
        """Run a call of the client library that makes one request, and return what became of that request."""
        if self._made is None:
            from botus.posting.http.transport import Wire

            wire = Wire(self._timing, self._moved)
            self._made = wire, self._make(wire.session())
        wire, client = self._made
        exchange = wire.ask(lambda: call(client))
        date = exchange.date()
        self.clock_off = self.clock_off if date is None else self._timing.clock() - date
        return exchange

    def refusal(self, exchange: Exchange, *secrets: str) -> Answer:
        """Say what an exchange that did not bring the id of a post means.

        One question decides: was a whole answer with a 4xx status received? Only that, or a failure to
        connect, is a definite no. `secrets` are those that were not known before.
        """
        reason, status = describe(exchange, [*self._secrets, *secrets]), exchange.status
        if not exchange.began:
            return Answer("later", reason=reason)
        until = wait_until(exchange, self._timing.clock())
        if status is None or not 400 <= status < 500:
            return Answer("unknown", reason=reason, until=until)
        if status in _TEXT_REFUSED:
            return Answer("rejected", reason=reason)
        return Answer("later", reason=reason, until=until, needs_person=status not in _PASSES)

    def too_early(self, attempt: Attempt) -> Answer | None:
        """Where the server may still be at work on an attempt: when to look."""
        if not 0 <= self._timing.clock() - attempt.begun < LOOK_AFTER:
            return None
        return Answer("later", reason="too early to look", until=attempt.begun + LOOK_AFTER)

    def look_failed(self, answer: Answer, attempt: Attempt) -> Answer:
        """A look that failed says nothing about the post and is made again later, for a day."""
        reason = f"could not look: {answer.reason}"
        if abs(self._timing.clock() - attempt.begun) >= LOOK_UNTIL:
            return Answer("unknown", reason=reason)
        return Answer("later", reason=reason, until=answer.until, needs_person=answer.needs_person)


def not_ready(exchange: Exchange, answer: Answer, platform: Platform) -> Answer:
    """Say what it means that a server did not tell what every server of its kind tells.

    Args:
        answer: what `refusal` makes of it.
    """
    if exchange.redirect:
        return Answer("later", reason=f"the server points to {exchange.redirect}", needs_person=True)
    silent = f"the server does not speak {platform.title}'s API"
    if exchange.good:
        return Answer("later", reason=silent)
    if exchange.status in (404, 405, 410):
        return Answer("later", reason=f"{silent}, HTTP {exchange.status}", needs_person=True)
    needs_person = answer.needs_person or answer.state == "rejected"
    return replace(answer, state="later", needs_person=needs_person)
