"""May this text be posted? Pure rules, one small function each, one reason per refusal.

A text and the rules go in; a verdict comes out: the text (cleaned where cleaning is safe), the reason of a
refusal, flags for the person. The rules below run from cheap and telling to dear, and each can be switched
off by its name. `door` is what `post` asks of a line that anybody may have written; it needs no model side.
The one surprise: links are what X takes for links, so `ASP.NET` is one, and costs as much as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from botus import loops, repair, text
from botus.denylist import Denylist, parse_denylist
from botus.errors import SettingsError

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

POLICIES = ("refuse", "drop", "allow")


@dataclass(frozen=True)
class Rules:
    """What a text has to keep to.

    Args:
        limits: per target the function that measures a text and its limit. A function may count at most two
            for a character, and more only for what looks like a link.
        max_chars: the most characters, whatever the targets allow.
        min_chars: the fewest characters; wide ones (CJK, emoji) count two.
        mentions, links: `refuse` the text, `drop` them from it, or `allow` them.
        hashtags: those of the corpus (`hashtags_of`); None allows every hashtag.
        denylist: what the user forbids.
        doubtful: pieces of words that only flag a text (`doubtful_words`).
        off: names of rules that are switched off.

    Raises:
        SettingsError: a policy or the name of a rule is unknown.
    """

    limits: Mapping[str, tuple[Callable[[str], int], int]] = field(default_factory=dict)
    max_chars: int | None = None
    min_chars: int = 10
    mentions: str = "refuse"
    links: str = "refuse"
    hashtags: frozenset[str] | None = None
    denylist: Denylist = field(default_factory=Denylist)
    doubtful: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {policy!r}: it can be {', '.join(POLICIES)}"
            for name, policy in (("mentions", self.mentions), ("links", self.links))
            if policy not in POLICIES
        ]
        problems += [
            f"there is no rule {name!r}: the rules are {', '.join(RULES)}"
            for name in sorted(self.off - RULES.keys())
        ]
        if problems:
            raise SettingsError(problems)


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
        self._repairs = [(name, clean) for name, clean in self._cleaners() if name not in rules.off]

    def check(self, raw: str, *, finished: bool = True) -> Verdict:
        """Clean a text and say whether it may be posted.

        Args:
            raw: the text as the model wrote it.
            finished: whether the model came to the end of the post.
        """
        if not finished:
            return Verdict(raw, "unfinished", "cut off before its end")
        post, repairs = self._clean(raw)
        for check in self._checks:
            if found := check(post, self.rules):
                reason, _, detail = found.partition(": ")
                return Verdict(post, reason, detail, (), repairs)
        return Verdict(post, None, "", self._flags(post), repairs)

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
        lower = post.lower() if self.rules.doubtful else ""
        found = next((word for word in self.rules.doubtful if word in lower), None)
        return (f"wordfilter: {found}",) if found else ()


def door(post: str, denylist: Denylist) -> str | None:
    """Say why a line of the queue must wait for a person, None where it need not.

    For `post`: what would harm others or embarrass, whoever wrote the line.
    """
    rules = Rules(denylist=denylist)
    for check in (_page, _everyone, _mentions, _denylist):
        if found := check(post, rules):
            return found
    return None


def hashtags_of(posts: Iterable[str]) -> frozenset[str]:
    """Collect the hashtags of a corpus, for `Rules.hashtags`."""
    return frozenset(tag.casefold() for post in posts if "#" in post for tag in _HASHTAG.findall(post))


def doubtful_words() -> tuple[str, ...]:
    """The word pieces of the `wordfilter` package, for `Rules.doubtful`.

    Raises:
        SettingsError: the package is not installed.
    """
    try:
        from wordfilter import Wordfilter
    except ImportError as error:
        raise SettingsError("wordfilter is not installed", "pip install 'botus[generate]'") from error
    return tuple(Wordfilter().blacklist)


_HASHTAG = re.compile(r"(?<![\w&/#])[#＃](\w*[^\W\d_]\w*)")
_EVERYONE = re.compile(r"[@＠](?:everyone|here|channel)\b", re.IGNORECASE)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[a-zA-Z]{2,}\b")
_MARKER = re.compile(r"<\|\w+|\w+\|>|(?:start|end)oftext|={10,}", re.IGNORECASE)
_BROKEN = re.compile(
    "[\ufffd\ufffe\uffff\ue000-\uf8ff\ud800-\udfff]|[ÂÃ][\u0080-\u00bf]|â[€\u0080]|ðŸ|ï¿½|ï»¿"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PAGE = re.compile(
    r"<!doctype|<html|<head>|<body|Traceback \(most recent call last\)"
    r'|^\s*File "[^"\n]+", line \d+|^\s*at [\w.$]+\([\w.]+:\d+\)'
    r'|^\s*\{\s*"(?:errors?|message|code|status)"\s*:',
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(
    r"</?(?:a|b|i|u|s|p|br|hr|em|li|ul|ol|h[1-6]|td|tr|table|tt|div|span|img|font|strong|center|small|su[bp]"
    r"|code|pre|script|style|link|meta|input|form|iframe|blockquote)(?:\s[^<>]*)?/?>"
    r"|<!--|-->|&(?:#\d+|#x[0-9a-f]+|amp|lt|gt|quot|apos|nbsp)\b;?|\bamp;|```|\]\(https?:"
    r"|\[/?(?:url|img|quote|b|i)(?:=[^\]]*)?\]",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"\w\.\w|:/")
_BARE_LINK = re.compile(r"https?:/|\bwww\.|pic\.twitter|\bt\.co/", re.IGNORECASE)


def _too_short(post: str, rules: Rules) -> str:
    size = len(post)
    if size < rules.min_chars:
        size += sum(character > "\u1100" for character in post)
    if size < rules.min_chars:
        return f"too short: {size} characters"
    return "" if _SOMETHING.search(post) else "too short: nothing but punctuation"


_SOMETHING = re.compile(r"[^\W_]|[\u2190-\u2bff\u3000-\U0010ffff]")


def _page(post: str, rules: Rules) -> str:
    return _found("a page or an error message", _PAGE, post)


def _marker(post: str, rules: Rules) -> str:
    return _found("a training marker", _MARKER, post)


def _encoding(post: str, rules: Rules) -> str:
    return "" if post.isascii() else _found("broken encoding", _BROKEN, post)


def _control(post: str, rules: Rules) -> str:
    return _found("control characters", _CONTROL, post)


def _markup(post: str, rules: Rules) -> str:
    return _found("markup", _MARKUP, post)


def _loop(post: str, rules: Rules) -> str:
    return f"repeats itself: {again}" if (again := loops.find(post)) else ""


def _quotes(post: str, rules: Rules) -> str:
    return "unbalanced quotes" if repair.unpaired(post, repair.QUOTES) else ""


def _brackets(post: str, rules: Rules) -> str:
    return "unbalanced brackets" if repair.unpaired(post, repair.BRACKETS) else ""


def _everyone(post: str, rules: Rules) -> str:
    return _found("pings everybody", _EVERYONE, post)


def _mentions(post: str, rules: Rules) -> str:
    if rules.mentions == "allow" or not ("@" in post or "＠" in post):
        return ""
    return _found("mentions somebody", repair.MENTION, post) or _found("mentions somebody", _MAIL, post)


def _links(post: str, rules: Rules) -> str:
    if rules.links == "allow" or not _DOTTED.search(post):
        return ""
    found = _BARE_LINK.search(post)
    urls = [found[0]] if found else text.urls(post)
    return f"a link: {urls[0]}" if urls else ""


def _hashtags(post: str, rules: Rules) -> str:
    if rules.hashtags is None or not ("#" in post or "＃" in post):
        return ""
    new = [tag for tag in _HASHTAG.findall(post) if tag.casefold() not in rules.hashtags]
    return f"a hashtag the corpus lacks: #{new[0]}" if new else ""


def _denylist(post: str, rules: Rules) -> str:
    return f"on the denylist: {found}" if (found := rules.denylist.find(post)) else ""


def _max_chars(post: str, rules: Rules) -> str:
    if rules.max_chars is None or len(post) <= rules.max_chars:
        return ""
    return f"longer than --max-chars: {len(post)} of {rules.max_chars}"


def _limits(post: str, rules: Rules) -> str:
    if not rules.limits:
        return ""
    most = _longest_count(post)
    for target, (length, limit) in rules.limits.items():
        if most > limit and (size := length(post)) > limit:
            return f"too long for {target}: {size} of {limit}"
    return ""


def _longest_count(post: str) -> int:
    """The most that any target can count for a text: measuring exactly takes a millisecond."""
    links = len(_DOTTED.findall(post))
    return len(post) * (1 if post.isascii() else 2) + 50 * links


def _found(reason: str, pattern: re.Pattern[str], post: str) -> str:
    return f"{reason}: {found[0].strip()!r}" if (found := pattern.search(post)) else ""


RULES: dict[str, Callable[[str, Rules], str]] = {
    "short": _too_short,
    "page": _page,
    "marker": _marker,
    "encoding": _encoding,
    "control": _control,
    "markup": _markup,
    "quotes": _quotes,
    "brackets": _brackets,
    "everyone": _everyone,
    "mentions": _mentions,
    "hashtags": _hashtags,
    "loop": _loop,
    "denylist": _denylist,
    "max-chars": _max_chars,
    "length": _limits,
    "links": _links,
}
