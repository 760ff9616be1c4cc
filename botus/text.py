"""What a post is; how a person writes values, and how numbers are said to a person. Pure.

A post is written on one line with escapes, and two texts that differ byte for byte may still be the same post
(`fingerprint`): invisible characters and white space do not make a text new. The readers of values (`number`,
`duration`...) raise a ValueError whose words follow the name of the setting or option.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar
from urllib.parse import urlsplit

from botus.errors import SettingsError

# Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of the Unicode Character Database.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
LONGEST_POST = 50_000
"""Letters that no platform takes in one post: what is longer is too long for all, and nothing parses it."""
SHORTEST_ID = 4
"""Digits of a fingerprint by which a post can be named."""
_NAMED = 5
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


def called(name: str, posts: Iterable[str]) -> str | None:
    """Return the post that an id names, by its fingerprint; None where there is none.

    Args:
        name: digits from the beginning of its fingerprint, in either case; fewer than four are rather a slip.
        posts: the fingerprints of those that may be meant.

    Raises:
        SettingsError: several begin so.
    """
    start = name.strip().lower()
    found = sorted({post for post in posts if post.startswith(start)}) if len(start) >= SHORTEST_ID else []
    if len(found) > 1:

        def is_of_several(beginning: str) -> bool:
            return sum(post.startswith(beginning) for post in found) > 1

        some = ", ".join(short_id(post, is_of_several) for post in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise SettingsError(f"{name} begins {len(found)} posts", f"say which one: {some}{more}")
    return found[0] if found else None


def counted(number: int, what: str, many: str = "") -> str:
    """Say how many there are of something: `1 line`, `2,000 lines`; `many` where it is no plain `s`."""
    return f"{number:,} {what if number == 1 else many or f'{what}s'}"


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
        raise ValueError(f"is neither yes nor no{_meant(value, (*_TRUE, *_FALSE))}")
    return value.lower() in _TRUE


_TRUE, _FALSE = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def choice(choices: tuple[Choice, ...], value: str) -> Choice:
    """Read one of a few words."""
    for one in choices:
        if value.lower() == one:
            return one
    raise ValueError(f"is none of: {', '.join(choices)}{_meant(value, choices)}")


def _meant(value: str, choices: Iterable[str]) -> str:
    """Say which word was probably meant, but not what was written: a secret may be in the wrong place."""
    near = get_close_matches(value.lower(), choices, 1)
    return f"; did you mean {near[0]}?" if near else ""


_ACCOUNT = re.compile(r"(?:https?://)?@?[\w.+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]+)")


def address(value: str) -> str:
    """Read a web address: a host, perhaps with scheme, port and path; a slash at its end goes."""
    if account := _ACCOUNT.fullmatch(value):
        raise ValueError(f"is the name of an account, not a web address: set it to https://{account[1]}")
    value = (value if "://" in value else f"https://{value}").rstrip("/")
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        plain = parts.scheme in ("http", "https") and parts.port != 0 and ".." not in host
        plain = plain and host not in ("", "http", "https")
    except ValueError:
        plain = False
    others = plain and (parts.query or parts.fragment or parts.username or parts.password)
    if not plain or others or not re.fullmatch(r"[!-~]+", value):
        raise ValueError("is not a web address like https://example.social")
    return value


def is_loopback(host: str) -> bool:
    """Whether a host, by its name or its address, is the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
