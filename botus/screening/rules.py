"""May this text be posted? The rules, one small function each, and what can be set about them.

A rule returns "" or a reason: one of few phrases, a colon, and what was found. They run in the order of
`RULES`, from cheap and telling to dear. A link is what X takes for one, so `ASP.NET` is, and costs as much.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from botus import text
from botus.checkpoints import samples
from botus.errors import SettingsError
from botus.platforms import lengths
from botus.screening import mentions
from botus.screening.denylist import Denylist

if TYPE_CHECKING:
    from botus.screening.lexicon import Lexicon

Policy = Literal["refuse", "drop", "allow"]
TRAINING_MARKER = "a training marker"
LACKING = "words the corpus lacks"


@dataclass(frozen=True)
class Rules:
    """What a text has to keep to.

    Raises:
        SettingsError: the name of a rule is unknown, or no length is allowed.
    """

    # Per target what measures a text, and its limit. A function may count at most two for a character, and
    # more only for what looks like a link.
    limits: Mapping[str, tuple[Callable[[str], int], int]] = field(default_factory=dict)
    max_chars: int | None = None  # whatever the targets allow
    min_chars: int = 10  # wide ones (CJK, emoji) count two
    mentions: Policy = "refuse"  # the text, `drop` them from it, or `allow` them
    links: Policy = "refuse"
    hashtags: Container[str] | None = None  # those of the corpus (`hashtags_of`); None allows every one
    words: Lexicon | None = None  # those that a text may have; None allows every one
    denylist: Denylist = field(default_factory=Denylist)
    doubtful: tuple[str, ...] = ()  # words that only flag a text (`doubtful_words`)
    off: frozenset[str] = frozenset()  # names of rules that are switched off

    def __post_init__(self) -> None:
        problems = [
            f"there is no rule {name!r}: the rules are {', '.join(RULES)}"
            for name in sorted(self.off - RULES.keys())
        ]
        if self.max_chars is not None and self.max_chars < self.min_chars and "short" not in self.off:
            problems.append(
                f"max-chars is {self.max_chars}: posts under {self.min_chars} characters are refused"
            )
        if problems:
            raise SettingsError(problems)


Check = Callable[[str, Rules], str]


def hashtags_of(posts: Iterable[str]) -> frozenset[str]:
    """Collect the hashtags of a corpus, for `Rules.hashtags`."""
    return frozenset(tag.casefold() for post in posts if "#" in post for tag in _HASHTAG.findall(post))


def precheck(post: str, denylist: Denylist) -> str | None:
    """Say why a line of the queue must wait for a person, None where it need not.

    For `post`: what would harm others or embarrass, whoever wrote the line.
    """
    if len(post) > text.LONGEST_POST:
        return f"longer than any platform takes: {len(post):,} letters"
    rules = _rules_of_precheck(denylist)
    for check in (_leftover, _page, _control, _everyone, _mentions, _denied):
        if found := check(post, rules):
            return found
    return None


@functools.lru_cache(maxsize=1)
def _rules_of_precheck(denylist: Denylist) -> Rules:
    """Made once for the hundred thousand lines that one denylist is asked about."""
    return Rules(denylist=denylist)


_HASHTAG = re.compile(r"(?<![\w&/#])[#＃](\w*[^\W\d_]\w*)")
_EVERYONE = re.compile(r"[@＠](?:everyone|here|channel)\b", re.IGNORECASE)
_PING = re.compile(r"<[@!][^\s<>]+>")  # how Discord and Slack write a ping: <@123>, <@&1>, <!here>
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[a-zA-Z]{2,}\b")
_MARKER = re.compile(r"<\|\w{1,40}|\w{1,40}\|>|(?:start|end)oftext|={10,}", re.IGNORECASE)
_BROKEN = re.compile(
    "[\ufffd\ufffe\uffff\ue000-\uf8ff\ud800-\udfff]|[ÂÃ][\u0080-\u00bf]|â[€\u0080]|ðŸ|ï¿½|ï»¿"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TAG = re.compile("[\U000e0000-\U000e007f]")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Embeddings and isolates, each with what closes it; an override is in no honest text.
_OPENS = {
    "\u202a": "\u202c",
    "\u202b": "\u202c",
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
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
_DOTTED = re.compile(r"[.:](?:(?<=\w\.)\w|(?<=:)/)")  # `\w\.\w|:/`, which takes four times as long
_BARE_LINK = re.compile(r"https?:/|\bwww\.|pic\.twitter|\bt\.co/", re.IGNORECASE)


def _too_short(post: str, rules: Rules) -> str:
    size = len(post)
    if size < rules.min_chars:
        size += sum(character > "\u1100" for character in post)
    if size < rules.min_chars:
        return f"too short: {text.counted(size, 'character')}"
    return "" if _SOMETHING.search(post) else "too short: nothing but punctuation"


_SOMETHING = re.compile(r"[^\W_]|[\u2190-\u2bff\u3000-\U0010ffff]")


def _page(post: str, rules: Rules) -> str:
    if not ("<" in post or "(" in post or '"' in post):  # each of its patterns has one of them
        return ""
    return _found("a page or an error message", _PAGE, post)


def _leftover(post: str, rules: Rules) -> str:
    return f"{TRAINING_MARKER}: {found!r}" if (found := samples.leftover(post)) else ""


def _marker(post: str, rules: Rules) -> str:
    return _found(TRAINING_MARKER, _MARKER, post)


def _markup(post: str, rules: Rules) -> str:
    return _found("markup", _MARKUP, post)


def _encoding(post: str, rules: Rules) -> str:
    if post.isascii():
        return ""
    from botus.screening import repair  # as below: `precheck`, which each posting run needs, does without

    broken = repair.broken_letters(post)
    return f"broken encoding: {broken!r}" if broken else _found("broken encoding", _BROKEN, post)


def _control(post: str, rules: Rules) -> str:
    if post.isprintable():
        return ""
    return _found("control characters", _CONTROL, post) or _hidden(post)


def _hidden(post: str) -> str:
    """Letters that turn the direction of others, and such as nobody sees; a flag is spelt with those."""
    if tag := _TAG.search(_FLAG.sub("", post)):
        return f"control characters: {tag[0]!r}"
    for line in post.split("\n"):
        opened = list[str]()
        for mark in _TURNING.findall(line):
            if mark in _OPENS:
                opened.append(_OPENS[mark])
            elif not opened or opened.pop() != mark:
                return f"control characters: {mark!r}"
        if opened:
            return f"control characters: {opened[-1]!r} is missing"
    return ""


def _loop(post: str, rules: Rules) -> str:
    from botus.screening import loops

    return f"repeats itself: {again}" if (again := loops.find(post)) else ""


def _quotes(post: str, rules: Rules) -> str:
    from botus.screening import repair

    return "unbalanced quotes" if repair.unpaired(post, repair.QUOTES) else ""


def _brackets(post: str, rules: Rules) -> str:
    from botus.screening import repair

    return "unbalanced brackets" if repair.unpaired(post, repair.BRACKETS) else ""


def _everyone(post: str, rules: Rules) -> str:
    if not ("@" in post or "＠" in post or "<" in post):
        return ""
    return _found("pings everybody", _EVERYONE, post) or _found("mentions somebody", _PING, post)


def _mentions(post: str, rules: Rules) -> str:
    if rules.mentions == "allow" or not ("@" in post or "＠" in post or "﹫" in post):
        return ""
    if found := mentions.find(post):
        return f"mentions somebody: {found!r}"
    return _found("mentions somebody", _MAIL, post)


def _links(post: str, rules: Rules) -> str:
    if rules.links == "allow" or not _DOTTED.search(post):
        return ""
    found = _BARE_LINK.search(post)
    urls = [found[0]] if found else lengths.urls(post)
    return f"a link: {urls[0]}" if urls else ""


def _hashtags(post: str, rules: Rules) -> str:
    if rules.hashtags is None or not ("#" in post or "＃" in post):
        return ""
    new = [tag for tag in _HASHTAG.findall(post) if tag.casefold() not in rules.hashtags]
    return f"a hashtag the corpus lacks: #{new[0]}" if new else ""


def _denied(post: str, rules: Rules) -> str:
    return f"on the denylist: {found}" if (found := rules.denylist.find(post)) else ""


def _words(post: str, rules: Rules) -> str:
    if rules.words is None or not (found := rules.words.lacking(post)) or len(found) <= rules.words.limits[1]:
        return ""
    return f"{LACKING}: {', '.join(found)}"


def _max_chars(post: str, rules: Rules) -> str:
    if rules.max_chars is None or len(post) <= rules.max_chars:
        return ""
    return f"longer than --max-chars: {len(post)} of {rules.max_chars}"


def _limits(post: str, rules: Rules) -> str:
    if not rules.limits:
        return ""
    most = longest_count(post)
    for target, (length, limit) in rules.limits.items():
        if most > limit and (size := length(post)) > limit:
            return f"too long for {target}: {size} of {limit}"
    return ""


def longest_count(post: str) -> int:
    """The most that any target can count for a text: measuring exactly takes a millisecond."""
    links = 50 * len(_DOTTED.findall(post))
    if post.isascii():
        return len(post) + links
    # Some letters become two or three in the form that X counts.
    return 2 * max(len(post), len(unicodedata.normalize("NFC", post))) + links


def _found(reason: str, pattern: re.Pattern[str], post: str) -> str:
    return f"{reason}: {found[0].strip()!r}" if (found := pattern.search(post)) else ""


RULES: dict[str, Check] = {
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
    "denylist": _denied,
    "max-chars": _max_chars,
    "length": _limits,
    "links": _links,
    "words": _words,
}
