"""What each rule of the screen refuses on real generated text, printed as a table.

    python tests/benchmarks/screen.py [FOLDER] [--show REASON] [--count N]

FOLDER holds gpt-2-simple output: posts between `====================` lines, in `.txt` files at any depth.
Each folder or file at the top is one account. `--show` prints refused posts to read through.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from botus import text
from botus.screening.novelty import Novelty
from botus.screening.rules import Rules
from botus.screening.screen import Screen, doubtful_words
from botus.screening.verdict import Verdict

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
    rules = Rules({"x": (text.x_length, 280)}, hashtags=frozenset(), doubtful=doubtful_words())
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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=_DEFAULT)
    parser.add_argument("--show", default="")
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    for name, posts in accounts(options.folder):
        verdicts, seconds = screened(posts)
        print(*lines(name, verdicts, seconds), sep="\n")
        shown = [(raw, v) for raw, v in zip(posts, verdicts, strict=True) if _wanted(v, options.show)]
        for raw, verdict in random.Random(1).sample(shown, min(options.count, len(shown))):
            print(f"    {verdict.reason}: {verdict.detail} {verdict.repairs}")
            print(f"      {raw!r}\n      {verdict.text!r}")


def _wanted(verdict: Verdict, show: str) -> bool:
    return bool(show) and (show in (verdict.reason or "") or show in verdict.repairs)


if __name__ == "__main__":
    main()
