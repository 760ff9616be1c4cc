"""Does a text go round in circles? A small model's commonest fault, found without knowing the language.

Only what no person would write on purpose is called a loop: "no no no no" is a style, "i love rust" eight
times is not. Every search is bounded at each place, so that the time grows with the text and no faster.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from typing import TypeVar

from botus.screening.likeness.copies import UNSPACED

# Vowel signs and accents are letters of their word, as in Hindi, Tamil, Arabic, Hebrew and Thai.
VOWEL_SIGNS = (
    "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u200c\u200d"
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
)
_WORD = re.compile(rf"[\w{VOWEL_SIGNS}]+(?:['’][\w{VOWEL_SIGNS}]+)*")
_NUMBER = re.compile(
    r"(?:^|(?<=[\n.!?:;。！？：；]))[^\S\n]*(?:[(\[（]?(?:\d{1,3}|[a-z]|[ivx]{2,5})[.):/\]、．）](?!\d)"
    r"|\d\ufe0f?\u20e3)|(?<!\S)[(（]?\d{1,3}[)）、]|[①-⑳]"
)
_LONGEST = 24  # words of a phrase that is looked for again
_FEW = 5  # words that must occur again before anything can be a loop
_SAME = re.compile(r"(\S{1,12}?)\1{9,}")
_NO_SPACE = 40  # letters without a space: no word is as long; a symbol such as an emoji counts two
_SYMBOL = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")

# A letter of a script without spaces is half a word here, and a Chinese character a whole one. Korean has
# spaces, but three of its words say more than three English ones: its letters are counted too.
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
_LETTER_OR_WORD = re.compile(rf"[{UNSPACED}][{VOWEL_SIGNS}]*|[{_HANGUL}]+|[^\W{UNSPACED}{_HANGUL}]+")
_KOREAN = re.compile(f"[{_HANGUL}]")
_LETTER = re.compile(f"[{UNSPACED}{_HANGUL}]")
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# Halves of words: four and a half words three times on end, three words four times, two five times. What is
# shorter may be a sound (ドキドキ) and comes again more often.
_ON_END = re.compile(r"(.{9,200}?)\1{2,}|(.{6,8}?)\2{3,}|(.{4,5}?)\3{4,}|(.{3})\4{7,}|(.{2})\5{9,}")
_Run = TypeVar("_Run", str, tuple[str, str, str])


def find(post: str) -> str:
    """Return what is repeated, "" where nothing is.

    A loop is a phrase of four or more words three times on end, three words four times, two words five times,
    one word eight times, ten pieces without a space, a line four times, or a text most of which is said
    three times. Punctuation between, and the numbers of a list, make no difference.
    """
    plain = _NUMBER.sub(" ", post.casefold())
    words = _WORD.findall(plain)
    if len(words) - len(set(words)) >= _FEW:
        again = _on_end(words) or _same_line(plain) or _mostly(words)
        if again:
            return again
    return _in_letters(plain) or _pieces(post)


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
    lines = (" ".join(line.split()) for line in post.split("\n"))
    counted = Counter(line for line in lines if " " in line)
    return next((line for line, times in counted.most_common(1) if times >= 4), "")


def _mostly(words: list[str]) -> str:
    triples = zip(words, words[1:], words[2:], strict=False)
    return " ".join(_most([run for run in triples if max(map(len, run)) > 1], at_least=9))


def _most(runs: list[_Run], at_least: int) -> _Run | tuple[()]:
    """The commonest run, where most of them occur three times or more."""
    counted = Counter(runs)
    again = sum(times for times in counted.values() if times > 2)
    return counted.most_common(1)[0][0] if len(runs) >= at_least and again * 2 >= len(runs) else ()


def _in_letters(post: str) -> str:
    if post.isascii() or not _LETTER.search(post):
        return ""
    found = [one for one in _LETTER_OR_WORD.finditer(post) if one[0][0].isalnum()]
    halves = "".join(_halves(one[0]) for one in found)
    of = [one for one in found for _ in _halves(one[0])]

    def said(start: int, size: int) -> str:
        return post[of[start].start() : of[start + size - 1].end()]

    for again in _ON_END.finditer(halves):
        size = len(again[again.lastindex or 0])
        if len(set(again[0])) > 1:  # a cry or laughter has one letter: `_pieces` counts those
            return said(again.start(), size)
    sixes = [halves[at : at + 6] for at in range(len(halves) - 5)]
    most = "".join(_most([six for six in sixes if len(set(six)) > 1], at_least=18))
    return said(halves.index(most), len(most)) if most else ""


def _halves(word: str) -> str:
    """A word as signs that each count for half a word."""
    if _CHINESE.match(word):
        return word[0] * 2
    if _KOREAN.match(word):
        return word[0] + word
    if _LETTER.match(word):
        return word[0]
    return chr(0xF0000 + zlib.crc32(word.encode("utf-8", "surrogatepass")) % 0x1FFFE) * 2  # of private use


def _pieces(post: str) -> str:
    if not post.isascii():
        post = "".join(post.split())
    if max(map(len, post.split()), default=0) * 2 < _NO_SPACE:
        return ""
    return next((found[1] for found in _SAME.finditer(post) if _width(found[0]) >= _NO_SPACE), "")


def _width(piece: str) -> int:
    return len(piece) + len(_SYMBOL.findall(piece))
