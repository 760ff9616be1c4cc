"""Reads comments and posts of Reddit: of its data request (CSV), of Pushshift and of what PRAW gives (JSON).

A comment answers somebody. What a moderator or the author took back has `[removed]` or `[deleted]` for words,
and lines that begin with `>` quote others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botus.corpus.parsing import dates, kinds
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.post import ParsedPost, Refusal
from botus.markup import unescaped

_FILES = ("comments.csv", "posts.csv")
_BESIDE = frozenset(
    (
        "saved_posts.csv",
        "hidden_posts.csv",
        "comment_headers.csv",
        "post_headers.csv",
        "post_votes.csv",
        "comment_votes.csv",
        "subscribed_subreddits.csv",
        "ip_logs.csv",
    )
)
_TAKEN_BACK = re.compile(r"\s*\[\s*(?:deleted|removed)\b[^\]]*\]\s*", re.IGNORECASE)
_QUOTED = re.compile(r"^[ \t]{0,3}>(?!!).*\n?", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]+)\]\((?:https?://|/)[^()\s]*(?:\s+\"[^\"]*\")?\)")
_SPOILER = re.compile(r">!(.+?)!<", re.DOTALL)
_BODIES = ("body", "selftext", "comment", "text")
_PLACES = (
    "permalink",
    "link_id",
    "parent_id",
    "created_utc",
    "selftext",
    "gildings",
    "link",
    "parent",
    "score",
)

Record = Mapping[str, Any]


def files_of(archive: Archive) -> list[str]:
    """Return the files with words of one's own of a whole data request; none where it is none."""
    own = {name: name.rpartition("/")[2].lower() for name in archive.names}
    if not _BESIDE & set(own.values()):
        return []
    return [name for name, one in own.items() if one in _FILES]


def is_record(record: Record) -> bool:
    """Tell whether a row or an object is a comment or a post of Reddit."""
    if any(isinstance(record.get(one), str) for one in ("body", "selftext", "title")):
        known = sum(one in record for one in _PLACES)
        return known > 1 - ("subreddit" in record) and ("subreddit" in record or "created_utc" in record)
    return "subreddit" in record and any(isinstance(record.get(one), str) for one in _BODIES)


def post_of(record: Record) -> ParsedPost:
    """Return the post of a row or an object."""
    title, body = _string(record, "title"), next(filter(None, (_string(record, one) for one in _BODIES)), "")
    is_comment = not title and any(one in record for one in ("link", "parent", "link_id", "parent_id"))
    taken_back = any(map(_TAKEN_BACK.fullmatch, (title, body)))
    text = "\n\n".join(filter(None, (unescaped(title).strip(), _own_lines(body))))
    likes = next((record[one] for one in ("score", "ups") if isinstance(record.get(one), int)), None)
    moments = (dates.seconds(record.get(one)) for one in ("created_utc", "date"))
    return ParsedPost(
        "" if taken_back else text,
        refused=_refusal(record, taken_back) or (Refusal.QUOTE if body and not text else ""),
        at=next((one for one in moments if one is not None), None),
        likes=likes,
        is_reply=is_comment,
        warning="over 18" if kinds.is_filled(record.get("over_18")) else "",
    )


def _refusal(record: Record, taken_back: bool) -> str:
    if taken_back:
        return Refusal.NOT_A_POST
    if str(record.get("subreddit_type") or "").lower() in ("private", "gold_only", "employees_only"):
        return Refusal.FOLLOWERS_ONLY
    if _TAKEN_BACK.fullmatch(_string(record, "author")):
        return Refusal.OTHER  # nobody knows whose
    return Refusal.BOOST if record.get("crosspost_parent") else ""


def _own_lines(body: str) -> str:
    """The author's words in Markdown, which has entities of its own, without quoted lines and addresses."""
    own = _LINK.sub(r"\1", _QUOTED.sub("", unescaped(unescaped(body))))
    end = own.rfind("!<") + 2  # behind it, each start of a spoiler would be looked for to the end
    return (_SPOILER.sub(r"\1", own[:end]) + own[end:]).strip() if ">!" in own else own.strip()


def _string(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
