"""Reads the posts in the downloads of Instagram and Threads, and those of Facebook where a person names them.

A post of one picture has its words with the picture, one of several above them. Letters are written as the
bytes of UTF-8, each as `\\u00xx`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.post import ParsedPost, Refusal

_NO_POST = ("string_map_data", "string_list_data", "label_values")

Record = Mapping[str, Any]


def is_record(record: Record) -> bool:
    """Tell whether an object is a post of Instagram or Threads: media with moments, perhaps a title above."""
    media = _media(record)
    return ("title" in record or bool(media)) and (
        (bool(media) and all("creation_timestamp" in one or "text_app_post" in one for one in media))
        or ("creation_timestamp" in record and "uri" in record)
    )


def is_facebook(record: Record) -> bool:
    """Tell whether an object is a post of Facebook, which does not say who may read it."""
    data, attached = record.get("data"), record.get("attachments")
    has_post = isinstance(data, list) and any(map(_has_post, data))
    has_more = isinstance(attached, list) and any(
        isinstance(one, Mapping) and isinstance(one.get("data"), list) for one in attached
    )
    return "timestamp" in record and (has_post or has_more)


def facebook_post(record: Record) -> ParsedPost:
    """Return a post of Facebook: what somebody wrote above a link or picture; without words it is none."""
    parts = [one for one in record.get("data") or [] if isinstance(one, Mapping)]
    words = [str(one["post"]).strip() for one in parts if isinstance(one.get("post"), str)]
    text = _letters("\n\n".join(filter(None, words)))
    return ParsedPost(
        text,
        refused="" if text else Refusal.NOT_A_POST,
        at=dates.seconds(record.get("timestamp")),
        has_media=bool(record.get("attachments")),
    )


def is_no_post(record: Record) -> bool:
    """Tell what else these downloads have: Facebook's posts, likes, comments."""
    return is_facebook(record) or any(one in record for one in _NO_POST)


def post_of(record: Record) -> ParsedPost:
    """Return the post of a record."""
    media = _media(record)
    titles = [str(one.get("title") or "").strip() for one in (record, *media)]
    text = "\n\n".join(dict.fromkeys(filter(None, titles)))
    moments = [dates.seconds(one.get("creation_timestamp")) for one in (record, *media)]
    about = [one.get("text_app_post") for one in (record, *media)]
    has_media = any(one.get("uri") for one in (record, *media))
    return ParsedPost(
        _letters(text),
        refused="" if text or has_media else Refusal.NOT_A_POST,
        at=next((one for one in moments if one is not None), None),
        is_reply=any(isinstance(one, Mapping) and bool(one.get("is_reply")) for one in about),
        has_media=has_media,
    )


def _media(record: Record) -> list[Record]:
    value = record.get("media")
    value = [value] if isinstance(value, Mapping) else value
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _has_post(one: object) -> bool:
    return isinstance(one, Mapping) and ("post" in one or "comment" in one)


def _letters(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
