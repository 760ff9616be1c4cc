"""Reads what dumps of X's API, and of the programs that scrape it, say of a post beside its words.

The fields of a record go in; whether it is a retweet, from whom, to whom and how long come out. The one
surprise: in a CSV these objects stand as the text of a Python value, so both are searched in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from botus.corpus.parsing.post import FOLLOWERS_ONLY, RETWEET

Record = Mapping[str, Any]

_OWNERS = ("user", "author")
_OWN = {
    "id": ("authorid", "userid", "useridstr", "accountid"),
    "name": ("username", "screenname", "userscreenname"),
}
_ANSWERED = {
    "id": ("inreplytouseridstr", "inreplytouserid"),
    "name": ("inreplytoscreenname", "inreplytousername"),
}
_INNER = {"id": ("id_str", "id"), "name": ("screen_name", "username")}
_YES = frozenset(("true", "t", "yes"))
_NOBODY = frozenset(("", "none", "nan", "null", "0", "false"))
_ADDRESSED = re.compile(r"['\"](?:screen_name|username)['\"]\s*:\s*['\"](\w+)")


def refusal(low: Record) -> str:
    """Return why a post must not be imported: somebody else wrote it, or only followers may read it.

    Args:
        low: its fields, their names in small letters without signs.
    """
    # "retweet" may also be the column that counts them, so only a plain yes is one.
    if str(low.get("retweet", "")).lower() in _YES or not _is_nobody(low.get("retweetid")):
        return RETWEET
    if "retweeted" in str(low.get("referencedtweets", "")) or not _is_nobody(low.get("retweetedtweet")):
        return RETWEET
    protected = [low.get("userprotected"), *(_inside(low.get(one), "protected") for one in _OWNERS)]
    return FOLLOWERS_ONLY if any(str(one).lower() == "true" for one in protected) else ""


def answers_somebody(low: Record) -> bool:
    """Tell whether a post answers somebody other than its author; False where that cannot be told."""
    for kind, inner in _INNER.items():
        own = _known(low, _OWN[kind], _OWNERS, inner)
        to = _known(low, _ANSWERED[kind], ("inreplytouser",), inner)
        if own and to:
            return not own & to
    names = {one.lower() for one in _ADDRESSED.findall(str(low.get("replyto", "")))}
    return bool(names - _known(low, _OWN["name"], _OWNERS, _INNER["name"]))


def long_text(low: Record) -> str:
    """Return the whole text of a post that its own field has cut off, "" where there is none."""
    for field, name in (("notetweet", "text"), ("extendedtweet", "full_text")):
        value = low.get(field)
        if isinstance(value, dict) and isinstance(value.get(name), str):
            return str(value[name])
    return ""


def likes(low: Record) -> object:
    """Return how often a post was liked, as the dump has it; None where it does not say."""
    return _inside(low.get("publicmetrics"), "like_count")


def _known(low: Record, fields: Iterable[str], objects: Iterable[str], inner: Iterable[str]) -> set[str]:
    found = [low.get(field) for field in fields]
    found += [_inside(low.get(one), name) for one in objects for name in inner]
    return {str(one).lower().removesuffix(".0") for one in found if not _is_nobody(one)}


def _inside(value: object, name: str) -> object:
    """A field of an object, or of the text of one: `{'id': 5}` or `User(id=5)`."""
    if isinstance(value, dict):
        return value.get(name)
    found = re.search(rf"['\"(\s]{name}['\"]?\s*[:=]\s*['\"]?([^'\",)}}]*)", str(value or ""))
    return found[1] if found else None


def _is_nobody(value: object) -> bool:
    return str(value or "").strip().lower() in _NOBODY
