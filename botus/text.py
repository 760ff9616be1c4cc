"""What a post is and how long; how a person writes values, and how numbers are said to a person. Pure.

A post is written on one line with escapes, and two texts that differ byte for byte may still be the same post
(`fingerprint`): invisible characters and white space do not make a text new. The readers of values (`number`,
`duration`...) raise a ValueError whose words follow the name of the setting or option.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
import types
import unicodedata
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

# Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of the Unicode Character Database.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
LONGEST_POST = 50_000
"""Letters that no platform takes in one post: what is longer is too long for all, and nothing parses it."""
_ESCAPED = re.compile(r"\\([n\\])")
_NEEDS_ESCAPE = re.compile(r"\\(?=[n\\\n])|\n")
_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def escape(text: str) -> str:
    r"""Write a post on one line of a queue file.

    A line break becomes `\n`. A backslash is doubled only where it could be read as an escape, so that
    `¯\_(ツ)_/¯` stays as it is.
    """
    return _NEEDS_ESCAPE.sub(lambda found: r"\n" if found[0] == "\n" else r"\\", text)


def unescape(line: str) -> str:
    r"""Read a post from one line of a queue file: `\n` is a line break, `\\` a backslash, the rest itself."""
    if "\\" not in line:
        return line
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else "\\", line)


def normalise(text: str) -> str:
    """Give a text the form in which it is stored and posted: NFC, `\\n` line breaks, no outer white space."""
    lines = _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def fold(text: str) -> str:
    """Remove what does not make a text new: invisible characters and differences in white space.

    Invisible characters go before NFC: one between a letter and its accent would hide their union.
    """
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", _IGNORABLE.sub("", text)).split())


def fingerprint(text: str) -> str:
    """Identify a post: 32 hexadecimal digits, equal for two texts that are the same post.

    Args:
        text: the post itself, not its escaped line.
    """
    return hashlib.blake2b(fold(text).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def short_id(print_of_post: str, is_taken: Callable[[str], bool] = lambda _: False) -> str:
    """The id by which a person names a post: 10 digits of its fingerprint, more where those are taken.

    Two texts with the same 10 digits are found in a minute, so nothing may be decided by them.
    """
    length = 10
    while length < len(print_of_post) and is_taken(print_of_post[:length]):
        length += 2
    return print_of_post[:length]


def counted(number: int, what: str, many: str = "") -> str:
    """Say how many there are of something: `1 line`, `2,000 lines`; `many` where it is no plain `s`."""
    return f"{number:,} {what if number == 1 else many or f'{what}s'}"


def x_length(text: str) -> int:
    """Length in X's weighted characters (280 are free): links count 23, emoji and CJK 2.

    Source: the twitter-text specification, version 3, as `twitter-text-parser` implements it.
    """
    may_be_link = _MAY_BE_LINK.search(text)
    if len(text) > LONGEST_POST or (text.isascii() and not may_be_link):
        return len(text)
    if not may_be_link and _PLAIN.fullmatch(text):
        # The parser takes half a second to import, which the first card of a review would wait for.
        text = unicodedata.normalize("NFC", text)
        return len(text) + sum(map(_counts_two, text))
    return int(_twitter_text().parse_tweet(_without_chains(text)).weightedLength)


def mastodon_length(text: str, url_length: int = 23) -> int:
    """Length in Mastodon's characters: never less than the server counts, and where in doubt more.

    A link counts a fixed number up to where the server sees its end, `@user@host` as `@user`, and the rest in
    grapheme clusters as Ruby counts them, which joins no Indic conjuncts. What is a link only on some servers
    counts whole.

    Args:
        text: the post.
        url_length: the server's `characters_reserved_per_url`.
    """
    if len(text) > LONGEST_POST:
        return len(text)
    if "://" in text:
        text = _mastodon_link().sub(lambda found: _as_counted(found, url_length), _without_chains(text))
    if "@" in text:
        text = _REMOTE_MENTION.sub(r"\1", text)
    return graphemes(text, joins_conjuncts=False)


def bluesky_length(text: str) -> int:
    """Length in Bluesky's characters: grapheme clusters (300 are free; so are 3,000 bytes)."""
    return graphemes(text)


def urls(text: str) -> list[str]:
    """The links in a text, as X finds them (`example.com` without a scheme too)."""
    if "." not in text or len(text) > LONGEST_POST:
        return []
    return list(_twitter_text().extract_urls(_without_chains(text)))


