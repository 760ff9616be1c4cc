"""Reads posts between marked lines: samples between lines of `=`, fortunes between lines of `%`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.decoding import lines_of
from botus.corpus.parsing.post import Options, ParsedPost, Refusal

_SEPARATOR = re.compile(r"={10,}\s*")
_START, _END = "<|startoftext|>", "<|endoftext|>"


def is_samples(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is what gpt-2-simple writes, or was trained on."""
    return any(_SEPARATOR.fullmatch(line) or line.startswith(_START) for line in lines_of([start], ""))


def is_fortune(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is a fortune file."""
    return any(line.rstrip() == "%" for line in lines_of([start], ""))


def fortunes(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield what is between lines of `%`; a line that begins with `%%` is a comment."""
    for name in names:
        held: list[str] = []
        for line in chain(archive.lines(name, notes), ["%"]):
            if line.rstrip() == "%":
                if text := "".join(held).strip():
                    yield ParsedPost(text)
                held = []
            elif not line.startswith("%%"):
                held.append(line)


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield what is between lines of `=`, and where there are markers, what they enclose.

    A sample ends after a fixed number of tokens; where posts have an end marker, what comes after the last
    one is half a post.
    """
    for name in names:
        held: list[str] = []
        has_markers = False
        for line in chain(archive.lines(name, notes), ["=" * 10]):
            if _SEPARATOR.fullmatch(line):
                yield from _sample("".join(held), Refusal.CUT_OFF if has_markers else "")
                held, has_markers = [], False
                continue
            while _END in line:
                has_markers = True
                before, line = line.split(_END, 1)
                yield from _sample("".join([*held, before]), "")
                held = []
            held.append(line)


def _sample(text: str, refused: str) -> Iterator[ParsedPost]:
    # What comes before a start is the rest of a post whose beginning was the prompt.
    text = text.rpartition(_START)[2].strip()
    if text:
        yield ParsedPost(text, refused)
