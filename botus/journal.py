"""The program's own log lines: text for people or JSON for machines, one line each, secrets censored.

Everything that the container prints goes through here, so that no secret and no line break of a post can
slip into a log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TextIO

_HIDDEN = "***"


def censor(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in a text; the longest first, because one may contain another."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:  # shorter ones would blacken half of the log and protect nothing
            text = text.replace(secret, _HIDDEN)
    return text


class Journal:
    """Writes log lines.

    Args:
        stream: where to.
        form: `text` or `json`.
        secrets: what must never be printed.
        now: the clock, in the zone in which times are shown.
    """

    def __init__(
        self, stream: TextIO, form: str, secrets: Iterable[str], now: Callable[[], datetime]
    ) -> None:
        self._stream = stream
        self._form = form
        spelled = [(secret, json.dumps(secret)[1:-1]) for secret in secrets]
        self._secrets = tuple({form for forms in spelled for form in forms})
        self._now = now

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        """Write one line.

        Args:
            message: one sentence.
            level: `info`, `warning` or `error`.
            fields: values for machines; text shows the message only.
        """
        moment = self._now().isoformat(timespec="seconds")
        if self._form == "json":
            line = json.dumps({"time": moment, "level": level, "message": message, **fields}, default=str)
        else:
            mark = "" if level == "info" else f"{level}: "
            line = f"{moment} {mark}{message}"
        line = censor(line, self._secrets)
        print("\\n".join(line.splitlines()), file=self._stream, flush=True)
