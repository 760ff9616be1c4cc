"""The program's own log lines: text for people or JSON for machines, one line each, secrets censored.

Everything that the container prints goes through here, so that no secret and no line break of a post can
slip into a log. The one surprise: a secret is also found where a library has encoded it, for an address, in
JSON, or as a part of something longer in base64.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, quote_plus

_HIDDEN = "***"
_SHORTEST = 4  # shorter ones would blacken half of the log and protect nothing
_SHORTEST_IN_BASE64 = 8


def censor(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in a text, however it is spelled."""
    for form in _spellings(tuple(secrets)):
        text = text.replace(form, _HIDDEN)
    return text


class Stream(Protocol):
    """Where log lines go."""

    def write(self, text: str, /) -> object:
        """Take a whole line."""

    def flush(self) -> object:
        """Keep nothing back."""


class Journal:
    """Writes log lines.

    Args:
        stream: where to.
        form: `text` or `json`.
        secrets: what must never be printed.
        now: the clock, in the zone in which times are shown.
    """

    def __init__(
        self, stream: Stream, form: str, secrets: Iterable[str], now: Callable[[], datetime]
    ) -> None:
        self._stream = stream
        self._guard = threading.Lock()  # libraries log from threads of their own
        self._secrets: tuple[str, ...] = ()
        self.follow(form, secrets, now)

    def follow(self, form: str, secrets: Iterable[str], now: Callable[[], datetime]) -> None:
        """Go on with other settings; what was a secret stays one."""
        self._form, self._now = form, now
        self._secrets = tuple(dict.fromkeys((*self._secrets, *secrets)))

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        """Write one line.

        Args:
            message: one sentence.
            level: `debug`, `info`, `warning` or `error`.
            fields: values for machines; text shows the message only.
        """
        moment = self._now().isoformat(timespec="seconds")
        if self._form == "json":
            content = {"message": message, **fields}
            line = json.dumps({"time": moment, "level": level, **self._clean(content)})
        else:
            mark = "" if level == "info" else f"{level}: "
            line = "\\n".join(f"{moment} {mark}{censor(message, self._secrets)}".splitlines())
        with self._guard:
            self._stream.write(line + "\n")
            self._stream.flush()

    def _clean(self, value: dict[str, object]) -> dict[str, object]:
        return {name: self._censored(each) for name, each in value.items()}

    def _censored(self, value: object) -> object:
        """A value for JSON, without secrets; the keys are ours."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, dict):
            return {str(name): self._censored(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._censored(each) for each in value]
        shown = censor(str(value), self._secrets)
        return value if isinstance(value, int | float) and shown == str(value) else shown


@lru_cache(maxsize=8)
def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Every form of every secret, the longest first, because one may contain another."""
    found = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    coded = [quote(secret, safe="", errors="replace"), quote(secret, errors="replace")]
    coded += [quote_plus(secret, errors="replace"), quote(coded[0])]  # OAuth 1.0 signs what is encoded twice
    for form in coded:
        yield form
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form)
    data = secret.encode(errors="replace")
    if len(data) >= _SHORTEST_IN_BASE64:
        for shift in range(3):
            yield from _in_base64(data, shift)


def _in_base64(data: bytes, shift: int) -> Iterator[str]:
    """What base64 makes of these bytes alone, when `shift` others (modulo 3) stand before them.

    Three bytes become four characters of six bits, so the characters at both ends share their bits with
    the neighbours; the ones between are the same whatever stands around.
    """
    coded = base64.b64encode(b"\0" * shift + data).decode()
    first, last = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
    for form in (coded, coded.translate(str.maketrans("+/", "-_"))):
        yield form[first:last]
