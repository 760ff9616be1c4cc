"""Reads files without records: lines, fortunes between lines of `%`, samples between lines of `=`.

Lines go in, posts come out. The one surprise: only a `corpus.txt` or `tweets.txt` has botus's own escapes
for line breaks; in anybody else's file a backslash is a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from botus.corpus.parsing import quotations
from botus.corpus.parsing.post import CUT_OFF, Found
from botus.text import unescape

_OWN = ("corpus.txt", "tweets.txt")
_SEPARATOR = re.compile(r"={10,}\s*")
_START, _END = "<|startoftext|>", "<|endoftext|>"


def is_samples(lines: list[str]) -> bool:
    """Tell from the first lines whether it is what gpt-2-simple writes, or was trained on."""
    return any(_SEPARATOR.fullmatch(line) or line.startswith(_START) for line in lines)


def is_fortune(lines: list[str]) -> bool:
    """Tell from the first lines whether it is a fortune file."""
    return any(line.rstrip() == "%" for line in lines)


def posts(lines: Iterable[str], name: str) -> Iterator[Found]:
    """Yield every line that is not blank.

    Args:
        lines: the lines, with their ends.
        name: the file's own name, which says whether it is botus's.
    """
    is_own = name in _OWN
    for line in lines:
        if line.strip():
            yield _found(unescape(line.strip()) if is_own else line.strip())


def fortunes(lines: Iterable[str]) -> Iterator[Found]:
    """Yield what is between lines of `%`; a line that begins with `%%` is a comment."""
    held: list[str] = []
    for line in chain(lines, ["%"]):
        if line.rstrip() == "%":
            if text := "".join(held).strip():
                yield _found(text)
            held = []
        elif not line.startswith("%%"):
            held.append(line)


def samples(lines: Iterable[str]) -> Iterator[Found]:
    """Yield what is between lines of `=`, and where there are markers, what they enclose.

    A sample ends after a fixed number of tokens; where posts have an end marker, what comes after the last
    one is half a post.
    """
    held: list[str] = []
    has_markers = False
    for line in lines:
        if _SEPARATOR.fullmatch(line):
            yield from _sample("".join(held), CUT_OFF if has_markers else "")
            held, has_markers = [], False
            continue
        while _END in line:
            has_markers = True
            before, line = line.split(_END, 1)
            yield from _sample("".join([*held, before]), "")
            held = []
        held.append(line)
    yield from _sample("".join(held), CUT_OFF if has_markers else "")


def _sample(text: str, refused: str) -> Iterator[Found]:
    # What comes before a start is the rest of a post whose beginning was the prompt.
    *_, text = text.split(_START)
    if text.strip():
        yield Found(text.strip(), refused) if refused else _found(text.strip())


def _found(text: str) -> Found:
    return Found(text, quotations.refusal(text))
