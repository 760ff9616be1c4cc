"""Puts a run of `generate` together: which checkpoint, which corpus, which rules, which sampler.

Heavy libraries are loaded here, so only the `generate` command imports this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from botus import demo
from botus.checkpoints.checkpoint import Model, open_checkpoint
from botus.checkpoints.formats.converted.folder import ConvertedModel
from botus.checkpoints.nearby import Nearby, find
from botus.errors import FileError, SettingsError
from botus.generation.job import Job, Sample, SamplingOptions
from botus.generation.loop import new_seed
from botus.generation.sampling.choosing import choose
from botus.generation.sampling.cluster.address import checked
from botus.generation.sampling.columns import Columns
from botus.generation.sampling.sampler import Sampler
from botus.generation.score import sample
from botus.generation.share import WHOLE, Share
from botus.screening.denylist import parse_denylist
from botus.screening.lexicon import Lexicon
from botus.screening.likeness.hashes import Hashtags, hashes_of
from botus.screening.rules import Policy, Rules, hashtags_of
from botus.screening.screen import doubtful_words
from botus.settings import Settings
from botus.store import corpus as corpora
from botus.store import forgotten
from botus.store.candidates import Candidates, Origin
from botus.store.durable import files
from botus.store.forgotten import ForgottenCorpus
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue
from botus.text import counted, fingerprint

if TYPE_CHECKING:
    from botus.generation.sampling.cluster.coordinator import Cluster

_REPAIRED = 8  # characters that repairs may take away, quotes and brackets
_MEASURED = 16  # posts of the corpus at which the loss of top-p is measured
_COMPARED = 128  # texts of a temperature at once
_DIGITS = 16  # of a corpus's SHA-256, which tell it from others


@dataclass(frozen=True)
class GenerateOptions:
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
    mentions: Policy = "refuse"
    links: Policy = "refuse"
    without: tuple[str, ...] = ()
    copies: bool = False
    dry_run: bool = False
    share: Share = WHOLE
    vocabulary: str = "auto"
    answers: bool = False
    cluster: str | None = None
    insecure: bool = False
    precision: str = "auto"


@dataclass(frozen=True)
class GenerationSetup:
    """A job and its sampler.

    Attributes:
        notes: what the person should know before it begins.
        cluster: who samples; None for this machine.
    """

    job: Job
    sampler: Sampler
    sampling: SamplingOptions
    notes: tuple[str, ...]
    cluster: Cluster | None = None

    def draw(self, skip: int) -> Iterator[Sample]:
        """The texts of the job's seed, from a place on."""
        return self.sampler.stream(self.sampling, self.job.origin.seed, skip, self.job.share, self.cluster)

    def at(self, temperature: float) -> Iterator[Sample]:
        """The texts of the job's seed at another temperature, no more at once than the job needs."""
        batch = min(_COMPARED, self.job.n + self.job.n // 4 + 4)
        sampling = replace(self.sampling, temperature=temperature, batch=batch, among=0)
        sampling, _ = self.sampler.limit_top_p(sampling, sample(self.job.corpus, _MEASURED))
        return self.sampler.stream(sampling, self.job.origin.seed)

    def limits(self) -> Iterator[str]:
        """Say with how many tokens of its vocabulary the model writes, and to how many top-p is limited."""
        origin = self.job.origin
        if origin.columns:
            share = f"{origin.left_out:.2%}" if origin.left_out >= 0.0001 else "less than 0.01%"
            yield (
                f"writing with the {origin.columns:,} tokens of the vocabulary that matter here, which is "
                f"faster and leaves out {share} of the probability"
            )
        if origin.among and origin.lost_mass > 0:  # a small vocabulary is not limited at all
            yield (
                f"top-p {origin.top_p:g} is limited to the {origin.among:,} likeliest tokens, "
                f"which is faster and loses {origin.lost_mass:.2%} of the probability"
            )


def prepare(
    options: GenerateOptions,
    settings: Settings,
    working_folder: Path,
    say: Callable[[str], None] = lambda sentence: None,
    scratch: Path | None = None,
) -> GenerationSetup:
    """Open the checkpoint, convert it if need be, and read what texts are compared with.

    Args:
        say: takes what is to be said later on, as of the workers of a cluster.
        scratch: a folder for what is converted and not there; None for that of the data directory.

    Raises:
        SettingsError: an option that cannot be, or an extra is not installed.
        RefusedError: a cluster without encryption on another machine.
        FileError: a checkpoint or another file is damaged.
    """
    cluster = _cluster(options, say)
    if options.share.of > 1 and options.seed is None:
        raise SettingsError(
            "--share needs --seed, the same for every share",
            f"for example --share {options.share} --seed {new_seed()}",
        )
    nearby = _wanted(options.checkpoint) or find(settings.data, working_folder)
    is_demo = nearby.path is None
    path = nearby.path or demo.folder()
    if is_demo and not path.is_dir():
        raise SettingsError("there is no checkpoint", "name one with --checkpoint DIR")
    checkpoint = _opened(path, is_named=options.checkpoint is not None)
    # Whatever is in the data directory, the demo may copy only what it was trained on.
    read = corpora.read(demo.corpus() if is_demo else settings.data / "corpus.txt")
    corpus, gone = read.everything, forgotten.read(settings.data)
    trained_on, doubts, from_nothing = _trained_on(checkpoint, read.path, gone)
    # With another text, or a part of it, a corpus knows too few words; the demo's own is always whole.
    is_whole = is_demo or not (gone or doubts)
    words = Lexicon(corpus, options.prefix, is_all=from_nothing) if is_whole else None
    rules = _rules(options, settings, corpus, gone, words)
    sampling = SamplingOptions(
        temperature=options.temp,
        top_k=options.top_k,
        top_p=options.top_p,
        prefix=options.prefix,
        max_chars=_longest(options, settings),
    )
    # Never in the run folder, which may have been downloaded with a model of somebody else's in its cache.
    caches = [settings.data / files.STATE_FOLDER / "ct2"]
    if scratch:
        caches.insert(0, scratch)
    sampler, columns = _sampler(checkpoint, caches, options, corpus)
    sampling, lost = sampler.limit_top_p(sampling, sample(corpus, _MEASURED))
    origin = Origin(
        model=demo.NAME if is_demo else f"{path.parent.name}/{path.name}",
        step=checkpoint.step,
        temperature=options.temp,
        top_k=options.top_k,
        top_p=options.top_p,
        prefix=options.prefix,
        seed=options.seed if options.seed is not None else new_seed(),
        among=sampling.among,
        lost_mass=round(lost, 6),
        corpus=trained_on,
        share=str(options.share),
        columns=len(columns.ids) if columns else 0,
        vocabulary=columns.digest if columns else "",
        left_out=round(columns.lost, 6) if columns else 0.0,
        precision=options.precision if options.precision != "auto" else "",
    )
    job = Job(
        data=settings.data,
        origin=origin,
        n=options.n,
        rules=rules,
        corpus=corpus,
        copies=options.copies,
        dry_run=options.dry_run,
        forgotten=gone,
        share=options.share,
        file=ANSWERS if options.answers else TWEETS,
    )
    notes = [f"checkpoint: {path}"]
    if nearby.others:
        notes[0] += f" (also here: {', '.join(map(str, nearby.others))}; --checkpoint names another)"
    if is_demo:
        notes = list(_about_the_demo(options, settings))
    if isinstance(checkpoint, ConvertedModel):
        notes.append(
            f"CTranslate2 reads this model as it is: {sampler.engine.precision}, its whole vocabulary"
        )
    if sampler.engine.device == "cuda":
        notes.append("sampling on the GPU")
    if sampler.engine.instead:
        notes.append(
            f"the converted model in {sampler.engine.instead.parent} was made elsewhere or copied: "
            "the checkpoint has been converted anew"
        )
    return GenerationSetup(job, sampler, sampling, (*notes, *read.problems(), *doubts), cluster)


def _cluster(options: GenerateOptions, say: Callable[[str], None]) -> Cluster | None:
    if options.cluster is None:
        return None
    if options.share.of > 1:
        raise SettingsError("--share and --cluster are two ways to do the same: give one of them")
    address = checked(options.cluster, insecure=options.insecure)
    from botus.generation.sampling.cluster.coordinator import Cluster  # which needs an extra

    return Cluster(address, options.device, say)


def _wanted(given: Path | None) -> Nearby | None:
    """What --checkpoint names; `demo` is the bundled one, unless there is a file of that name."""
    if given is None:
        return None
    return Nearby(None if given == Path("demo") and not given.exists() else given)


def _opened(path: Path, *, is_named: bool) -> Model:
    try:
        return open_checkpoint(path)
    except FileError as error:
        if is_named:
            raise
        others = "--checkpoint names another model, --checkpoint demo the bundled one"
        raise FileError(error.message, f"{error.hint}\n{others}" if error.hint else others) from error


def _about_the_demo(options: GenerateOptions, settings: Settings) -> Iterator[str]:
    given = options.checkpoint is not None
    yield (
        "using the bundled demo"
        if given
        else "no checkpoint here: using the bundled demo (name yours with --checkpoint DIR)"
    )
    own = corpora.read(settings.data / "corpus.txt")
    if own.posts:
        posts = counted(len(own.posts), "post")
        yield f"it was not trained on the {posts} of corpus.txt: botus finetune does that"
    yield from own.problems()
    if options.dry_run or options.answers:
        return
    known = Candidates(settings.data).provenance()
    texts = (line.text for line in Queue(settings.data).lines() if line.text)
    if mine := sum(fingerprint(text) not in known for text in texts):
        yield f"the demo's lines go into a queue that holds {mine} of your own: --dry-run only shows them"


def _sampler(
    checkpoint: Model, caches: Sequence[Path], options: GenerateOptions, corpus: Sequence[str]
) -> tuple[Sampler, Columns | None]:
    """Return the sampler, and the columns that it has where they are not all."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # a container may be given fewer than the machine has
        cores = len(os.sched_getaffinity(0))
    threads = options.threads or cores
    tried = ("int8", "float32") if options.precision == "auto" else (options.precision,)
    for precision in tried:
        columns = None
        if options.vocabulary != "all" and not isinstance(checkpoint, ConvertedModel):
            columns = choose(
                checkpoint,
                caches,
                corpus,
                options.temp,
                device=options.device,
                threads=threads,
                precision=precision,
            )
        sampler = Sampler(
            checkpoint,
            caches,
            device=options.device,
            threads=threads,
            precision=options.precision,
            columns=columns,
        )
        if columns is None or sampler.engine.precision == precision:
            break  # the columns were measured at the precision that suits the model
    return sampler, columns


def _trained_on(
    checkpoint: Model, path: Path, gone: Sequence[ForgottenCorpus]
) -> tuple[str, list[str], bool]:
    """Return what tells the corpus of the training, a note where the one that is here is another, and whether
    the model has seen nothing else."""
    try:
        trained = checkpoint.trained()
    except FileError as error:  # no reason not to use the model
        return "", [error.message], False
    if trained is None:
        return "", [], False
    content, digits = files.read(path), trained.corpus[:_DIGITS]
    if content is None or trained.has_seen(content) or gone:  # it may be what was forgotten
        return digits, [], trained.from_nothing
    note = (
        f"{path} is not the text that this model was trained on, or was changed since: "
        "copies of what is missing in it are not recognised"
    )
    return digits, [note], trained.from_nothing


def _longest(options: GenerateOptions, settings: Settings) -> int:
    """Characters after which writing on is useless: no text so long is accepted; 0 for no limit."""
    limits = [limit.most for limit in settings.limits() if "length" not in options.without]
    if options.max_chars is not None and "max-chars" not in options.without:
        limits.append(options.max_chars)
    return min(limits) + _REPAIRED if limits else 0


def _rules(
    options: GenerateOptions,
    settings: Settings,
    corpus: list[str],
    gone: Sequence[ForgottenCorpus],
    words: Lexicon | None,
) -> Rules:
    return Rules(
        limits={one.title: (one.length, most) for one, most in settings.limits()},
        max_chars=options.max_chars,
        mentions=options.mentions,
        links=options.links,
        hashtags=Hashtags(hashtags_of(corpus), hashes_of(gone)) if corpus or gone else None,
        words=words,
        denylist=parse_denylist(files.read(settings.data / "denylist.txt") or b""),
        doubtful=doubtful_words(),
        off=frozenset(options.without),
    )
