"""How many honest posts the rule for words that a corpus lacks flags and refuses, and how much word salad.

    python -m tests.benchmarks.invented FILE... [--run FOLDER] [--temp T] [--texts N]

Each FILE is a corpus, one post a line. A part of it is taken for the corpus, and other posts of it for what a
model may write that knows more words: none of them is invented. With `--run`, a run folder that was trained
on the last FILE writes texts; those that all other rules let through are judged, once as of a model that has
seen nothing else and once as of any other.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from botus.checkpoints.checkpoint import open_checkpoint
from botus.generation.job import SamplingOptions
from botus.generation.sampling.sampler import Sampler
from botus.screening.lexicon import Lexicon
from botus.screening.novelty import Novelty
from botus.screening.rules import Rules
from botus.screening.screen import Screen
from botus.text import unescape

_SIZES = (500, 1000, 2000, 5000, 10_000)
_HELD = 5000  # posts that are judged


def posts_of(path: Path) -> list[str]:
    lines = path.read_text("utf-8").split("\n")
    return list(dict.fromkeys(unescape(line) for line in lines if line.strip()))


def judged(lexicon: Lexicon, texts: Sequence[str]) -> str:
    """Say what becomes of texts by this rule alone."""
    usual, most = lexicon.limits
    counts = [len(lexicon.lacking(post)) for post in texts]
    flagged = sum(usual < count <= most for count in counts) / len(counts)
    refused = sum(count > most for count in counts) / len(counts)
    some = sum(count > 0 for count in counts) / len(counts)
    return (
        f"{some:6.1%} have some, {flagged:6.2%} flagged (over {usual}), {refused:6.2%} refused (over {most})"
    )


def honest(path: Path) -> Iterator[str]:
    posts = posts_of(path)
    random.Random(1).shuffle(posts)
    for size in (size for size in _SIZES if size * 3 <= len(posts) * 2):
        yield f"{path.name:12} {size:6} posts: {judged(Lexicon(posts[:size]), posts[size : size + _HELD])}"


def written(run: Path, corpus: Path, temperature: float, count: int) -> Iterator[str]:
    posts = posts_of(corpus)
    with tempfile.TemporaryDirectory() as cache:
        sampler = Sampler(open_checkpoint(run), [Path(cache)], threads=2)
        drawn = sampler.stream(SamplingOptions(temperature=temperature), 1)
        samples = list(islice(drawn, count))
        drawn.close()  # type: ignore[attr-defined]
    screen, novelty = Screen(Rules()), Novelty(posts)
    passed = []
    for sample in samples:
        verdict = screen.check(sample.text, finished=sample.finished)
        if verdict.reason is None and novelty.check(verdict.text).reason is None:
            passed.append(verdict.text)
            novelty.add(verdict.text)
    yield f"{run} at {temperature:g}: {len(passed) / count:.1%} of {count} texts pass other rules; of these"
    yield f"  of a model from nothing: {judged(Lexicon(posts, is_all=True), passed)}"
    yield f"  of any other:            {judged(Lexicon(posts), passed)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--temp", type=float, default=0.9)
    parser.add_argument("--texts", type=int, default=1000)
    given = parser.parse_args()
    for path in given.files:
        print(*honest(path), sep="\n", flush=True)
    if given.run:
        print(*written(given.run, given.files[-1], given.temp, given.texts), sep="\n")


if __name__ == "__main__":
    main()
