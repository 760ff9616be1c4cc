"""Looks for mentions once a minute, in a thread of its own, so that no answer stops or delays a post.

Nothing ends it but `stop`: what goes wrong is said once and tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random
from traceback import format_exc

from botus import shutdown
from botus.answering.mentions.inboxes import inboxes
from botus.answering.mentions.round import Round
from botus.answering.pool import EMPTY, Pool
from botus.errors import BotusError, BusyError, sentence, unexpected
from botus.log import Say
from botus.settings import Settings

_PAUSE = 60.0  # seconds
_FIRST = 1.0  # second; so that a post that is due now goes first


class Watch:
    """Answers who mentions a bot, until it is told to stop.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, settings: Settings, say: Say, clock: Callable[[], float] = time.time) -> None:
        self._say, self._said = say, set[str]()
        self._pool = Pool.of(settings)
        self._round = Round(
            settings, inboxes(settings, clock), self._pool, rng=Random(), clock=clock, say=say
        )
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="answers", daemon=True)

    def start(self, pause: float = _FIRST) -> None:
        """Begin; the first look is so many seconds later."""
        self._pause = pause
        self._thread.start()

    def stop(self) -> None:
        """End; a request in progress has a bounded time left where the process is to end."""
        self._is_over.set()
        if shutdown.is_requested():
            self._thread.join(shutdown.TIME_LEFT)

    def turn(self) -> None:
        """Make one round, and say what is wrong, each thing once."""
        try:
            if not self._pool.count().usable:
                self._say_once(EMPTY, "warning")
                return
            self._round.run()
            self._said.clear()
        except BusyError:  # another `botus run` on this folder answers
            return
        except BotusError as error:
            self._say_once(f"answers: {sentence(error)}", "error")
        except Exception as error:
            self._say_once(f"answers: {unexpected(error).message}", "error", traceback=format_exc())

    def _watch(self) -> None:
        while not self._is_over.wait(self._pause) and not shutdown.is_requested():
            self.turn()
            self._pause = _PAUSE

    def _say_once(self, message: str, level: str, **fields: object) -> None:
        if message not in self._said:
            self._said.add(message)
            self._say(message, level, **fields)
