"""What a run of `generate` is to do: where its texts come from, and what they are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botus.generation.score import CorpusProfile
from botus.screening.rules import Rules
from botus.store.candidates import Origin
from botus.store.forgotten import ForgottenCorpus


@dataclass(frozen=True)
class Job:
    """A run that is to be done.

    Attributes:
        data: the data directory.
        origin: where the texts come from.
        n: lines to write, 1 or more.
        rules: what a text has to keep to.
        corpus: the posts that the model was trained on; empty where they are not known.
        copies: whether texts may be copies of the corpus.
        dry_run: write nothing.
        forgotten: what is left of corpora that are no longer there.
        profile: what real posts are like, where that is not to be learned from the corpus.
    """

    data: Path
    origin: Origin
    n: int
    rules: Rules = field(default_factory=Rules)
    corpus: Sequence[str] = ()
    copies: bool = False
    dry_run: bool = False
    forgotten: Sequence[ForgottenCorpus] = ()
    profile: CorpusProfile | None = None
