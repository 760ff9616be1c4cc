"""Reads Bluesky's records: as listRecords and getAuthorFeed answer, or bare.

Their shapes are those of the lexicons `app.bsky.feed.post`, `com.atproto.repo.listRecords` and
`app.bsky.feed.defs` of AT Protocol.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.post import ParsedPost, Refusal

POST = "app.bsky.feed.post"
_DID = re.compile(r"at://(did:[^/\s]+)/")

Record = Mapping[str, Any]


def bare(record: Record) -> dict[str, Any] | None:
    """Return a record with its `author`, out of whatever wraps it; None for what is not Bluesky's."""
    post = record.get("post")
    view: Record = post if isinstance(post, dict) else record
    uri, inner = str(view.get("uri") or ""), None
    for value in (view.get("value"), view.get("record")):
        if isinstance(value, dict) and (_is_typed(value) or f"/{POST}/" in uri):
            inner = {"$type": POST} | value
    if inner is None:
        return dict(record) if _is_typed(record) else None
    author = view.get("author")
    if not isinstance(author, dict):
        found = _DID.match(uri)
        author = {"did": found[1]} if found else None
    more = {"reason": record.get("reason"), "likeCount": view.get("likeCount"), "author": author}
    return dict(inner) | {name: value for name, value in more.items() if value is not None}


def is_record(record: Record) -> bool:
    """Tell whether an object is a record of Bluesky."""
    return _is_typed(record)


def collection_of(record: Record) -> str:
    """Return what a record is that is no post, such as "likes"; "" for a post and what is not Bluesky's."""
    kind = str(record.get("$type") or "") if is_record(record) else ""
    return "" if kind in ("", POST) else f"{kind.rpartition('.')[2]}s"


def post_of(record: Record) -> ParsedPost:
    """Return the post of a record that `bare` has given."""
    if record["$type"] != POST or not isinstance(record.get("text"), str):
        return ParsedPost("", Refusal.NOT_A_POST)
    likes, embed, labels = record.get("likeCount"), record.get("embed"), record.get("labels")
    media = embed.get("media", embed) if isinstance(embed, dict) else {}
    pictures = _objects(media.get("images")) if isinstance(media, dict) else []
    has_media = bool(pictures) or (isinstance(media, dict) and "video" in media)
    values = _objects(labels.get("values") if isinstance(labels, dict) else labels)
    return ParsedPost(
        _with_links(record["text"], _objects(record.get("facets"))),
        refused=Refusal.BOOST if record.get("reason") and _is_repost(record["reason"]) else "",
        at=dates.seconds(record.get("createdAt")),
        likes=likes if isinstance(likes, int) else None,
        is_reply=_is_reply(record),
        warning=", ".join(str(one["val"]) for one in values if one.get("val")),
        has_media=has_media,
        description="\n".join(str(one["alt"]) for one in pictures if one.get("alt")),
    )


def _is_typed(value: object) -> bool:
    return isinstance(value, Mapping) and str(value.get("$type") or "").startswith("app.bsky.")


def _is_repost(reason: object) -> bool:
    return not (isinstance(reason, Mapping) and str(reason.get("$type", "")).endswith("reasonPin"))


def _is_reply(record: Record) -> bool:
    """An answer to oneself goes on with a thread; without an author, it may be to anybody."""
    reply = record.get("reply")
    if not isinstance(reply, Mapping):
        return False
    author = record.get("author")
    own = str(author.get("did") or "") if isinstance(author, Mapping) else ""
    found = [_DID.match(str(one.get("uri") or "")) for one in reply.values() if isinstance(one, Mapping)]
    return not own or not found or any(one is None or one[1] != own for one in found)


def _with_links(text: str, facets: list[Record]) -> str:
    """Put whole addresses where the text has their shortened forms; facets count in bytes of UTF-8."""
    raw = text.encode(errors="surrogatepass")
    places = []
    for facet in facets:
        index, features = facet.get("index"), _objects(facet.get("features"))
        uri = next((one["uri"] for one in features if isinstance(one.get("uri"), str)), "")
        if uri and isinstance(index, Mapping):
            start, end = index.get("byteStart"), index.get("byteEnd")
            if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(raw):
                places.append((start, end, uri))
    parts, first = list[bytes](), len(raw)
    for start, end, uri in sorted(places, reverse=True):
        if end > first:
            continue  # facets may not overlap
        is_link = re.match(rb"(?:https?://|[\w-]+\.)\S*$", raw[start:end])
        parts += [raw[end:first], uri.encode() if is_link else raw[start:end]]
        first = start
    return b"".join([raw[:first], *reversed(parts)]).decode(errors="replace")


def _objects(value: object) -> list[Record]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
