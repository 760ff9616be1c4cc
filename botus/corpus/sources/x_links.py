"""Puts the addresses that were meant for the `t.co` links of X, and takes out those that nobody typed.

A text and its entities go in, the text comes out. X appends a link to the media of a post and to the post
that it quotes; both are shown as pictures and boxes, never as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_STATUS = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(?:\w+|i/web)/status/\d+(?:[/?#].*)?")


def without_links(text: str, urls: Iterable[Mapping[str, Any]], media: Iterable[Mapping[str, Any]]) -> str:
    """Return the text with `t.co` links replaced.

    Args:
        text: the text of a post, without character references.
        urls: entities with `url`, as it is in the text, and `expanded_url`.
        media: entities with the `url` under which X put the media into the text.
    """
    if "http" not in text:
        return text
    for one in media:
        if one.get("url"):
            text = text.replace(str(one["url"]), "")
    for one in urls:
        short, whole = str(one.get("url") or ""), str(one.get("expanded_url") or "")
        if not short or not whole:
            continue
        is_appended = bool(_STATUS.fullmatch(whole)) and text.rstrip().endswith(short)
        text = text.replace(short, "" if is_appended else whole)
    return text.strip()
