"""May this text be posted? One verdict: the text, cleaned where that is safe, or one reason why not.

A text goes in. What can be mended is mended (`repair`), then the rules (`rules`) are asked in order, and what
is doubtful is flagged for the person. `door` is what `post` asks of a line that anybody may have written; it
needs nothing of the model side.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from botus import text
from botus.errors import SettingsError
from botus.screening import repair
from botus.screening.denylist import Denylist, parse_denylist
from botus.screening.rules import RULES, Check, Rules, control, denied, everyone, hashtags_of, mentions, page

__all__ = [
    "Denylist",
    "Rules",
    "Screen",
    "Verdict",
    "door",
    "doubtful_words",
    "hashtags_of",
    "parse_denylist",
]


@dataclass(frozen=True)
class Verdict:
    """What became of a text: cleaned, and refused for a reason or let through with flags.

    `reason` is one of few phrases, to be counted; `detail` is what was found in this text.
    """

    text: str
    reason: str | None = None
    detail: str = ""
    flags: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()


class Screen:
    """The rules, ready to be asked."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._checks = [check for name, check in RULES.items() if name not in rules.off]
        self._lengths = [check for check in self._checks if check in (RULES["max-chars"], RULES["length"])]
        self._doubtful = _any_of(rules.doubtful)
        self._repairs = [(name, clean) for name, clean in self._cleaners() if name not in rules.off]

    def check(self, raw: str, *, finished: bool = True) -> Verdict:
        """Clean a text and say whether it may be posted.

        Args:
            raw: the text as the model wrote it.
            finished: whether the model came to the end of the post.
        """
        if not finished:
            return self._refusal(raw, self._lengths) or Verdict(raw, "unfinished", "cut off before its end")
        post, repairs = self._clean(raw)
        refusal = self._refusal(post, self._checks, repairs)
        return refusal or Verdict(post, None, "", self._flags(post), repairs)

    def _refusal(self, post: str, checks: list[Check], repairs: tuple[str, ...] = ()) -> Verdict | None:
        for check in checks:
            if found := check(post, self.rules):
                reason, _, detail = found.partition(": ")
                return Verdict(post, reason, detail, (), repairs)
        return None

    def _clean(self, raw: str) -> tuple[str, tuple[str, ...]]:
        post, names = text.normalise(raw), []
        for name, clean in self._repairs:
            cleaned = clean(post)
            if cleaned != post:
                post = text.normalise(cleaned)
                names.append(name)
        return post, tuple(names)

    def _cleaners(self) -> list[tuple[str, Callable[[str], str]]]:
        cleaners = [("control", repair.invisible), ("markup", repair.entities)]
        if self.rules.mentions == "drop":
            cleaners.append(("mentions", repair.mentions))
        if self.rules.links == "drop":
            cleaners.append(("links", repair.links))
        return [
            *cleaners,
            ("brackets", repair.holes),
            ("quotes", repair.quotes),
            ("brackets", repair.brackets),
        ]

    def _flags(self, post: str) -> tuple[str, ...]:
        found = self._doubtful.search(post) if self._doubtful else None
        return (f"wordfilter: {found[0].lower()}",) if found else ()


def door(post: str, denylist: Denylist) -> str | None:
    """Say why a line of the queue must wait for a person, None where it need not.

    For `post`: what would harm others or embarrass, whoever wrote the line.
    """
    rules = _rules_of_the_door(denylist)
    for check in (page, control, everyone, mentions, denied):
        if found := check(post, rules):
            return found
    return None


@functools.lru_cache(maxsize=1)
def _rules_of_the_door(denylist: Denylist) -> Rules:
    """Made once for the hundred thousand lines that one denylist is asked about."""
    return Rules(denylist=denylist)


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
    pieces = [*long, rf"\b(?:{'|'.join(short)}){_ENDING}\b"] if short else long
    return re.compile("|".join(pieces), re.IGNORECASE) if pieces else None


_ENDING = (
    r"(?:s|z|(?<!spic)(?<!tard)"
    r"(?:ed|ers?|ies|ing|ish|ty|y|face[ds]?|heads?|holes?|wads?|bags?|boys?|girls?|lets?))?"
)
