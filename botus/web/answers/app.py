"""The answers as a web application: which address does what, and what every answer carries.

Nothing here has a cookie or knows who somebody is, so every page anywhere may ask. Only an answer has `text`:
the clients that there are post whatever they find under that name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from botus.errors import UNEXPECTED, BotusError, sentence, unexpected
from botus.log import Say
from botus.web.answers import contract, discord, slack
from botus.web.answers.conversations import Conversations
from botus.web.answers.limits import Answered, Full, Limits, network
from botus.web.exchange import answer as as_json

LARGEST = 1 << 16  # bytes of a request
_CARRIED = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Max-Age": "86400",
}
_AGAIN = 60.0  # seconds until the same fault is said again
_EMPTY = "there is no line that may be said"


class Refused(Exception):
    """A question that gets no answer.

    Args:
        status: of HTTP.
        said: why, in a sentence.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


@dataclass(frozen=True)
class Parts:
    """What the application is made of.

    Attributes:
        write: writes an answer with the model; None where all come from the pool.
        limits: of strangers; known: of those whom Slack or Discord vouches for, so that a crowd of strangers
            keeps no answer from them.
        count: says how many lines may be said.
        now: Unix time in seconds.
    """

    conversations: Conversations
    count: Callable[[], int]
    say: Say
    token: str = ""
    slack_secret: str = ""
    discord: discord.Signatures | None = None
    write: Callable[[contract.Wanted], str | None] | None = None
    limits: Limits = field(default_factory=Limits)
    known: Limits = field(default_factory=Limits)
    answered: Answered = field(default_factory=Answered)
    now: Callable[[], float] = time.time


def create_app(parts: Parts) -> Flask:
    """Make the application."""
    app = Flask("botus.web.answers", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.after_request(_carry)
    app.register_error_handler(Refused, lambda error: _refused(error.status, error.said))
    app.register_error_handler(HTTPException, _of_http)
    faults = _Faults(parts.say)
    app.register_error_handler(Exception, faults.answer)
    demo = _Demo(is_live=parts.write is not None)
    for path, methods, view in (
        ("/", ["GET", "POST", "OPTIONS"], lambda: _open_door(parts)),
        ("/slack", ["POST", "GET"], lambda: _slack(parts)),
        ("/discord", ["POST"], lambda: _discord(parts)),
        ("/demo", ["GET"], demo.answer),
        ("/health", ["GET"], lambda: _health(parts)),
    ):
        app.add_url_rule(path, path, view, methods=methods, provide_automatic_options=False)
    return app


def _open_door(parts: Parts) -> Response:
    if request.method == "OPTIONS":
        return Response(status=204, headers=_ALLOWED)
    if request.method == "HEAD":
        return as_json({})
    try:
        fields = contract.fields_of(request.get_data()) if request.method == "POST" else request.args
        wanted = contract.wanted(fields)
    except ValueError as error:
        raise Refused(400, str(error)) from error
    who = network(request.remote_addr or "")
    if parts.token and not _is_token(parts.token, wanted.token):
        _admit(parts, who)  # guessing is counted
        raise Refused(401, "that is not the token")
    _admit(parts, who)
    try:
        line = parts.write(wanted) if parts.write else parts.conversations.answer(who, wanted.said)
    except Full as error:
        raise Refused(429, "others are waiting for an answer: ask again in a moment") from error
    except ValueError as error:
        raise Refused(400, str(error)) from error
    if line is None:
        raise Refused(503, "nothing passed the screen" if parts.write else _EMPTY)
    return as_json({"text": line})


def _slack(parts: Parts) -> Response:
    if not parts.slack_secret:
        raise Refused(404, "SLACK_SIGNING_SECRET is not set")
    if request.method == "GET":  # Slack looks at the certificate
        return Response("")
    body, (moment, signature) = request.get_data(), _headers("X-Slack-Request-Timestamp", "X-Slack-Signature")
    if not slack.is_signed(parts.slack_secret, moment, signature, body, parts.now()):
        _admit(parts, network(request.remote_addr or ""))
        raise Refused(401, "Slack has not signed this, or not now")
    try:
        asked = slack.command(body)
    except ValueError as error:
        raise Refused(400, "nobody understands that") from error

    def answer() -> dict[str, object]:
        return slack.answer(_line(parts, f"slack {asked.user}", f"slack {asked.place}", asked.said))

    return as_json(parts.answered.once(signature, answer))


def _discord(parts: Parts) -> Response:
    if not parts.discord:
        raise Refused(404, "DISCORD_PUBLIC_KEY is not set")
    body, (moment, signature) = request.get_data(), _headers("X-Signature-Timestamp", "X-Signature-Ed25519")
    if not parts.discord.is_signed(moment, signature, body, parts.now()):
        _admit(parts, network(request.remote_addr or ""))
        raise Refused(401, "Discord has not signed this, or not now")
    try:
        asked = discord.interaction(contract.fields_of(body))
    except ValueError as error:
        raise Refused(400, str(error)) from error
    if asked.said is None:
        return as_json(discord.pong())
    said = asked.said

    def answer() -> dict[str, object]:
        return discord.answer(_line(parts, f"discord {asked.user}", f"discord {asked.place}", said))

    return as_json(parts.answered.once(f"discord {asked.id}", answer))


def _headers(*names: str) -> list[str]:
    return [request.headers.get(name, "") for name in names]


def _line(parts: Parts, who: str, place: str, said: str) -> str | None:
    """Return a line for somebody whom a platform vouches for; none for one who asks too much."""
    return parts.conversations.answer(place, said) if parts.known.admit(who) else None


def _health(parts: Parts) -> Response:
    count = parts.count()
    if count or parts.write:
        return as_json({"ok": True, "lines": count})
    return _refused(503, _EMPTY)


def _admit(parts: Parts, who: str) -> None:
    if not parts.limits.admit(who):
        raise Refused(429, "that was more than anybody asks: wait a moment")


def _is_token(token: str, given: str) -> bool:
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    said = bearer.strip().encode("latin-1", "replace") if kind.lower() == "bearer" else b""  # bytes, as sent
    known = given.encode("utf-8", "replace") or said
    return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), known)


