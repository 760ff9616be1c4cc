"""Reads Mastodon's `outbox.json`, alone or in its archive, and its relatives': ActivityPub activities.

Posts for followers, direct ones, boosts and anything that is not plainly public are refused. An outbox cannot
be told from its name alone, and some programs write a bare array of activities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.jsonstream import elements
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.markup import html_text

_PUBLIC = frozenset(("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"))
# Tuples, because the type of a damaged or odd activity may be a list, which no set can be asked for.
_POSTS = ("Note", "Question", "Article", "Page")
_ACTIVITIES = ("Create", "Announce", "Update", "Delete", "Like", "Follow", "Accept", "Undo", "Add")
_OUTBOX = re.compile(r'"OrderedCollection(?:Page)?"|"orderedItems"')
_EMPTY = re.compile(r'"orderedItems"\s*:\s*\[\s*\]')
_ACTIVITY = re.compile(r'"type"\s*:\s*"(?:Create|Announce)"')

Record = dict[str, Any]


def files_of(archive: Archive) -> list[str]:
    """Return the name of the outbox of an archive; none where it has none."""
    names = [name for name in archive.names if name.rsplit("/", 1)[-1] == "outbox.json"]
    return sorted(names, key=len)[:1]


def is_outbox(start: str, name: str) -> bool:
    """Tell from the start of a file that stands alone whether it is an outbox."""
    if start.lstrip().startswith("{"):
        return bool(_OUTBOX.search(start)) and bool(_ACTIVITY.search(start) or _EMPTY.search(start))
    return bool(_ACTIVITY.search(start)) and "ns/activitystreams" in start


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield the posts of outboxes."""
    for name in names:
        for activity in elements(archive.text(name, notes), archive.place(name), [("orderedItems",)]):
            yield post_of(activity)


def is_activity(record: Record) -> bool:
    """Tell whether an object is an activity or a post of ActivityPub, wherever it stands."""
    kind = record.get("type")
    if kind in _POSTS:
        return "attributedTo" in record or "to" in record or "cc" in record
    return kind in _ACTIVITIES and "object" in record and "actor" in record


def post_of(activity: object) -> ParsedPost:
    """Return the post of an activity, or of a post that stands without one."""
    if not isinstance(activity, dict):
        return ParsedPost("", Refusal.NOT_A_POST)
    if activity.get("type") in _POSTS:
        activity = {"type": "Create", "actor": activity.get("attributedTo"), "object": activity}
    post = activity.get("object")
    if activity.get("type") == "Announce":
        return ParsedPost("", Refusal.BOOST, at=dates.seconds(activity.get("published")))
    if activity.get("type") != "Create" or not isinstance(post, dict) or post.get("type") not in _POSTS:
        return ParsedPost("", Refusal.NOT_A_POST)
    content, versions = post.get("content"), post.get("contentMap")
    if not content and isinstance(versions, dict):
        content = next((one for one in versions.values() if one), "")
    text = html_text(str(content or ""))
    media = [one for one in _listed(post.get("attachment")) if isinstance(one, dict)]
    likes = post.get("likes")
    count = likes.get("totalItems") if isinstance(likes, dict) else None
    return ParsedPost(
        text,
        refused=_refusal(activity, post),
        at=dates.seconds(post.get("published") or activity.get("published")),
        likes=count if isinstance(count, int) else None,
        is_reply=_is_reply(activity, post, text),
        warning=html_text(str(post.get("summary") or "")),
        has_media=bool(media),
        description="\n".join(str(one["name"]) for one in media if one.get("name")),
    )


def _refusal(activity: Record, post: Record) -> str:
    """Why it is not one's own or not for everybody; where post and activity disagree, the narrower counts."""
    actor, author = activity.get("actor"), post.get("attributedTo")
    if isinstance(actor, str) and isinstance(author, str) and actor != author:
        return Refusal.BOOST
    readers = [_readers(one) for one in (activity, post) if "to" in one or "cc" in one]
    if readers and all(_PUBLIC.intersection(some) for some in readers):
        return ""
    for_followers = any(one.endswith("/followers") for some in readers for one in some)
    return Refusal.FOLLOWERS_ONLY if for_followers else Refusal.DIRECT


def _is_reply(activity: Record, post: Record, text: str) -> bool:
    """An answer to oneself goes on with a thread, unless it speaks to somebody first."""
    to = post.get("inReplyTo")
    to = to.get("id") if isinstance(to, dict) else to
    return bool(to) and (not _is_own(str(to), activity, post) or bool(re.match(r"@\w", text)))


def _is_own(address: str, activity: Record, post: Record) -> bool:
    for owner in (activity.get("actor"), post.get("attributedTo")):
        owner = owner.get("id") if isinstance(owner, dict) else owner
        if not isinstance(owner, str):
            continue
        host, _, name = owner.rpartition("/users/")
        if address.startswith(owner.rstrip("/") + "/") or (host and address.startswith(f"{host}/@{name}/")):
            return True
    # Addresses of Pleroma's posts name no author; an answer to somebody else is addressed to them too.
    actor = str(activity.get("actor"))
    return address.startswith(actor.partition("/users/")[0] + "/objects/") and all(
        one in _PUBLIC or one.startswith(actor + "/") for one in _readers(activity) + _readers(post)
    )


def _readers(one: Record) -> list[str]:
    return [*map(str, _listed(one.get("to"))), *map(str, _listed(one.get("cc")))]


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
