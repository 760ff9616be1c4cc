"""How each platform counts the letters of a post, and which links are in it. Pure."""

from __future__ import annotations

import functools
import re
import sys
import threading
import types
import unicodedata

from botus.text import LONGEST_POST


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
    """Import twitter-text-parser, once and whole, whichever threads ask for it."""
    with _importing:
        return sys.modules.get("twitter_text") or _imported()


_importing = threading.Lock()


def _imported() -> types.ModuleType:
    """Import twitter-text-parser, which reads its emoji table through `pkg_resources`.

    It does not declare setuptools, Python 3.12 no longer brings it along, and setuptools 82 dropped
    `pkg_resources`. It needs one function of it, which the standard library has under another name.
    """
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
