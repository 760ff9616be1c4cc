"""The screen: a generated text is repaired where that is safe, asked about by every rule, and flagged.

The rules are in `rules`, the repairs in `repair`; this is the order in which they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from botus import text
from botus.errors import SettingsError
from botus.screening import repair
from botus.screening.rules import LACKING, RULES, Check, Rules
from botus.screening.verdict import Verdict


class Screen:
    """The rules, ready to be asked."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._checks = [check for name, check in RULES.items() if name not in rules.off]
        self._lengths = [check for check in self._checks if check in (RULES["max-chars"], RULES["length"])]
        self._doubtful = _any_of(rules.doubtful)
        self._words = rules.words if "words" not in rules.off else None
        self._repairs = [(name, fix) for name, fix in _repairs(rules) if name not in rules.off]

    def check(self, raw: str, *, finished: bool = True) -> Verdict:
        """Repair a text as the model wrote it and say whether it may be posted; never if it is unfinished."""
        if not finished:
            return self._refusal(raw, self._lengths) or Verdict(raw, "unfinished", "cut off before its end")
        post, names = text.normalise(raw), []
        for name, fix in self._repairs:
            repaired = fix(post)
            if repaired != post:
                post = text.normalise(repaired)
                names.append(name)
        repairs = tuple(names)
        if refusal := self._refusal(post, self._checks, repairs):
            return refusal
        return Verdict(post, flags=tuple(self._flags(post)), repairs=repairs)

    def _flags(self, post: str) -> Iterator[str]:
        if self._doubtful and (found := self._doubtful.search(post)):
            yield f"wordfilter: {found[0].lower()}"
        lacking = self._words.lacking(post) if self._words else []
        if self._words and lacking and len(lacking) > self._words.limits[0]:
            yield f"{LACKING}: {', '.join(lacking)}"

    def _refusal(self, post: str, checks: list[Check], repairs: tuple[str, ...] = ()) -> Verdict | None:
        for check in checks:
            if found := check(post, self._rules):
                reason, _, detail = found.partition(": ")
                return Verdict(post, reason, detail, repairs=repairs)
        return None


def _repairs(rules: Rules) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield the repairs in their order, each with the rule that switches it off."""
    yield "control", repair.invisible
    yield "markup", repair.entities
    if rules.mentions == "drop":
        yield "mentions", repair.mentions
    if rules.links == "drop":
        yield "links", repair.links
    yield "brackets", repair.holes  # what a link or mention in brackets leaves behind
    yield "quotes", repair.quotes
    yield "brackets", repair.brackets


def doubtful_words() -> tuple[str, ...]:
    """The words of the `wordfilter` package, for `Rules.doubtful`.

    Raises:
        SettingsError: the package is not installed.
    """
    try:
        from wordfilter import Wordfilter
    except ImportError as error:
        raise SettingsError("wordfilter is not installed", "pip install 'botus[generate]'") from error
    return tuple(Wordfilter().blacklist)


def _any_of(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """Find long words anywhere, short ones only as words of their own, also inflected or compounded.

    As mere pieces the short ones flag one post in ten: `abo` is in "about", `crip` in "script".
    """
    short = sorted(re.escape(word) for word in words if len(word) < 5)
    long = sorted(re.escape(word) for word in words if len(word) >= 5)
    pieces = [*long, rf"\b(?:{'|'.join(short)}){_SUFFIX}\b"] if short else long
    return re.compile("|".join(pieces), re.IGNORECASE) if pieces else None


_SUFFIX = (
    r"(?:s|z|(?<!spic)(?<!tard)"
    r"(?:ed|ers?|ies|ing|ish|ty|y|face[ds]?|heads?|holes?|wads?|bags?|boys?|girls?|lets?))?"
)
