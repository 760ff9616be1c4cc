"""A change that is asked for again is the same change, also while it is still going on.

Each is made in a thread of its own, because a platform may take a minute to answer. Whoever asks waits a
moment, and then asks again under the same id. The threads are not daemons: a server that ends lets them end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

from botus.web.exchange import Problem

Answer = dict[str, Any]
PATIENCE = 3.0  # seconds; so long one of the few threads of the server waits
_REMEMBERED = 1000


class _Change(NamedTuple):
    about: tuple[str, ...]
    result: Future[Answer]


class Once:
    """The changes of one server, by the ids that pages gave them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._changes: dict[str, _Change] = {}

    def answer(self, request: str, about: tuple[str, ...], do: Callable[[], Answer]) -> Answer:
        """Make a change, or return what came of it; `{"going": true}` while nobody knows yet.

        Args:
            request: the id that the page gave it.
            about: what is asked for; an id is of one change only.
            do: makes the change; what it raises is raised here, each time.
        """
        with self._guard:
            change = self._changes.get(request)
            if change is None:
                change = _Change(about, Future())
                threading.Thread(target=_run, args=(change.result, do)).start()
                self._changes[request] = change  # not before: one that did not begin may be asked for again
                self._forget()
        if change.about != about:
            raise Problem(400, "request", "that id was of another request")
        try:
            return change.result.result(PATIENCE)
        except TimeoutError:
            if change.result.done():
                raise
            return {"going": True}

    def _forget(self) -> None:
        for request in list(self._changes)[:-_REMEMBERED]:
            if self._changes[request].result.done():
                del self._changes[request]


def _run(result: Future[Answer], do: Callable[[], Answer]) -> None:
    try:
        result.set_result(do())
    except BaseException as error:
        result.set_exception(error)
