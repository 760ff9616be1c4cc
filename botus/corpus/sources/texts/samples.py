"""Reads posts between lines: samples of gpt-2-simple and its relatives, fortunes between lines of `%`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from botus.checkpoints import samples
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.decoding import glance, lines_of
from botus.corpus.parsing.post import Options, ParsedPost, Refusal

# strfile's line between two is `%`; older files have `%%`, which in the others begins a comment.
_PERCENT = re.compile(r"%{1,2}\s*")
_COMMENT = re.compile(r"%%(?!%)")


def is_samples(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is what gpt-2-simple writes, or was trained on."""
    return samples.is_samples(_lines(start))


def is_fortune(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is a fortune file."""
    return bool(_divider(_lines(start)))


def fortunes(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield what is between lines of `%`; a line that begins with `%%` is a comment, and no post."""
    for name in names:
        divider = _divider(_lines(glance(archive.start(name)))) or "%"
        held: list[str] = []
        for line in chain(archive.lines(name, notes), [divider]):
            if line.rstrip() == divider:
                if text := "".join(held).strip():
                    yield ParsedPost(text)
                held = []
            elif divider == "%" and _COMMENT.match(line):
                yield ParsedPost(line.strip(), Refusal.NOT_A_POST)
            else:
                held.append(line)


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield what is between lines of `=` or under heads, and where there are markers, what they enclose."""
    for name in names:
        start = _lines(glance(archive.start(name)))
        for text, verdict in samples.pieces(archive.lines(name, notes), start):
            yield ParsedPost(text, verdict)


def _lines(start: str) -> list[str]:
    return list(lines_of([start], ""))


def _divider(lines: list[str]) -> str:
    """The line between two fortunes, "" where such lines only divide a text."""
    found = [line.rstrip() for line in lines if _PERCENT.fullmatch(line)]
    divider = "%" if "%" in found else "%%"
    return divider if found and samples.is_divided(lines, found.count(divider)) else ""
