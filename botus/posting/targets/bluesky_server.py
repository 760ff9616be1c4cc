"""Talks to one account's Bluesky server: plain JSON over HTTP, and the session that most requests need.

The kept session is used as long as the server takes it, then renewed, and only where that is refused does
botus log in, because a day has 300 logins. An expired token is answered with 400, the status of a text that
is refused; the error's name tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botus.posting.http.connection import Connection
from botus.posting.http.exchange import Exchange
from botus.posting.target import Answer, Timing
from botus.store.sessions import Session, Sessions

if TYPE_CHECKING:
    import requests

EXPIRED = ("ExpiredToken", "InvalidToken")
_GONE = ("AccountTakedown", "AccountDeactivated", "RepoTakendown", "RepoDeactivated", "RepoSuspended")


class Server:
    """The server of one account.

    Args:
        identifier, password: what a login takes.
        sessions: keeps the login between runs.
    """

    def __init__(
        self, base_url: str, identifier: str, password: str, sessions: Sessions, timing: Timing
    ) -> None:
        def same(session: requests.Session) -> requests.Session:
            return session

        self._base_url, self.sessions = base_url, sessions
        self._login = {"identifier": identifier, "password": password}
        self._account = f"{identifier} at {base_url}"
        self.connection = Connection(same, timing, [password])

    def kept(self) -> Session | None:
        """The session of the last login, good or not."""
        return self.sessions.load(self._account)

    def session(self, refused: Session | None = None) -> tuple[Session | None, Exchange]:
        """Find a session that the server accepts, and the exchange that shows it; None where there is none.

        Args:
            refused: the session that a request was just refused for.
        """
        session = self.kept()
        if session and session != refused:
            exchange = self.get("com.atproto.server.getSession", session.access)
            if not _is_refused(exchange):
                return (session if exchange.json("did") == session.did else None), exchange
        if session:
            exchange = self.post("com.atproto.server.refreshSession", session.refresh)
            if not _is_refused(exchange):
                return self.keep(exchange)
        return self.keep(self.log_in())

    def log_in(self) -> Exchange:
        """Ask for a new session, which is not kept yet."""
        return self.post("com.atproto.server.createSession", body=self._login)

    def get(self, method: str, token: str = "", **query: Any) -> Exchange:  # noqa: ANN401
        return self._ask("GET", method, token, params=query)

    def post(self, method: str, token: str = "", body: Mapping[str, object] | None = None) -> Exchange:
        return self._ask("POST", method, token, json=body)

    def refusal(self, exchange: Exchange) -> Answer:
        """Say what an exchange that did not bring what it should means."""
        kept = self.kept()
        answer = self.connection.refusal(exchange, *((kept.access, kept.refresh) if kept else ()))
        if exchange.status in (400, 401) and error_of(exchange) in (*EXPIRED, *_GONE):
            return Answer("later", reason=answer.reason, needs_person=error_of(exchange) in _GONE)
        return answer

    def keep(self, exchange: Exchange) -> tuple[Session | None, Exchange]:
        """Store the tokens that an answer brings; None where it brings none."""
        tokens = [exchange.result(name) for name in ("did", "accessJwt", "refreshJwt")]
        if not all(isinstance(token, str) and token.isascii() and token.isprintable() for token in tokens):
            return None, exchange
        session = Session(self._account, *map(str, tokens))
        self.sessions.save(session)
        return session, exchange

    def _ask(self, verb: str, method: str, token: str, **content: Any) -> Exchange:  # noqa: ANN401
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.connection.ask(
            lambda session: session.request(
                verb,
                f"{self._base_url}/xrpc/{method}",
                headers=headers,
                auth=lambda request: request,  # keeps a .netrc from replacing the token
                **content,
            )
        )


def error_of(exchange: Exchange) -> str:
    """The name of the error in an answer; empty where there is none."""
    name = exchange.json("error")
    return name if isinstance(name, str) else ""


def _is_refused(exchange: Exchange) -> bool:
    """Tell whether the server does not take a token any more."""
    return exchange.status == 401 or (exchange.status == 400 and error_of(exchange) in EXPIRED)
