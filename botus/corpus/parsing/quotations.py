"""Tells when a post is made of other people's words, from the words alone: retweets by hand and quotations.

Text goes in, the reason for which it is refused comes out. The one surprise: it refuses rather too much,
since a post that quotes somebody is no loss and the words of somebody who was never asked are.
"""

from __future__ import annotations

import re

from botus.corpus.parsing.post import QUOTE, RETWEET

_QUOTING = "\"“”„«'‘"
_RETWEET = re.compile(rf"[\s.{_QUOTING}]*(?:RT|MT|rt|Rt)\s*:?\s*@\s?\w")
_REPOST = re.compile(r"\s*RT:?\s*https?://")
_QUOTED = re.compile(
    rf"[\s.]*[{_QUOTING}]+\s*@\w+"  # a post that begins with "@name
    r"|.*(?:^|[\s(|:])(?:RT|MT)\s*:?\s*@\w"  # a comment before RT @name
    rf"|.*[{_QUOTING}]\s?@\w+\s?:",  # a comment before "@name: …
    re.DOTALL,
)


def refusal(text: str) -> str:
    """Return why a post is somebody else's, "" where it is not.

    Args:
        text: the post, without entities and markup.
    """
    if "@" not in text:
        return RETWEET if _REPOST.match(text) else ""
    if _RETWEET.match(text):
        return RETWEET
    return QUOTE if _QUOTED.match(text) else ""
