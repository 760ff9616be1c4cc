"""What a run of `generate` is to do: how texts are drawn and judged, and a text as it was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botus.checkpoints.markers import Form
from botus.generation.share import WHOLE, Share
from botus.screening.rules import Rules
from botus.store.candidates import Origin
from botus.store.forgotten import ForgottenCorpus
from botus.store.queue.tweets import TWEETS


@dataclass(frozen=True)
class Job:
    """A run that is to be done."""

    data: Path
    origin: Origin  # where the texts come from
    n: int  # lines to write, 1 or more
    rules: Rules = field(default_factory=Rules)
    corpus: Sequence[str] = ()  # the posts that the model was trained on; empty where they are not known
    copies: bool = False  # texts may be copies of the corpus
    dry_run: bool = False
    forgotten: Sequence[ForgottenCorpus] = ()
    share: Share = WHOLE
    file: str = TWEETS  # where the lines go


@dataclass(frozen=True)
class SamplingOptions:
    """How to sample.

    A prefix is the beginning of every post and part of its text, as in gpt-2-simple without
    `include_prefix=False`. White space at its end is left to the model; a start marker is dropped.
    """

    temperature: float = 0.9  # above 0; below 1 is safer, above 1 is wilder
    top_k: int = 0  # sample from the k most probable tokens; 0 for all
    top_p: float = 1.0  # sample from the fewest tokens that together have this probability; 1 for all
    among: int = 0  # top_p without top_k is limited to so many of the likeliest; 0 for a common number
    prefix: str = ""
    max_tokens: int = 200  # a post that has not ended after so many is unfinished
    max_chars: int = 0  # one that is longer, however links are counted, is unfinished; 0 for no limit
    batch: int = 0  # posts at once, as far as memory bears, 0 for a common number; another gives other posts
    form: Form | None = None  # how posts stand in what is written; None to ask the model


@dataclass(frozen=True)
class Sample:
    """A text as it was drawn."""

    text: str  # without markers or white space around it; a line break in it is a line break
    finished: bool  # the model ended it; otherwise it was cut off and is not to be used
    logprob: float  # mean per token, its end included, in nats, at temperature 1 over the model's columns
    tokens: int
    number: int  # its place in the stream of its seed, from 0
