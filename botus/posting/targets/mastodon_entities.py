"""What the objects of Mastodon's API say: limits, ids, addresses, the text of a post. Pure.

They are parsed JSON of a server that may be of any make: where a field is missing or nonsense there is None.
"""

from __future__ import annotations

import re

from botus.markup import html_text
from botus.platforms.rows import MASTODON
from botus.posting.http.exchange import at, moment
from botus.text import fingerprint

LINK_LENGTH = 23  # characters that a link counts, unless the server says otherwise
_NONSENSE = 10**10  # no limit is that high
POSTING = ("write:statuses", "read:accounts", "read:statuses")
"""The scopes of a token that posts; the last two are for looks after an answer that was lost."""
ANSWERING = ("read:notifications", "read:follows")
"""The further scopes of a token that answers mentions."""


def limits(instance: object) -> tuple[int, int]:
    """The longest post, and what a link counts, in characters; Pleroma has its own field for the first."""

    def count(*keys: str) -> int | None:
        value = at(instance, *keys)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if 0 < value < _NONSENSE else None

    statuses = ("configuration", "statuses")
    longest = count(*statuses, "max_characters") or count("max_toot_chars") or MASTODON.limit
    return longest, count(*statuses, "characters_reserved_per_url") or LINK_LENGTH


def counts_as_mastodon(version: str, instance: object) -> bool:
    """Whether a server is Mastodon or a fork of it, such as 4.4.1+glitch, so that links count little.

    Others put a name in brackets; GoToSocial has a version of its own, and counts every letter.
    """
    is_gotosocial = version.startswith("0.") or "gotosocial" in str(at(instance, "source_url")).lower()
    return "(" not in version and not is_gotosocial


def number(entity: object) -> str | None:
    """The id of an object: a string, on a few servers an integer."""
    value = at(entity, "id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and re.fullmatch(r"[!-~]{1,200}", value) else None


def address(entity: object) -> str | None:
    """The URL of an object."""
    value = at(entity, "url")
    return value if isinstance(value, str) and re.fullmatch(r"https?://[!-~]{1,2000}", value) else None


def same(text: str, status: object) -> bool:
    """Tell whether a post of a timeline is this text, as shown or, where that is told, as it was sent.

    snac2 and Pleroma make markup of stars, links and smileys, so that what they show is another text; snac2
    has what was sent in `text`, Pleroma and its forks have it without markup.
    """
    told = (at(status, "text"), at(status, "pleroma", "content", "text/plain"))
    forms = [plain(at(status, "content")), *(form for form in told if isinstance(form, str))]
    return fingerprint(text) in map(fingerprint, forms)


def created(status: object) -> float | None:
    """When a post was made, in epoch seconds of the server's clock."""
    return moment(at(status, "created_at"))


def scopes(application: object) -> set[str] | None:
    """What an application's token may do, `read` and `write` spelled out; None where the server is silent.

    Source: the Application entity, `scopes` since Mastodon 4.3.
    """
    value = at(application, "scopes")
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None
    return {*names, *(one for one in POSTING if one.partition(":")[0] in names)}


def profile(user: object) -> str:
    """The words of a profile: names, note and fields."""
    rows = at(user, "fields")
    words = [f"{at(user, 'acct')} {at(user, 'display_name')}", plain(at(user, "note"))]
    for row in rows if isinstance(rows, list) else []:
        words.append(f"{at(row, 'name')} {plain(at(row, 'value'))}")
    return " ".join(words)


def plain(content: object) -> str:
    """The text of a post or a note; empty where there is none."""
    return html_text(content) if isinstance(content, str) else ""
