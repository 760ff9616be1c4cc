"""Puts a run of `generate` together: which checkpoint, which corpus, which rules, which sampler.

In come the options of the command line; out comes a job for `generate` and what draws its texts. Heavy
libraries are loaded here, so only the `generate` command imports this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from botus import demo
from botus.checkpoints.checkpoint import find, open_checkpoint
from botus.checkpoints.gpt2 import Checkpoint
from botus.errors import FileError, SettingsError
from botus.generation.judge import profile_of
from botus.generation.loop import Job, new_seed
from botus.generation.sampler import Options, Sample, Sampler, load
from botus.generation.score import CorpusProfile, remembered, sample
from botus.screening.denylist import parse_denylist
from botus.screening.hashes import Hashtags, hashes_of
from botus.screening.rules import Rules, hashtags_of
from botus.screening.screen import doubtful_words
from botus.settings import Settings
from botus.store import corpus as corpora
from botus.store import forgotten
from botus.store.candidates import Origin
from botus.store.durable import files
from botus.store.forgotten import ForgottenCorpus

_MENDED = 8  # characters that mending may take away, quotes and brackets
_MEASURED = 16  # posts at which the loss of top-p is measured
_COMPARED = 128  # texts of a temperature at once
_MARK = 16  # digits of a corpus's SHA-256 that tell it from others


@dataclass(frozen=True)
class Choice:
    """The options of the command line; names as there."""

    checkpoint: Path | None = None
    n: int = 500
    temp: float = 0.9
    top_k: int = 0
    top_p: float = 1.0
    prefix: str = ""
    seed: int | None = None
    max_chars: int | None = None
    threads: int | None = None
    device: str = "auto"
    mentions: str = "refuse"
    links: str = "refuse"
    without: tuple[str, ...] = ()
    copies: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Prepared:
    """A job and its sampler.

    Attributes:
        notes: what the person should know before it begins.
    """

    job: Job
    sampler: Sampler
    options: Options
    notes: tuple[str, ...]

    def draw(self, skip: int) -> Iterator[Sample]:
        """The texts of the job's seed, from a place on."""
        return self.sampler.stream(self.options, self.job.origin.seed, skip)

    def help_of_top_p(self) -> Iterator[str]:
        """What the person should know of the help that top-p gets."""
        origin = self.job.origin
        if origin.among:
            yield (
                f"top-p {origin.top_p:g} chooses among the {origin.among} likeliest tokens, "
                f"which is faster and loses {origin.lost_mass:.2%} of the probability"
            )

    def at(self, temperature: float) -> Iterator[Sample]:
        """The texts of the job's seed at another temperature, no more at once than the job needs."""
        batch = min(_COMPARED, self.job.n + self.job.n // 4 + 4)
        options = replace(self.options, temperature=temperature, batch=batch, among=0)
        options, _ = _helped(self.sampler, options, self.job.corpus)
        return self.sampler.stream(options, self.job.origin.seed)


def prepare(choice: Choice, settings: Settings, working_folder: Path) -> Prepared:
    """Open the checkpoint, convert it if need be, and read what texts are compared with.

    Raises:
        SettingsError: an option that cannot be, or the generate extra is not installed.
        FileError: a checkpoint or another file is damaged.
    """
    path, is_demo = _checkpoint_path(choice, settings, working_folder)
    checkpoint = open_checkpoint(path)
    read = _corpus(settings, is_demo)
    corpus, gone = read.everything, forgotten.read(settings.data)
    rules = _rules(choice, settings, corpus, gone)
    seen, doubts = _seen(checkpoint, read.path, gone)
    options = Options(
        temperature=choice.temp,
        top_k=choice.top_k,
        top_p=choice.top_p,
        prefix=choice.prefix,
        max_chars=_longest(choice, settings),
    )
    sampler = load(
        checkpoint,
        _cache_folders(path, settings, is_demo),
        device=choice.device,
        threads=choice.threads or _cores(),
    )
    options, lost = _helped(sampler, options, corpus)
    seed = choice.seed if choice.seed is not None else new_seed()
    origin = _origin(checkpoint, choice, path, seed)
    origin = replace(origin, among=options.among, lost_mass=round(lost, 6), corpus=seen)
    job = Job(
        data=settings.data,
        origin=origin,
        n=choice.n,
        rules=rules,
        corpus=corpus,
        copies=choice.copies,
        dry_run=choice.dry_run,
        forgotten=gone,
        profile=remembered(gone, checkpoint.fingerprint, len(corpus)),
    )
    return Prepared(job, sampler, options, (*_notes(path, is_demo, sampler), *read.problems(), *doubts))


def profile_for(settings: Settings, working_folder: Path, posts: Sequence[str]) -> tuple[CorpusProfile, str]:
    """Ask the checkpoint of a data directory what it thinks of a corpus; returns its fingerprint too.

    Raises:
        SettingsError: there is no checkpoint, or the generate extra is not installed.
        FileError: the checkpoint is damaged.
    """
    path = find(settings.data, working_folder)
    if path is None:
        raise SettingsError("there is no checkpoint")
    checkpoint = open_checkpoint(path)
    sampler = load(checkpoint, _cache_folders(path, settings, is_demo=False), threads=_cores())
    return profile_of(posts, sampler.logprob), checkpoint.fingerprint


def _checkpoint_path(choice: Choice, settings: Settings, working_folder: Path) -> tuple[Path, bool]:
    if choice.checkpoint is not None:
        return choice.checkpoint, False
    found = find(settings.data, working_folder)
    if found is not None:
        return found, False
    if not demo.folder().is_dir():
        raise SettingsError("there is no checkpoint", "name one with --checkpoint DIR")
    return demo.folder(), True


def _corpus(settings: Settings, is_demo: bool) -> corpora.Reading:
    own = corpora.read(settings.data / "corpus.txt")
    return own if own.everything or not is_demo else corpora.read(demo.corpus())


def _seen(checkpoint: Checkpoint, path: Path, gone: Sequence[ForgottenCorpus]) -> tuple[str, list[str]]:
    """Return a mark of the corpus that the model was trained on, and what is amiss with the one at hand."""
    try:
        trained = checkpoint.trained()
    except FileError as error:  # no reason not to use the model
        return "", [error.message]
    if trained is None:
        return "", []
    content, mark = files.read(path), trained.corpus[:_MARK]
    if content is None or trained.has_seen(content) or gone:  # it may be what was forgotten
        return mark, []
    return mark, [
        f"{path} is not the text that this model was trained on, or was changed since: "
        "copies of what is missing in it are not recognised"
    ]


def _cache_folders(path: Path, settings: Settings, is_demo: bool) -> list[Path]:
    own = settings.data / files.STATE_FOLDER / "ct2"
    if is_demo:  # beside it is the installed package
        return [own]
    beside = path.parent if path.is_file() else path
    return [beside / ".botus-ct2", own]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # a container may be given fewer than the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _origin(checkpoint: Checkpoint, choice: Choice, path: Path, seed: int) -> Origin:
    return Origin(
        model=f"{path.parent.name}/{path.name}",
        step=checkpoint.step or 0,
        temperature=choice.temp,
        top_k=choice.top_k,
        top_p=choice.top_p,
        prefix=choice.prefix,
        seed=seed,
    )


def _longest(choice: Choice, settings: Settings) -> int:
    """Characters after which writing on is useless: no text so long is accepted; 0 for no limit."""
    limits = [limit.most for limit in settings.limits() if "length" not in choice.without]
    if choice.max_chars is not None and "max-chars" not in choice.without:
        limits.append(choice.max_chars)
    return min(limits) + _MENDED if limits else 0


def _rules(choice: Choice, settings: Settings, corpus: list[str], gone: Sequence[ForgottenCorpus]) -> Rules:
    denylist = files.read(settings.data / "denylist.txt") or b""
    return Rules(
        limits={one.title: (one.length, most) for one, most in settings.limits()},
        max_chars=choice.max_chars,
        mentions=choice.mentions,
        links=choice.links,
        hashtags=Hashtags(hashtags_of(corpus), hashes_of(gone)) if corpus or gone else None,
        denylist=parse_denylist(denylist),
        doubtful=doubtful_words(),
        off=frozenset(choice.without),
    )


def _helped(sampler: Sampler, options: Options, corpus: Sequence[str]) -> tuple[Options, float]:
    """Help top-p where it is alone, and measure what that loses: at real posts, or at the model's own."""
    if options.top_p == 1 or options.top_k:
        return options, 0.0
    posts = sample(corpus, _MEASURED)
    if not posts:
        stream = sampler.stream(replace(options, batch=_MEASURED), 0)
        posts = [post.text for post in islice(stream, _MEASURED)]
    return sampler.help(options, posts)


def _notes(path: Path, is_demo: bool, sampler: Sampler) -> Iterator[str]:
    if is_demo:
        yield "no checkpoint here: using the bundled demo model (name yours with --checkpoint DIR)"
    else:
        yield f"checkpoint: {path}"
    if sampler.device == "cuda":
        yield "sampling on the GPU"
