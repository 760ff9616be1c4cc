"""Log lines, ours and those of libraries: text for people or JSON for machines, one line each, no secrets.

Built on the standard `logging`: a filter makes one censored line of a record, a formatter gives it its form,
and a handler writes it without ever waiting for a reader that is stuck.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import select
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache, partial
from typing import Protocol, TextIO
from urllib.parse import quote, quote_plus

from botus.text import printable

_HIDDEN = "***"
_SHORTEST = 4  # hiding shorter ones would hide half of the log and protect nothing
_SHORTEST_IN_BASE64 = 8
_PATIENCE = 2.0  # seconds for a reader that is only slow
_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}
# Tokens that are not in the settings, such as those of a session, or signatures.
_IN_URLS = re.compile(
    r"(?<=://)[^\s/?#@\"'<>]+(?=@)"  # a name and a password
    r"|(?<=[?&])(\w*(?:token|key|secret|password|passwd|pwd|auth|sig|signature)=)[^\s&#\"'<>]+",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"""\b(bearer\s+|basic\s+|oauth_\w+=["']?)[^\s"',&]+""", re.IGNORECASE)


class Say(Protocol):
    """Writes one log line, or shows it to the person: a sentence, and fields that only JSON shows.

    Args:
        level: `debug`, `info`, `warning` or `error`.
    """

    def __call__(self, message: str, level: str = "info", **fields: object) -> None: ...


class LogHandler(logging.Handler):
    """Writes log lines to a stream that may be closed, full, or read by nobody.

    It never fails and never waits long, because posting and SIGTERM would wait with it for a log driver or a
    pager that is stuck. Lines that nobody takes are lost, and counted, and how many is said when somebody
    reads again.

    Args:
        stream: standard output or error; None where there is none.
        form: a name in `FORMS`.
        secrets: what must never be printed.
        now: the clock, in the zone in which times are shown.
    """

    def __init__(
        self, stream: TextIO | None, form: str, secrets: Iterable[str], now: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self._stream = stream
        self._lost = 0
        self._is_stuck = self._is_torn = False
        self._censor = _Censor()
        self.addFilter(self._censor)
        self.follow(form, secrets, now)

    def follow(self, form: str, secrets: Iterable[str], now: Callable[[], datetime]) -> None:
        """Go on with other settings; what was a secret stays one."""
        self.setFormatter(_Formatter(form, now))
        self._censor.secrets = tuple(dict.fromkeys((*self._censor.secrets, *secrets)))

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        """Write a line of our own; a `Say`."""
        self.handle(own_record(printable(message), level, **fields))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; `logging` lets one thread at a time in."""
        try:
            if self._lost:
                lost = own_record(f"log lines that nobody took and that are lost: {self._lost}", "warning")
                self.filter(lost)
                self._write(self.format(lost))
                self._lost = 0
            self._write(self.format(record))
        except (OSError, ValueError):
            self._lost += 1

    def _write(self, line: str) -> None:
        """Write a whole line, or raise OSError soon."""
        if self._stream is None:
            return
        breaks = "\n" if self._is_torn else ""
        rest = f"{breaks}{line}\n".encode(self._stream.encoding, "backslashreplace")
        poll = select.poll()  # not select(): a pipe that nobody reads any more shows in its write
        poll.register(self._stream.fileno(), select.POLLOUT)
        ends = time.monotonic() + (0.0 if self._is_stuck else _PATIENCE)
        while rest:
            if not poll.poll(max(0.0, ends - time.monotonic()) * 1000):
                self._is_stuck = True
                raise BlockingIOError("nobody reads the log")
            # A pipe that polls as ready takes PIPE_BUF bytes without blocking.
            rest = rest[os.write(self._stream.fileno(), rest[: select.PIPE_BUF]) :]
            self._is_stuck, self._is_torn = False, bool(rest)


def own_record(message: str, level: str, **fields: object) -> logging.LogRecord:
    """Make a record of our own: unlike those of libraries it has `fields`."""
    number = logging.getLevelNamesMapping()[level.upper()]
    return logging.makeLogRecord({"name": "botus", "levelno": number, "msg": message, "fields": fields})


def capture(handler: LogHandler, *, debug: bool) -> None:
    """Lead all that libraries and Python itself print to the handler, for the rest of this process.

    Args:
        debug: hear libraries from their first word, not only from warnings on.
    """
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
    own = logging.getLogger("apprise")  # targets/webhook.py lets nothing of it travel up
    own.addHandler(handler)
    own.propagate = False
    logging.captureWarnings(True)

    def uncaught(error: BaseException | None, where: str = "") -> None:
        last = traceback.format_exception_only(error)[-1].strip()
        logging.getLogger("botus").error("unexpected%s: %s", where, last, exc_info=error)

    sys.excepthook = lambda kind, error, trace: uncaught(error)
    threading.excepthook = lambda found: uncaught(found.exc_value, " in a thread")
    sys.unraisablehook = lambda found: uncaught(found.exc_value, " while tidying up")


def _as_text(moment: str, level: str, content: dict[str, object]) -> str:
    mark = "" if level == "info" else f"{level}: "
    return f"{moment} {mark}{content['message']}"


def _as_json(moment: str, level: str, content: dict[str, object]) -> str:
    return json.dumps({"time": moment, "level": level, **content})


FORMS: dict[str, Callable[[str, str, dict[str, object]], str]] = {"text": _as_text, "json": _as_json}
"""What makes one line of a record's time, level and content, by the words for LOG_FORMAT."""


class _Formatter(logging.Formatter):
    """Gives the content that the filter has put together one of the forms."""

    def __init__(self, form: str, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._line, self._now = FORMS[form], now

    def format(self, record: logging.LogRecord) -> str:
        level = _LEVELS.get(record.levelno, "error")
        return self._line(self._now().isoformat(timespec="seconds"), level, vars(record)["content"])


class _Censor(logging.Filter):
    """Puts together what of a record is written, without secrets; the record itself stays as it is."""

    secrets: tuple[str, ...] = ()

    def filter(self, record: logging.LogRecord) -> bool:
        fields = vars(record).get("fields")
        content = _of_library(record) if fields is None else {"message": record.msg, **fields}
        vars(record)["content"] = censored(content, self.secrets)
        return True


def _of_library(record: logging.LogRecord) -> dict[str, object]:
    """The message, on one line, and the traceback of a record that is not ours."""
    try:
        message = record.getMessage()
    except Exception:  # a library's mistake in its own log line must not cost a post
        message = f"a log line that it could not write: {record.msg!r}"
    source = "" if record.name == "botus" else f"{record.name}: "
    masked = partial(_HEADERS.sub, rf"\1{_HIDDEN}")
    content: dict[str, object] = {"message": printable(masked(f"{source}{' '.join(message.split())}"))}
    if record.exc_info and record.exc_info[0]:
        content["traceback"] = masked("".join(traceback.format_exception(*record.exc_info)))
    return content


def censored(value: object, secrets: Iterable[str]) -> object:
    """A value for JSON, without secrets; the keys are ours."""
    if isinstance(value, dict):
        return {str(name): censored(each, secrets) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [censored(each, secrets) for each in value]
    shown = censor(str(value), secrets)
    return value if isinstance(value, int | float | None) and shown == str(value) else shown


def censor(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in a text, also where a library has encoded it: in an address, JSON or base64.

    What an address shows of its nature to be one goes too: a password before the host, `?token=`.
    """
    for form in _spellings(tuple(secrets)):
        text = text.replace(form, _HIDDEN)
    return _IN_URLS.sub(rf"\1{_HIDDEN}", text) if "://" in text else text


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
