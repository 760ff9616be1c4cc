"""Replays reviews: how much of a deck is seen until half of what a person would keep is found.

Every review goes through the real machine and the real learner, key by key: the next card, the verdict, what
there is to learn meanwhile. Decks are shuffled from every seed. By chance it is 50 %.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

from botus import demo
from botus.generation import score
from botus.review.learning import Learner
from botus.review.machine import table
from botus.review.machine.keys import press
from botus.review.machine.order import Lesson, Order
from botus.review.machine.state import ReviewState, begin, relaid
from botus.store.decisions import History
from botus.store.queue import Queue
from botus.text import escape, fingerprint
from tests.benchmarks.review import tastes
from tests.benchmarks.review.tastes import Task

RATES = (0.001, 0.01, 0.03, 0.1)
WAYS = ("random", "score", "learned")
PROFILE = score.CorpusProfile(None, 1.0, 0.0)
Shares = dict[str, float]
"""By way of ordering, the share of a deck that was seen, in per cent."""


def replay(folder: Path | None, good: Path | None, seeds: int, size: int) -> None:
    """Print, for every task and rate, the share of the deck until half of the keepers were found.

    Args:
        folder: holds generated texts, with a line of equals signs between them; good: the ones picked.
        seeds: decks of each; size: posts in a deck of the tasks that are made here.
    """
    titles = read(folder) if folder else []
    print(
        f"seen until half is found, in % of the deck: median (quartiles) of {seeds} seeds, decks of {size:,}"
    )
    print(f"{'':32}" + "".join(f"{way:>20}" for way in WAYS))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        by_hand = [pool.submit(picked, titles, good, seed) for seed in range(seeds)] if good else []
        made = {
            (task.name, rate): [pool.submit(made_up, task, rate, size, seed) for seed in range(seeds)]
            for task in tasks(titles)
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


def tasks(titles: Sequence[str]) -> Iterator[Task]:
    """Yield tasks on titles, if there are any, on the demo's posts, and on those without spaces."""
    posts = list(dict.fromkeys(demo.corpus().read_text().splitlines()))
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
    good = {fingerprint(post) for post in keepers}
    for seen, post in enumerate(review(laid_out(posts, way, seed), good), 1):
        kept += post in good
        if kept == wanted:
            return 100 * seen / len(posts)
    raise AssertionError("a review has to come to its end")


def laid_out(posts: Sequence[str], way: str, seed: int) -> ReviewState:
    """Begin a review of posts, as a session does."""
    with tempfile.TemporaryDirectory() as folder:
        queue = Queue(Path(folder))
        queue.path.write_text("".join(f"{escape(post)}\n" for post in posts))
        on_file = table.read(queue.lines(), {})
    order: Order = "random" if way == "random" else "score"
    scores = {post: score.score(card.text, None, PROFILE)[0] for post, card in on_file.cards.items()}
    fresh = ReviewState(on_file, order=order, seed=seed, scores=scores, learning=way == "learned")
    return begin(fresh, History())


def review(state: ReviewState, good: Collection[str]) -> Iterator[str]:
    """Yield the posts as a person sees them, who keeps the good ones; learn while they read."""
    learner = Learner(lambda post: score.score(state.table.cards[post].text, None, PROFILE)[1])
    while card := state.current:
        yield card.fingerprint
        state, _ = press(state, "k" if card.fingerprint in good else "d", 0)
        while found := learner.work(state):
            if isinstance(found, Lesson):
                state = relaid(replace(state, lesson=found))


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
