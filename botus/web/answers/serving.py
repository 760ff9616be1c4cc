"""The answers as a server: what it needs at its start, and what the person who starts it should know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from botus.answering.pool import Pool
from botus.errors import not_installed
from botus.log import Say
from botus.settings import Settings

try:
    from botus.web.answers.app import LARGEST, Parts, create_app
    from botus.web.answers.conversations import Conversations
    from botus.web.answers.discord import Signatures
    from botus.web.server import AT_ONCE, Limits, Server, address_of, bound, is_local
except ImportError as error:
    raise not_installed("web") from error


@dataclass(frozen=True)
class Place:
    """Where answers are given.

    Attributes:
        host, port: where the server listens; port 0 is any that is free.
        proxy: the address of a reverse proxy, whose word on the client is taken; "" for none.
        live: answers are written by the model.
        checkpoint: the model; None for the one that is nearby.
    """

    host: str
    port: int
    proxy: str = ""
    live: bool = False
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Answers:
    """Answers that are ready to be given.

    Attributes:
        address: where.
        endpoints: the ways to ask, each a path and who comes that way.
    """

    address: str
    endpoints: tuple[str, ...]
    server: Server

    def run(self) -> None:
        """Answer until a signal comes; Interrupted where it was Ctrl-C."""
        self.server.run("no more answers are given")


@contextmanager
def opened(settings: Settings, place: Place, say: Say) -> Iterator[Answers]:
    """Make everything ready; nobody is answered before `run`.

    Raises:
        SettingsError: an extra is not installed, a key is none, or nobody can listen at the address.
        FileError: a file of the data directory, or the checkpoint, is damaged.
    """
    with ExitStack() as stack:
        listening = stack.enter_context(bound(place.host, place.port))
        pool = Pool.of(settings)
        signatures = Signatures(settings.discord_public_key) if settings.discord_public_key else None
        write, at_once = None, AT_ONCE
        if place.live:
            from botus.web.answers.live import MOST, Live

            live = Live(settings, place.checkpoint)
            for note in live.notes:
                say(note)
            write, at_once = live.answer, AT_ONCE + MOST  # who waits for the model holds up nobody else
        parts = Parts(
            conversations=Conversations(pool),
            count=lambda: pool.count().usable,
            say=say,
            token=settings.serve_token or "",
            slack_secret=settings.slack_signing_secret or "",
            discord=signatures,
            write=write,
        )
        server = Server(listening, create_app(parts), Limits(LARGEST, place.proxy, at_once))
        stack.callback(server.close)
        if not place.live and not pool.count().usable:
            file = settings.data / "answers.txt"
            say(f"{file} has no line that may be said: nobody gets an answer until it has one", "warning")
        if not settings.serve_token and not is_local(place.host) and not place.proxy:
            say("SERVE_TOKEN is not set: everybody who reaches this address may ask", "warning")
        where = address_of(place.host, listening.getsockname()[1])
        yield Answers(where, tuple(_endpoints(parts)), server)


def _endpoints(parts: Parts) -> Iterator[str]:
    yield "/  programs, with the token" if parts.token else "/  programs"
    yield "/demo  people"
    if parts.slack_secret:
        yield "/slack  Slack"
    if parts.discord:
        yield "/discord  Discord"
