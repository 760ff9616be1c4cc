"""What each rule of the screen refuses on real generated text, and what comparing with a corpus costs.

    python -m tests.benchmarks.screen [FOLDER] [--show REASON] [--count N] [--corpus POSTS]

FOLDER holds gpt-2-simple output: posts between `====================` lines, in `.txt` files at any depth.
Each folder or file at the top is one account, of which every second post is also compared with the others as
if those were its corpus. `--show` prints refused posts to read through. Before that, a corpus of 50,000
invented posts is made ready and asked about 2,000 others: seconds, memory, and the share of changed posts of
its own (one word of the middle, two, a word more, a word less) that are refused.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from botus.platforms import lengths
from botus.screening.novelty import COPY, NEAR_COPY, Novelty
from botus.screening.rules import Rules
from botus.screening.screen import Screen, doubtful_words
from botus.screening.verdict import Verdict
from tests.benchmarks.corpus import texts

_BETWEEN = re.compile(r"\n?={20}\n?")
_DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "generated"


def accounts(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield every account's name and its posts, as the model wrote them."""
    for entry in sorted(folder.iterdir()):
        paths = sorted(entry.rglob("*.txt")) if entry.is_dir() else [entry]
        contents = [path.read_text("utf-8") for path in paths if path.suffix == ".txt"]
        posts = [post for content in contents for post in _posts(content)]
        if posts:
            yield entry.name, posts


def _posts(content: str) -> list[str]:
    pieces = _BETWEEN.split(content) if "=" * 20 in content else content.split("\n")
    return [piece.strip() for piece in pieces if piece.strip()]


def screened(posts: list[str]) -> tuple[list[Verdict], float]:
    """Screen all posts as one account's and return the verdicts and the seconds it took."""
    rules = Rules({"x": (lengths.x_length, 280)}, hashtags=frozenset(), doubtful=doubtful_words())
    screen = Screen(rules)
    began = time.process_time()
    verdicts = [_judge(screen, post) for post in posts]
    return verdicts, time.process_time() - began


def _judge(screen: Screen, post: str) -> Verdict:
    """A sample that still begins with the start marker never came to its end marker."""
    return screen.check(post.removeprefix("<|startoftext|>"), finished=not post.startswith("<|startoftext|>"))


def lines(name: str, verdicts: list[Verdict], seconds: float) -> Iterator[str]:
    """Yield one account's table."""
    total = len(verdicts)
    yield f"{name}: {total} posts, {seconds / total * 1e6:.0f} µs each"
    novelty, copies = Novelty([]), Counter[str]()
    began = time.process_time()
    for verdict in verdicts:
        if verdict.reason is None:
            answer = novelty.check(verdict.text)
            copies[answer.reason or ""] += 1
            if answer.reason is None:
                novelty.add(verdict.text)
    passed = copies.pop("", 0)
    reasons = Counter(verdict.reason for verdict in verdicts if verdict.reason) + copies
    for reason, count in reasons.most_common():
        yield f"  {count:6} {count / total:7.2%}  {reason}"
    yield f"  {passed:6} {passed / total:7.2%}  pass"
    flagged = sum(bool(verdict.flags) for verdict in verdicts)
    yield f"  {flagged:6} {flagged / total:7.2%}  of these flagged by wordfilter"
    for rule, count in Counter(rule for verdict in verdicts for rule in verdict.repairs).most_common():
        yield f"  {count:6} {count / total:7.2%}  mended: {rule}"
    yield f"  novelty {(time.process_time() - began) / total * 1e6:.0f} µs each"


def other_half(posts: list[str]) -> str:
    """Say how many posts are refused beside the other half of their account, which are really different."""
    novelty = Novelty(posts[::2])
    reasons = Counter(novelty.check(post).reason for post in posts[1::2])
    names = (COPY, NEAR_COPY)
    return ", ".join(f"{name} {reasons[name] / max(1, len(posts[1::2])):.2%}" for name in names)


def corpus_costs(count: int) -> Iterator[str]:
    """Yield what a corpus of so many posts costs, and which of its changed posts are refused."""
    invented = list(dict.fromkeys(texts(count + count // 10, random.Random(1))))[:count]
    before, began = _memory(), time.process_time()
    novelty = Novelty(invented)
    runs, middle = time.process_time() - began, _memory()
    novelty.prepare()
    ready = time.process_time() - began
    yield (
        f"corpus of {count} posts: ready in {ready:.1f} s and {_memory() - before:.0f} MB, "
        f"of which near copies take {ready - runs:.1f} s and {_memory() - middle:.0f} MB"
    )
    others, began = list(texts(2000, random.Random(5))), time.process_time()
    for post in others:
        novelty.check(post)
    yield f"  {(time.process_time() - began) / len(others) * 1e6:.0f} µs for each new text"
    rng = random.Random(7)
    for least, most in ((5, 9), (10, 11), (12, 14), (15, 24), (25, 99)):
        split = [words for post in invented if least <= len(words := post.split()) <= most]
        some = rng.sample(split, min(300, len(split)))
        refused = {
            name: sum(novelty.check(" ".join(change(words))).reason is not None for words in some)
            for name, change in CHANGES.items()
        }
        shares = (f"{name} {count / len(some):.0%}" for name, count in refused.items())
        yield f"  refused, {least} to {most} words: {', '.join(shares)}"


def _memory() -> float:
    """MB that this process has now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _changed(words: list[str], *places: int) -> list[str]:
    return ["herring" if place in places else word for place, word in enumerate(words)]


CHANGES: dict[str, Callable[[list[str]], list[str]]] = {
    "one": lambda words: _changed(words, len(words) // 2),
    "last": lambda words: _changed(words, len(words) - 1),
    "two": lambda words: _changed(words, len(words) // 3, 2 * len(words) // 3),
    "more": lambda words: [*words[: len(words) // 2], "herring", *words[len(words) // 2 :]],
    "less": lambda words: [*words[: len(words) // 2], *words[len(words) // 2 + 1 :]],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=_DEFAULT)
    parser.add_argument("--show", default="")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--corpus", type=int, default=50_000)
    options = parser.parse_args()
    for line in corpus_costs(options.corpus):
        print(line, flush=True)
    for name, posts in accounts(options.folder):
        verdicts, seconds = screened(posts)
        print(*lines(name, verdicts, seconds), sep="\n")
        print(f"  beside its other half: {other_half([v.text for v in verdicts if v.reason is None])}")
        shown = [(raw, v) for raw, v in zip(posts, verdicts, strict=True) if _wanted(v, options.show)]
        for raw, verdict in random.Random(1).sample(shown, min(options.count, len(shown))):
            print(f"    {verdict.reason}: {verdict.detail} {verdict.repairs}")
            print(f"      {raw!r}\n      {verdict.text!r}")


def _wanted(verdict: Verdict, show: str) -> bool:
    return bool(show) and (show in (verdict.reason or "") or show in verdict.repairs)


if __name__ == "__main__":
    main()
