"""What is known of one HTTP request: the answer, a time, a short reason. Pure.

Status and body come from here, never from the client libraries, whose exceptions hide a post that exists (an
answer 201 with HTML) and crash on odd bodies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import quote, urlsplit

_MEANING = {
    400: "bad request",
    401: "the credentials were refused",
    402: "no credits",
    403: "not allowed",
    404: "not found",
    405: "not allowed",
    410: "gone",
    413: "too long",
    422: "not accepted",
    429: "rate limit reached",
}
_LONGEST_REASON = 160
# What the JSON of an answer may have. Twenty posts have some thousands of parts, each of up to 80 bytes.
_DEEPEST, _MOST_PARTS = 64, 100_000
_NESTING = re.compile(rb'"(?:[^"\\]+|\\.)*+"?|[\[{\]}]', re.DOTALL)  # strings, too, so as to pass over them
# What an error text must not hold: markup, and headers that a server echoes.
_UNFIT = re.compile(r"<[a-z!/?]|authorization\W|bearer\s|oauth_", re.IGNORECASE)


@dataclass
class Exchange:
    """One request and its answer.

    Args:
        ends: when it must be over, on the monotonic clock.
        began: a byte of the request may have left.
        status, headers, body: the answer; status is None unless the whole answer arrived. Header names
            are in lower case.
        failure: why there is no whole answer, in a few fixed words.
    """

    ends: float = 0.0
    began: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""

    @property
    def good(self) -> bool:
        """A whole answer of the 2xx kind."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def redirect(self) -> str | None:
        """Scheme and host that the answer points to, without path and query, which may hold secrets."""
        if self.status is None or not 300 <= self.status < 400:
            return None
        try:
            target = urlsplit(self.headers.get("location", ""))
            host = target.netloc.rpartition("@")[2]
            return f"{target.scheme}://{host}" if host else "another path"
        except ValueError:
            return "elsewhere"

    def json(self, *keys: str) -> object:
        """The body as JSON, or what stands in it under these keys; None where there is none."""
        return at(self._content, *keys)

    @cached_property
    def _content(self) -> object:
        try:
            return json.loads(self.body) if _is_bounded(self.body) else None
        except (ValueError, RecursionError):
            return None

    def result(self, *keys: str) -> object:
        """The same of a good answer only."""
        return self.json(*keys) if self.good else None

    def date(self) -> float | None:
        """The server's clock, in epoch seconds, from its Date header; a cache in between adds Age."""
        date, age = http_date(self.headers.get("date", "")), self.headers.get("age", "")
        seconds = int(age) if re.fullmatch(r"[0-9]{1,9}", age) else 0
        return None if date is None else date + seconds


def describe(exchange: Exchange, secrets: Iterable[str]) -> str:
    """Say in a few words what came back, or why nothing did."""
    if not exchange.began:
        return f"no connection: {exchange.failure}"
    if exchange.status is None:
        return f"the answer was lost: {exchange.failure}"
    if exchange.redirect:
        return f"HTTP {exchange.status}, points to {_clean(exchange.redirect, secrets)}"
    if exchange.good:
        return f"HTTP {exchange.status} without an id"
    meaning = _MEANING.get(exchange.status)
    words = f"HTTP {exchange.status}" + (f", {meaning}" if meaning else "")
    detail = _clean(message(exchange), secrets)
    return f"{words}: {detail}" if detail else words


def message(exchange: Exchange) -> str:
    """The platform's own error sentence, from the fields that the platforms use; may be empty."""
    error, words = exchange.json("error"), exchange.json("message")
    if isinstance(error, str) and isinstance(words, str):  # Bluesky
        return f"{error}: {words}"
    errors = exchange.json("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    nested = at(first, "message") if isinstance(first, dict) else first
    for words in (error, exchange.json("detail"), nested, exchange.json("title")):
        if isinstance(words, str) and words.strip():
            return words
    return ""


def _is_bounded(body: bytes) -> bool:
    """Whether JSON may be parsed: a megabyte of brackets becomes twenty of objects."""
    if sum(map(body.count, (b"[", b"{", b","))) > _MOST_PARTS:
        return False
    depth = 0
    for found in _NESTING.finditer(body):
        token = found[0]
        depth += 1 if token in b"[{" else -1 if token in b"]}" else 0
        if depth > _DEEPEST:
            return False
    return True


def at(value: object, *keys: str) -> object:
    """What stands under these keys in JSON that may be of any shape; None where there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def moment(value: object) -> float | None:
    """Read an ISO-8601 time as epoch seconds; a time without a zone is UTC."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() if time else None
    except (ValueError, OverflowError):
        return None


def http_date(value: str) -> float | None:
    """Read a time in one of the three forms of HTTP as epoch seconds; one without a zone is UTC.

    Source: RFC 9110, 5.6.7.
    """
    try:
        time = parsedate_to_datetime(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _clean(words: str, secrets: Iterable[str]) -> str:
    """Make a foreign error text fit for the log; empty where it is markup or echoes a header."""
    for secret in secrets:
        for form in {secret, quote(secret, safe="")}:
            words = words.replace(form, "***")
    if _UNFIT.search(words):
        return ""
    words = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return words if len(words) <= _LONGEST_REASON else words[: _LONGEST_REASON - 1] + "…"