class _Demo:
    """The page at /demo, read once: one file, whose style and script are let in by their digests."""

    def __init__(self, *, is_live: bool) -> None:
        page = (resources.files("botus.web.answers") / "demo.html").read_text()
        about = "nobody has read what it says" if is_live else "its lines were picked by a person"
        self._page = page.replace("{about}", about)
        inside = {name: _digests(self._page, name) for name in ("style", "script")}
        self._policy = (
            f"default-src 'none'; style-src {inside['style']}; script-src {inside['script']}; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def answer(self) -> Response:
        response = Response(self._page, mimetype="text/html")
        response.headers["Content-Security-Policy"] = self._policy
        return response


def _digests(page: str, tag: str) -> str:
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _carry(response: Response) -> Response:
    for name, value in _CARRIED.items():
        response.headers[name] = value
    return response


def _refused(status: int, said: str) -> Response:
    response = as_json({"error": said}, status)
    if status in (429, 503):
        response.headers["Retry-After"] = "10"
    return response


def _of_http(error: HTTPException) -> Response:
    if error.code == 413:
        return _refused(413, "that is too long")
    if error.code in (404, 405):
        return _refused(error.code, "there is nothing here")
    return _refused(error.code or 400, "nobody understands that")


class _Faults:
    """Says a fault to the owner, once a minute while it is the same; strangers learn only that there is one.

    Of a fault that nobody expected, the kind and the place are said, not its words: they may be strangers'.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._last, self._said_at = "", 0.0

    def answer(self, error: Exception) -> Response:
        said, now = _explained(error), time.monotonic()
        if said != self._last or now - self._said_at > _AGAIN:
            self._last, self._said_at = said, now
            self._say(f"an answer: {said}", "error")
        return _refused(503, "the bot has a problem, which its owner has been told of")


def _explained(error: Exception) -> str:
    if isinstance(error, BotusError | MemoryError):
        return sentence(error if isinstance(error, BotusError) else unexpected(error))
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{UNEXPECTED}{type(error).__name__} in {os.path.basename(place.filename)}, line {place.lineno}"