def _without_chains(text: str) -> str:
    """Put a letter, as long, for the dots of a word that has dozens of them, and for what joins a long name.

    The parsers try every dot or dash as the end of a name against every other: a thousand take seconds. No
    host has so many dots, and no part of one more than 63 letters.
    """
    text = _MANY_DOTS.sub(lambda found: found[0].replace(".", "x"), text)
    return _LONG_NAME.sub(lambda found: found[0].replace("-", "x").replace("_", "x"), text)


_MANY_DOTS = re.compile(r"(?<!\S)(?=\S{80})(?:[^\s.]*+\.){40}\S*")
_LONG_NAME = re.compile(r"(?:(?<=://)|(?<![/?=&#%~+\w.-]))(?=[\w-]{64})[\w-]++")


def _counts_two(letter: str) -> bool:
    return letter > "\u10ff" and (letter == "\u2026" or letter >= "\u3040")


# No link without a dot and something behind it; X's light ranges without the emoji in them, then what counts
# two and is no emoji: the ellipsis, kana, Han, Hangul.
_MAY_BE_LINK = re.compile(r"\.\w")
_PLAIN = re.compile(
    "[\x00-\xa8\xaa-\xad\xaf-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037"
    "\u2026\u3040-\u3096\u309d-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]*"
)
_LONGEST_LINK = 3000  # letters; the servers' 4,096 count the encoded name of the host
_REMOTE_MENTION = re.compile(
    r"(?<![^\s!-.:<>?\[\]])(@[A-Za-z0-9_]++(?:[.-]++[A-Za-z0-9_]++)*+)@\w++(?:[.-]++\w++)*+(?=[\s!-/:-?\[-^`{-~]|$)(?!://)"
)


@functools.cache
def _mastodon_link() -> re.Pattern[str]:
    """What Mastodon looks for: links of some schemes or of none, so that each begins where the server's does.

    Source: config/initializers/twitter_regex.rb of Mastodon 4, upon twitter-text 3, whose list of top-level
    domains the parser for X has too.
    """
    _twitter_text()
    regexps = (sys.modules[f"twitter_text.regexp.valid_{kind}"] for kind in ("gtld", "cctld"))
    top = "|".join(vars(one)[one.__name__.rpartition(".")[2]].pattern for one in regexps)
    marks = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    label = rf"[^\s!-/:-@\[-`{{-~\x00-\x20\x7f\u180e\ufeff\ufffe\uffff{marks}]"
    subdomain, name = (rf"{label}(?:[{joint}]*{label})*+\." for joint in ("_-", "-"))
    path = r"[^\s<>()?]"
    simple = r"[a-z0-9\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0400-\u0481\u1e00-\u1eff!*';:=+,.$/%#\[\]_~&|@-]"

    def balanced(letter: str) -> str:
        return rf"\((?:{letter}+|{letter}*\({letter}+\){letter}*)\)"

    end = rf"(?:[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@]|{balanced(simple)})"
    wide = r"\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef\U00010000-\U000dffff\U000e1000-\U0010ffff"
    return re.compile(
        r"(?P<before>[^A-Z0-9@＠$#＃\ufffe\ufeff\uffff]|^)"
        r"(?P<link>(?P<scheme>(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://)?"
        rf"(?P<domain>(?:{subdomain})*{name}(?:{top}|xn--[0-9a-z]+))(?::[0-9]+)?"
        rf"(?:/(?:{path}*(?:{balanced(path)}{path}*)*{end}|{path}+/)*)?"
        rf"(?:\?[a-z0-9!?*'();:&=+$/%#\[\]_.,~|@^{wide}-]*[a-z0-9_&=#/{wide}-])?)",
        re.IGNORECASE | re.MULTILINE,
    )


def _as_counted(found: re.Match[str], url_length: int) -> str:
    """Put as many letters for a link as it counts, and one of unknown kind never below its own length."""
    before, link, scheme = found["before"], found["link"], found["scheme"]
    if not scheme:
        return found[0]
    rest, is_short = "", True
    if short := re.match(r"https?://t\.co/([a-z0-9]+)", link, re.IGNORECASE):  # ends there, or is none
        link, rest, is_short = short[0], link[short.end() :], len(short[1]) <= 40
    try:
        known = scheme.lower() in ("http://", "https://") and bool(found["domain"].encode("idna"))
    except UnicodeError:
        known = False
    is_sure = known and is_short and len(link) <= _LONGEST_LINK
    length = url_length if is_sure else max(url_length, len(link))
    return f"{before}{'x' * length}{rest}"


