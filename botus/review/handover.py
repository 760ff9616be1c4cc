"""One reviewer at a time, and how another one takes over: `curate.lock`, and a file that asks for it.

Whoever holds the lock looks for the file once a second (`ReviewSession.is_wanted`), and ends its review, with
all saved, when it is there. It says nothing more than that, and is gone once the lock has changed hands.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from botus.errors import BusyError
from botus.store.durable import files

PATIENCE = 6.0  # seconds for a review to end: it looks once a second, and may be in the middle of a change


def is_wanted(data: Path) -> bool:
    """Tell whether somebody asked for the review of a data directory."""
    return _request(data).exists()


@contextmanager
def held(data: Path, *, take_over: bool = False, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the one review of a data directory.

    Args:
        take_over: ask whoever has it to let go, and wait for so many seconds.

    Raises:
        BusyError: somebody else has it.
    """
    request = _request(data)
    if not take_over and _is_awaited(request):
        # Its holder has let go, and whoever asked is about to have it.
        raise BusyError(f"somebody is taking over the review of {data}", _HINT)
    if take_over:
        files.make_folder(request.parent)
        files.replace(request, b"", durably=False)
    with ExitStack() as stack:
        try:
            wait = patience if take_over else 0.0
            stack.enter_context(files.lock(data, "curate", wait=wait, holder=_HOLDER))
        except BusyError as error:
            if take_over:
                files.remove(request)
            raise BusyError(error.message, _STUCK if take_over else _HINT) from error
        files.remove(request)
        yield


def _is_awaited(request: Path) -> bool:
    """Tell whether somebody asked just now; who was killed while asking stands in nobody's way."""
    stamp = files.stamp(request)
    return stamp is not None and abs(time.time() - stamp[2] / 1e9) < PATIENCE


_HOLDER = "another review (botus curate or the page of botus web)"
_HINT = "end it there, or take it over: botus curate --take-over, or the button on the page"
_STUCK = "it does not let go: end it there, or wait until its editor is closed, then try again"


def _request(data: Path) -> Path:
    return data / files.STATE_FOLDER / "curate.wanted"
