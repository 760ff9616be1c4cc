"""Writes an answer with the model, where that was asked for: through the same screen, one at a time.

Loads the model and its libraries; only `botus serve --live` imports this.
"""

from __future__ import annotations

import threading
from contextlib import closing
from itertools import islice
from pathlib import Path

from botus.errors import BotusError, SettingsError
from botus.generation.job import SamplingOptions
from botus.generation.judge import Judge
from botus.generation.loop import new_seed
from botus.generation.setup import GenerateOptions, prepare
from botus.settings import Settings
from botus.store.candidates import Candidate
from botus.web.answers.contract import Wanted
from botus.web.answers.limits import Full

_MOST_TOKENS = 60
_AT_ONCE, _TRIES = 8, 5  # texts of a batch, and batches until nothing is said
_WAITING = 10
_COLDEST, _HOTTEST = 0.1, 2.0


class Live:
    """Writes answers.

    Args:
        settings: of the bot.
        checkpoint: None for the one that is nearby.

    Raises:
        SettingsError: the generate extra is not installed, or there is no checkpoint.
        FileError: the checkpoint or another file is damaged.
    """

    def __init__(self, settings: Settings, checkpoint: Path | None) -> None:
        options = GenerateOptions(checkpoint=checkpoint, threads=1, dry_run=True)
        self._setup = prepare(options, settings, Path.cwd())
        self._judge = Judge(self._setup.job)
        self._waiting = threading.BoundedSemaphore(_WAITING + 1)  # and the one that is being answered
        self._writing = threading.Lock()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person who starts it should know."""
        return self._setup.notes

    def answer(self, wanted: Wanted) -> str | None:
        """Return a text that passes the screen; None where none of some dozens did.

        Raises:
            Full: too many wait already.
            ValueError: what the client says cannot begin a text of this model.
        """
        if not self._waiting.acquire(blocking=False):
            raise Full
        try:
            with self._writing:
                return self._written(wanted)
        finally:
            self._waiting.release()

    def _written(self, wanted: Wanted) -> str | None:
        most = min(_MOST_TOKENS, wanted.length or _MOST_TOKENS)
        options = SamplingOptions(
            temperature=min(max(wanted.temperature, _COLDEST), _HOTTEST),
            top_k=wanted.top_k,
            top_p=wanted.top_p if 0 < wanted.top_p < 1 else 1.0,
            prefix=wanted.said,
            max_tokens=most,
            batch=_AT_ONCE,
        )
        try:
            with closing(self._setup.sampler.stream(options, new_seed())) as stream:  # type: ignore[type-var]
                for sample in islice(stream, _AT_ONCE * _TRIES):
                    judged = self._judge.judge(sample)
                    is_good = isinstance(judged, Candidate) and not judged.flags
                    if is_good and (text := _cut(judged.text, wanted)):
                        return text
        except SettingsError as error:
            raise ValueError(error.message) from error
        except BotusError:
            return None
        return None


def _cut(text: str, wanted: Wanted) -> str:
    """Return the part of an accepted text that the client wants."""
    rest = text.removeprefix(wanted.said)
    if wanted.truncate:
        rest = rest.partition(wanted.truncate)[0]
    return (wanted.said + rest if wanted.include_prefix else rest).strip()
