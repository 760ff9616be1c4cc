"""What other code prints while `botus run` is at work: library logs, warnings, uncaught exceptions.

All of it is led through the journal, so that it is one line each, in the form that was asked for, and holds
no secret. Libraries are heard from warnings on, with `--debug` from their first word.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from types import TracebackType

from botus.posting.delivery import Say

# Tokens that are not in the settings, such as those of a session, or signatures.
_HEADERS = re.compile(r"""\b(bearer\s+|basic\s+|oauth_\w+=["']?)[^\s"',&]+""", re.IGNORECASE)
_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}


def route(say: Say, *, debug: bool) -> None:
    """Lead everything that other code says to `say`, for the rest of this process."""
    handler = _Handler(say)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
    own = logging.getLogger("apprise")  # targets/webhook.py lets nothing of it travel up
    own.addHandler(handler)
    own.propagate = False
    logging.captureWarnings(True)

    def uncaught(
        kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, where: str = ""
    ) -> None:
        lines = traceback.format_exception(kind, error, trace)
        last = lines[-1].strip()
        say(_masked(f"unexpected{where}: {last}"), "error", traceback=_masked("".join(lines)))

    def in_thread(found: threading.ExceptHookArgs) -> None:
        uncaught(found.exc_type, found.exc_value, found.exc_traceback, " in a thread")

    def unraisable(found: sys.UnraisableHookArgs) -> None:
        uncaught(found.exc_type, found.exc_value, found.exc_traceback, " while tidying up")

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


class _Handler(logging.Handler):
    """Makes a log line of a library one of ours."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # a library's mistake in its own log line must not cost a post
            message = f"a log line that it could not write: {record.msg!r}"
        fields = {}
        if record.exc_info and record.exc_info[0]:
            fields["traceback"] = _masked("".join(traceback.format_exception(*record.exc_info)))
        level = _LEVELS.get(record.levelno, "error")
        self._say(_masked(f"{record.name}: {' '.join(message.split())}"), level, **fields)


def _masked(text: str) -> str:
    return _HEADERS.sub(r"\1***", text)
