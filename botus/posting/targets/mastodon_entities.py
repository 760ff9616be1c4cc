"""What the objects of Mastodon's API say: limits, ids, addresses, the text of a post.

In: parsed JSON of a server that may be of any make. Out: plain values, None where a field is missing or
nonsense. Pure. The one surprise: the text of a post comes back as HTML, with links cut into hidden parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from botus.markup import html_text
from botus.platforms import MASTODON
from botus.posting.http.exchange import moment
from botus.text import fingerprint

LINK_LENGTH = 23  # characters that a link counts, unless the server says otherwise
# Of the scopes within `read` and `write`, those that botus needs.
_PARTS = {"read": ("read:accounts", "read:statuses"), "write": ("write:statuses",)}


def limits(instance: Mapping[str, object]) -> tuple[int, int]:
    """The longest post, and what a link counts, in characters; Pleroma has its own field for the first."""
    statuses = _dict(_dict(instance.get("configuration")).get("statuses"))
    longest = _count(statuses.get("max_characters")) or _count(instance.get("max_toot_chars"))
    return longest or MASTODON.limit, _count(statuses.get("characters_reserved_per_url")) or LINK_LENGTH


def number(entity: object) -> str | None:
    """The id of an object: a string, on a few servers an integer."""
    value = _dict(entity).get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and re.fullmatch(r"[!-~]{1,200}", value) else None


def address(entity: object) -> str | None:
    """The URL of an object."""
    value = _dict(entity).get("url")
    return value if isinstance(value, str) and re.fullmatch(r"https?://[!-~]{1,2000}", value) else None


def same(text: str, status: object) -> bool:
    """Tell whether a post of a timeline is this text."""
    return fingerprint(plain(_dict(status).get("content"))) == fingerprint(text)


def created(status: object) -> float | None:
    """When a post was made, in epoch seconds of the server's clock."""
    return moment(_dict(status).get("created_at"))


def scopes(application: Mapping[str, object]) -> set[str] | None:
    """What an application's token may do, `read` and `write` spelled out; None where the server is silent.

    Source: the Application entity, `scopes` since Mastodon 4.3.
    """
    value = application.get("scopes")
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None
    whole = {part for name in names for part in _PARTS.get(name, ())}
    return {*names, *whole}


def profile(user: Mapping[str, object]) -> str:
    """The words of a profile: names, note and fields."""
    rows = user.get("fields")
    found = map(_dict, rows if isinstance(rows, list) else [])
    fields = [f"{row.get('name')} {plain(row.get('value'))}" for row in found]
    return " ".join([str(user.get("acct")), str(user.get("display_name")), plain(user.get("note")), *fields])


def plain(content: object) -> str:
    """The text of a post or a note; empty where there is none."""
    return html_text(content) if isinstance(content, str) else ""


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
