"""The size of the house: `python -m tests.benchmarks.house [REPOSITORY]`, also for another checkout.

Prints the entries at the top and in the fullest folder of `botus/`, the lines by folder, the longest files,
and the share of comment lines. Asserts nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tokenize
from collections import Counter, defaultdict
from pathlib import Path


def tracked(root: Path) -> list[Path]:
    """The files of the package that git knows, relative to the repository."""
    command = ["git", "-C", str(root), "ls-files", "botus"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return [Path(name) for name in names]


def comments(path: Path) -> int:
    """How many lines have a comment."""
    with tokenize.open(path) as source:
        return sum(token.type == tokenize.COMMENT for token in tokenize.generate_tokens(source.readline))


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    entries: defaultdict[Path, set[str]] = defaultdict(set)
    lines: Counter[str] = Counter()
    said: Counter[str] = Counter()
    longest = []
    for path in tracked(root):
        for folder, name in zip(path.parents, path.parts[::-1], strict=True):
            entries[folder].add(name)
        if path.suffix == ".py":
            count = len((root / path).read_text().splitlines())
            folder = path.parts[1] if len(path.parts) > 2 else "(top)"
            lines[folder] += count
            said[folder] += comments(root / path)
            longest.append((count, path))
    inside = {
        folder: len(names)
        for folder, names in entries.items()
        if folder.parts[1:] and "run1" not in folder.parts
    }
    fullest = max(inside, key=lambda folder: inside[folder])
    print(f"{len(entries[Path('botus')])} entries at the top, {inside[fullest]} in {fullest}")
    for folder, count in sorted(lines.items(), key=lambda row: -row[1]):
        print(f"{count:7,} lines, {said[folder] / count:5.1%} comments  {folder}")
    print(f"{sum(lines.values()):7,} lines in all; the longest files:")
    for count, path in sorted(longest, reverse=True)[:4]:
        print(f"{count:7,} {path}")


if __name__ == "__main__":
    main()
