"""Does a text go round in circles? A small model's commonest fault, found without knowing the language.

Only what no person would write on purpose is called a loop: "no no no no" is a style, "i love rust" eight
times is not.
"""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_SAME = re.compile(r"(\S{1,12}?)\1{9,}")
_LONGEST = 24  # words of a phrase that is looked for again
_NO_SPACE = 40  # characters without a space: no word is as long
_FEW = 5  # words that must occur again before anything can be a loop


def find(post: str) -> str:
    """Return what is repeated, "" where nothing is.

    A loop is a phrase of four or more words three times on end, three words four times, two words five times,
    one word eight times, ten pieces without a space, a line four times, or a text most of which is said
    three times.
    """
    words = _WORD.findall(post.casefold())
    if len(words) - len(set(words)) >= _FEW:
        again = _on_end(words) or _same_line(post) or _mostly(words)
        if again:
            return again
    return _pieces(post)


def _on_end(words: list[str]) -> str:
    for size in range(1, min(_LONGEST, len(words) // 2) + 1):
        needed = (_times(size) - 1) * size  # words in a row that equal the word `size` places before
        run = 0
        for place in range(size, len(words)):
            run = run + 1 if words[place] == words[place - size] else 0
            if run == needed and not (size == 1 and len(words[place]) == 1):
                return " ".join(words[place - size + 1 : place + 1])
    return ""


def _times(size: int) -> int:
    return {1: 8, 2: 5, 3: 4}.get(size, 3)


def _same_line(post: str) -> str:
    lines = (" ".join(line.split()) for line in post.casefold().split("\n"))
    counted = Counter(line for line in lines if " " in line)
    return next((line for line, times in counted.most_common(1) if times >= 4), "")


def _mostly(words: list[str]) -> str:
    triples = [run for run in zip(words, words[1:], words[2:], strict=False) if max(map(len, run)) > 1]
    counted = Counter(triples)
    again = sum(times for times in counted.values() if times > 2)
    if len(triples) < 9 or again * 2 < len(triples):
        return ""
    return " ".join(counted.most_common(1)[0][0])


def _pieces(post: str) -> str:
    if max(map(len, post.split()), default=0) < _NO_SPACE:
        return ""
    return next((found[1] for found in _SAME.finditer(post) if len(found[0]) >= _NO_SPACE), "")
