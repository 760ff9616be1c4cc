"""Writes an answer with the model, where that was asked for: through the same screen, one at a time.

Loads the model and its libraries; only `botus serve --live` imports this.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

from botus.errors import SettingsError
from botus.generation.job import Sample, SamplingOptions
from botus.generation.judge import Judge
from botus.generation.loop import new_seed
from botus.generation.setup import GenerateOptions, prepare
from botus.screening.denylist import parse_denylist
from botus.screening.rules import precheck
from botus.settings import Settings
from botus.store.candidates import Candidate
from botus.store.durable import files
from botus.web.answers.contract import Wanted
from botus.web.answers.limits import Full

_MOST_TOKENS = 60
_AT_ONCE, _TRIES = 8, 5  # texts of a batch, and batches until nothing is said
MOST = 11
"""Questions at once: one is being answered, and ten wait."""
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
        self._judge, self._denylist = Judge(self._setup.job), settings.data / "denylist.txt"
        self._waiting = threading.BoundedSemaphore(MOST)
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
            BotusError: the model fails, or the denylist is damaged.
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
        if words := self._setup.job.rules.words:
            words.also = wanted.said
        try:
            with closing(self._setup.sampler.stream(options, new_seed())) as stream:  # type: ignore[type-var]
                for sample in islice(stream, _AT_ONCE * _TRIES):
                    part = replace(sample, text=_cut(sample.text, wanted))
                    if self._passed(sample) and (text := self._passed(part)):
                        return text
        except SettingsError as error:
            raise ValueError(error.message) from error
        return None

    def _passed(self, sample: Sample) -> str:
        """Return a text as the screen lets it through; "" where it does not, by the denylist as it is now."""
        judged = self._judge.judge(sample)
        if not isinstance(judged, Candidate) or judged.flags:
            return ""
        denylist = parse_denylist(files.read(self._denylist) or b"", str(self._denylist))
        return "" if precheck(judged.text, denylist) else judged.text


def _cut(text: str, wanted: Wanted) -> str:
    """Return the part that the client wants of what the model wrote, to be judged as a text by itself."""
    rest = text.removeprefix(wanted.said)
    if wanted.truncate:
        rest = rest.partition(wanted.truncate)[0]
    return (wanted.said + rest if wanted.include_prefix else rest).strip()