def graphemes(text: str, *, joins_conjuncts: bool = True) -> int:
    """Count grapheme clusters.

    Args:
        joins_conjuncts: by rule GB9c of Unicode 15.1, which Ruby does not have; without it a letter
            after a virama begins a new cluster.
    """
    if text.isascii():
        return len(text) - text.count("\r\n")
    import grapheme

    joined = 0 if joins_conjuncts else sum(map(_is_joined, text, text[1:]))
    if joined:
        text = "".join(map(_apart, " " + text, text))
    return int(grapheme.length(text)) - joined


def _is_joined(before: str, letter: str) -> bool:
    """Whether only rule GB9c can put a letter into the cluster of the mark before it."""
    if before < "\u0300" or letter < "\u0300" or letter in _JOINING_VOWELS:
        return False
    is_mark = before == "\u200d" or unicodedata.category(before).startswith("M")
    return is_mark and unicodedata.category(letter) == "Lo"


_JOINING_VOWELS = "\u0e33\u0eb3"  # letters of Thai and Lao that belong to the one before them


def _apart(before: str, letter: str) -> str:
    """A letter, with a line break before it that the rule cannot cross."""
    return f"\n{letter}" if _is_joined(before, letter) else letter


def _twitter_text() -> types.ModuleType:
    """Import twitter-text-parser, which reads its emoji table through `pkg_resources`.

    It does not declare setuptools, Python 3.12 no longer brings it along, and setuptools 82 dropped
    `pkg_resources`. It needs one function of it, which the standard library has under another name.
    """
    if "twitter_text" in sys.modules:
        return sys.modules["twitter_text"]
    import importlib
    import importlib.resources

    def resource_string(module: str, name: str) -> bytes:
        return importlib.resources.files(module.rpartition(".")[0]).joinpath(name).read_bytes()

    stand_in = types.ModuleType("pkg_resources")
    stand_in.__dict__["resource_string"] = resource_string
    original = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = stand_in
    try:
        importlib.import_module("twitter_text")
    finally:
        if original is None:
            del sys.modules["pkg_resources"]
        else:
            sys.modules["pkg_resources"] = original
    return sys.modules["twitter_text"]


def printable(line: str) -> str:
    """Make visible what would move the cursor, or the letters, of the person who reads a post."""
    return _UNSEEN.sub(lambda found: _visible(found[0]), line)


# Control characters, line and paragraph separators, and the marks that turn the direction of writing.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _visible(char: str) -> str:
    if char == "\n":
        return "\\n"
    return f"\\x{ord(char):02x}" if char < "\u0100" else f"\\u{ord(char):04x}"


_DURATIONS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
Choice = TypeVar("Choice", bound=str)


def span(seconds: float) -> str:
    """Say in a sentence how long something lasts: `40 seconds`, `6 hours`, `2.5 days`."""
    if seconds >= _DURATIONS["day"]:
        days = f"{seconds / _DURATIONS['day']:.1f}".removesuffix(".0")
        return f"{days} day{'s' * (days != '1')}"
    name = next((name for name, size in _DURATIONS.items() if seconds >= 2 * size), "second")
    return counted(round(seconds / _DURATIONS[name]), name)


def brief_span(seconds: float) -> str:
    """Say the same where there is little room: `40 s`, `15 min`, `2 h 30 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def duration(value: str) -> float:
    """Read a time such as 90s, 15m, 6h or 3d; in seconds, which a bare number is too."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", value.lower())
    if found is None:
        raise ValueError("is not a time like 90s, 15m, 6h or 3d")
    return float(found[1]) * next((size for name, size in _DURATIONS.items() if name[0] == found[2]), 1)


def number(value: str) -> int:
    """Read a whole number above 0."""
    if not value.isdecimal() or int(value) < 1:
        raise ValueError("is not a whole number above 0")
    return int(value)


def truth(value: str) -> bool:
    """Read a yes or a no."""
    if value.lower() not in (*_TRUE, *_FALSE):
        raise ValueError("is neither yes nor no")
    return value.lower() in _TRUE


_TRUE, _FALSE = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def choice(choices: tuple[Choice, ...], value: str) -> Choice:
    """Read one of a few words."""
    for one in choices:
        if value.lower() == one:
            return one
    raise ValueError(f"is none of: {', '.join(choices)}")


def address(value: str) -> str:
    """Read a web address: a host, perhaps with scheme, port and path; a slash at its end goes."""
    value = (value if "://" in value else f"https://{value}").rstrip("/")
    try:
        parts = urlsplit(value)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        plain = False
    others = plain and (parts.query or parts.fragment or parts.username or parts.password)
    if not plain or others or not re.fullmatch(r"[!-~]+", value):
        raise ValueError("is not a web address like https://example.social")
    return value
