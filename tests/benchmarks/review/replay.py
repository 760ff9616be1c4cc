"""Replays reviews: how much of a deck is seen until half of what a person would keep is found.

Every review goes through the real machine and the real learner, key by key: the next card, the verdict, what
there is to learn meanwhile. Decks are shuffled from every seed. By chance it is 50 %, or 33 of two keepers.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from random import Random

from botus import demo
from botus.review.machine.explaining import about_order
from tests.benchmarks.review import tastes
from tests.benchmarks.review.sitting import Sitting
from tests.benchmarks.review.tastes import Task

RATES = (0.001, 0.01, 0.03, 0.1)
WAYS = ("random", "score", "learned")
Shares = dict[str, float]
"""By way of ordering, the share of a deck that was seen, in per cent."""


def replay(folder: Path | None, good: Path | None, seeds: int, size: int) -> None:
    """Print, for every task and rate, the share of the deck until half of the keepers were found.

    Args:
        folder: holds generated texts, with a line of equals signs between them; good: the ones picked.
        seeds: decks of each; size: posts in a deck of the tasks that are made here.
    """
    titles = read(folder) if folder else []
    posts = list(dict.fromkeys(demo.corpus().read_text().splitlines()))
    print(f"% of the deck until half is found: median (quartiles) of {seeds} seeds, decks of {size:,}")
    print(f"{'':32}" + "".join(f"{way:>22}" for way in WAYS))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        by_hand = [pool.submit(picked, titles, good, seed) for seed in range(seeds)] if good else []
        made = {
            (task.name, rate): [pool.submit(made_up, task, rate, size, seed) for seed in range(seeds)]
            for task in tasks(titles, posts)
            for rate in RATES
        }
        if good:
            print(line("titles: picked by hand", [one.result() for one in by_hand]), flush=True)
        medians: dict[float, list[Shares]] = {rate: [] for rate in RATES}
        for (name, rate), results in made.items():
            found = [one.result() for one in results]
            print(line(f"{name}, {100 * rate:g} %", found), flush=True)
            medians[rate].append({way: statistics.median(one[way] for one in found) for way in WAYS})
    for rate in RATES:
        print(mean(f"mean at {100 * rate:g} %", medians[rate]))
    print(mean("mean at 1 % and more", [one for rate in RATES if rate >= 0.01 for one in medians[rate]]))
    for one in odd(posts):
        print(oddly(*one), flush=True)


def odd(texts: Sequence[str]) -> Iterator[tuple[str, list[str], Collection[str], int]]:
    """Yield reviews that teach little or in odd ways: a name, posts, the good ones, and cards to decide."""
    rng = Random(1)
    signs = [
        "".join(rng.choices("😀🎉✨★…!?—0123456789 ", k=rng.randrange(2, 9))).strip() for _ in range(3000)
    ]
    strange = [sign for sign in dict.fromkeys(signs) if sign]
    some = list(texts[:2000])
    yield "all kept", some, some, 300
    yield "all dropped", some, [], 300
    yield "one kept", some, some[:1], 2000
    yield "one dropped", some, some[1:], 2000
    yield "ten thousand decisions", list(texts[:12_000]), [post for post in texts if "night" in post], 10_000
    yield "no letter", strange, [post for post in strange if "★" in post], 500
    yield "all alike", [f"The kettle is on, {number}." for number in range(500)], [], 100
    yield "three posts", some[:3], some[:1], 3


def oddly(name: str, posts: Sequence[str], good: Collection[str], cards: int) -> str:
    """Decide so many cards; say what the review says then, and how long a key may have waited."""
    sitting = Sitting(posts, good)
    kept = sum(islice(sitting.cards(), cards + 1))  # behind the last one, it has learned from it
    work = f"lessons {len(sitting.lessons)}, the last {(sitting.lessons or [0])[-1]:.0f} ms"
    words = "\n".join(f"    {sentence}" for sentence in about_order(sitting.state))
    return f"{name}: {kept:,} kept, {work}, longest piece {sitting.longest:.1f} ms\n{words}"


def tasks(titles: Sequence[str], posts: Sequence[str]) -> Iterator[Task]:
    """Yield tasks on titles, if there are any, on the demo's posts, and on those without spaces."""
    unspaced = list(dict.fromkeys(map(tastes.without_spaces, posts)))
    if titles:
        yield Task("titles: short questions", titles, tastes.short_questions)
        yield Task("titles: lowercase", titles, tastes.lowercase)
        yield Task("titles: marks", titles, tastes.marks)
        yield Task("titles: topic", titles, tastes.topic)
        yield Task("titles: rarity", titles, tastes.rarity)
    yield Task("demo: short questions", posts, tastes.short_questions)
    yield Task("demo: topic", posts, tastes.topic)
    yield Task("demo: rarity", posts, tastes.rarity)
    yield Task("no spaces: short questions", unspaced, tastes.short_questions)
    yield Task("no spaces: topic", unspaced, tastes.unspaced_topic)


def read(folder: Path) -> list[str]:
    """Read the different texts of a folder."""
    separated = [path.read_text().split("=" * 20) for path in sorted(folder.iterdir())]
    return list(dict.fromkeys(text.strip() for part in separated for text in part if text.strip()))


def made_up(task: Task, rate: float, size: int, seed: int) -> Shares:
    """Replay one deck of a task in all ways."""
    posts, keepers = task.deck(size, rate, seed)
    return {way: share(posts, keepers, way, seed) for way in WAYS}


def picked(titles: Sequence[str], good: Path, seed: int) -> Shares:
    """Replay all titles, with what a person picked from them."""
    picks = {text.strip() for text in good.read_text().splitlines()} & set(titles)
    deck = Random(seed).sample(titles, len(titles))
    return {way: share(deck, picks, way, seed) for way in WAYS}


def share(posts: Sequence[str], keepers: Collection[str], way: str, seed: int) -> float:
    """Return what part of a deck is seen until half of the keepers are found, in per cent."""
    kept, wanted = 0, (len(keepers) + 1) // 2
    for seen, is_kept in enumerate(Sitting(posts, keepers, way, seed).cards(), 1):
        kept += is_kept
        if kept == wanted:
            return 100 * seen / len(posts)
    raise AssertionError("a review has to come to its end")


def line(name: str, found: Sequence[Shares]) -> str:
    """Say what was found: median and quartiles."""
    cells = []
    for way in WAYS:
        low, middle, high = statistics.quantiles([one[way] for one in found], n=4, method="inclusive")
        cells.append(f"{middle:5.1f} ({low:4.1f} to {high:4.1f})")
    return f"{name:32}" + "".join(f"{cell:>22}" for cell in cells)


def mean(name: str, found: Sequence[Shares]) -> str:
    """Say what several tasks take on average."""
    cells = [f"{statistics.mean(one[way] for one in found):5.1f} {'':14}" for way in WAYS]
    return f"{name:32}" + "".join(f"{cell:>22}" for cell in cells)
