"""README and the pages behind it, taken apart: shell blocks with what they show, tables.

Shell blocks come in two kinds: `sh` holds commands, `console` commands with `$` before them and their output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
INDEX = PAGES.pop("README.md")  # what a git host shows of the folder


@dataclass
class Block:
    """One shell block: its commands, each with the output that the page shows."""

    kind: str
    commands: list[tuple[str, list[str]]] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """The shell blocks of a page, in order."""
    found = []
    for kind, body in re.findall(r"^```(sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        block = Block(kind)
        for line in body.splitlines():
            if kind == "sh":
                block.commands.append((line, []))
            elif line.startswith("$ "):
                block.commands.append((line[2:], []))
            else:
                block.commands[-1][1].append(line)
        found.append(block)
    return found


def commands(text: str) -> Iterator[str]:
    """Every single command of a page's shell blocks."""
    for block in blocks(text):
        for line, _ in block.commands:
            yield from line.split(" && ")


def rows(text: str, heading: str) -> Iterator[tuple[str, ...]]:
    """The rows of the first table under a heading."""
    section = text.partition(f"{heading}\n")[2]
    table = re.search(r"^\|[-|]+\|\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert table, f"there is no table under {heading}"
    for line in table[1].splitlines():
        yield tuple(cell.strip() for cell in line.strip("|").split("|"))
