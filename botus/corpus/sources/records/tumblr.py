"""Reads posts as Tumblr's API has them, in HTML or in blocks (NPF), and as programs save them.

Every post has a `reblog`, one's own too; the `trail` and where it was reblogged from say whose words it has.
(https://www.tumblr.com/docs/en/api/v2, https://www.tumblr.com/docs/npf)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.post import ParsedPost, Refusal
from botus.markup import html_text

_OURS = (
    "post_url",
    "reblog_key",
    "reblog",
    "trail",
    "note_count",
    "reblogged_from_id",
    "is_blocks_post_format",
)
_FROM = ("reblogged_from_id", "reblogged_root_id", "parent_post_id", "parent_post_url")
_NAMES = ("reblogged_from_name", "reblogged_root_name")
_HOST = re.compile(r"//(?:(?:www\.)?tumblr\.com/([\w-]+)|([\w-]+)\.tumblr\.com)")
_INLINE = re.compile(r"class=[\"']tumblr_blog[\"']|^\s*<p><a[^>]*>[\w-]+</a>:</p>\s*<blockquote")
_TEXTS = {  # the fields with the author's words; of a link the rest is somebody else's page
    "text": ("title", "body"),
    "link": ("description",),
    "answer": ("answer",),
    "photo": ("caption",),
    "video": ("caption",),
    "audio": ("caption",),
}
_MEDIA = ("photo", "video", "audio")

Record = Mapping[str, Any]


def is_record(record: Record) -> bool:
    """Tell whether an object is a post of Tumblr."""
    is_named = "blog_name" in record and ("type" in record or any(one in record for one in _OURS))
    return is_named or ("reblog_key" in record and ("type" in record or "content" in record))


def blog_of(record: Record) -> str:
    """Return the name of the blog that a post stands in, "" where it does not say."""
    blog = record.get("blog")
    named = record.get("blog_name") or (blog.get("name") if isinstance(blog, Mapping) else "")
    found = _HOST.search(str(record.get("post_url") or ""))
    return str(named or (found[1] or found[2] if found else ""))


def post_of(record: Record) -> ParsedPost:
    """Return the post of a record."""
    kind, blocks = str(record.get("type") or "text"), _objects(record.get("content"))
    if blocks:
        text, is_answer = _of_blocks(blocks, _objects(record.get("layout")))
        has_media = any(one.get("type") in ("image", *_MEDIA) for one in blocks)
    else:
        parts = (_text(record, name) for name in _TEXTS.get(kind, ()))
        text, is_answer, has_media = "\n\n".join(filter(None, parts)), kind == "answer", kind in _MEDIA
    likes = record.get("note_count")
    return ParsedPost(
        text,
        refused=_refusal(record, kind, bool(blocks)),
        at=dates.seconds(record.get("timestamp")) or dates.seconds(record.get("date")),
        likes=likes if isinstance(likes, int) else None,
        is_reply=is_answer or bool(record.get("asking_name")),
        has_media=has_media,
    )


def _refusal(record: Record, kind: str, has_blocks: bool) -> str:
    state = str(record.get("state") or "published").lower()
    if state != "published":
        return Refusal.FOLLOWERS_ONLY if state == "private" else Refusal.NOT_A_POST
    own, trail, reblog = blog_of(record), _objects(record.get("trail")), record.get("reblog")
    names = {str((one.get("blog") or {}).get("name") or "") for one in trail}
    above = str(reblog.get("tree_html") or "").strip() if isinstance(reblog, Mapping) else ""
    body = str(record.get("body") or record.get("caption") or "")
    sources = {str(record[one]) for one in _NAMES if record.get(one)}
    is_of_oneself = bool(own) and sources == {own} and names <= {own}
    is_from = any(record.get(one) for one in (*_FROM, *_NAMES)) and not is_of_oneself
    if is_from or names - {own} or above or _INLINE.search(body):
        return Refusal.BOOST
    if kind in ("quote", "chat", "conversation") or record.get("is_submission") or record.get("post_author"):
        return Refusal.QUOTE
    return "" if has_blocks or kind in _TEXTS else Refusal.NOT_A_POST


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        return ""
    return value.strip() if record.get("format") == "markdown" else html_text(value)


def _of_blocks(blocks: list[Record], layouts: list[Record]) -> tuple[str, bool]:
    """The author's words, and whether they answer a question, whose blocks the layout names."""
    asked: set[Any] = set()
    for one in layouts:
        if one.get("type") == "ask" and isinstance(one.get("blocks"), list):
            asked.update(one["blocks"])
    own = [
        str(one.get("text") or "").strip()
        for number, one in enumerate(blocks)
        if one.get("type") == "text"
        and number not in asked
        and one.get("subtype") not in ("quote", "indented")
    ]
    return "\n\n".join(filter(None, own)), bool(asked)


def _objects(value: object) -> list[Record]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
