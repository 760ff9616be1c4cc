"""What the words of a post tell on their own: whose they are, to whom they speak, whether they are all of it.

One rule for all formats. It refuses rather too much: a post that quotes somebody is no loss, and the words of
somebody who was never asked are.
"""

from __future__ import annotations

import re
from dataclasses import replace

from botus.corpus.parsing.post import ParsedPost, Refusal
from botus.markup import unescaped
from botus.screening import mentions

_UNSEEN = "\u00ad\u200b-\u200f\u2060-\u206f\ufeff"
_OPENS, _CLOSES, _DASH = "\"“”„«»‹'‘’「『", "\"“”»«›'’‘」』", r"\-–—―~"
_BY = r"\b(?:by|from|via|of|von|de|par|por|da)\b"
_NAME = rf"{mentions.AT}[{_UNSEEN}]*\w[\w.@＠-]*"
# RT and what people and programs write for it; up to the name come a colon, quotes, a line break, `from`.
_SHARED = (
    r"(?:(?:[RMQ]T|[PQ]RT|R/T|RP)(?![^\W\d_])|(?:re-?(?:tweet|post|blog|toot|gram)|boost)(?:s|ed|ing)?\b|[♻🔁🔄🔃]\ufe0f?)"
    rf"(?:[^\w@＠﹫]{{0,8}}{_BY})?[^\w@＠﹫]{{0,8}}{mentions.AT}[{_UNSEEN} ]*\w[\w.@＠-]*"
)
_RETWEET = re.compile(
    rf"[^\w@＠♻🔁🔄🔃]*(?:{_SHARED}|(?:HT|H/T)\W{{0,3}}{_NAME}\s?:)"
    r"|\W*(?-i:RT)\s?:|\s*(?-i:RT)\s+https?://|\s*(?-i:RT (?:[\w.@-]+|(?:[A-ZÀ-Þ]\S* ?){2,3}):\s)"
    r"|\s*♻\ufe0f?[^\n]*[@＠]|\s*[🔁🔄🔃]\ufe0f?[^\n]*(?:[@＠:]|https?://)",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    rf"[\s.]*[{_OPENS}]+\s*{_NAME}"  # a post that begins with "@name
    rf"|[\s.]*(?:{_BY}\s+)?{_NAME}(?:\s+\w+)?\s*:\s*[{_OPENS}]|\s*{_BY}\s+{_NAME}\s*:"  # @name: "…
    rf"|.*(?:^|[^\w@＠]){_SHARED}"  # a comment before RT @name
    rf"|.*[{_OPENS}]\s?{_NAME}\s?:",  # a comment before "@name: …
    re.DOTALL | re.IGNORECASE,
)
_SAYS = r"\b(?:says?|said|sagt|sagte|dit|dice|diz)\b"
_REST = r"(?:\s|[^\w\s@＠]|#\w+|https?://\S+)*$"  # behind the author there are only tags and links
_ATTRIBUTED = re.compile(
    rf"(?:^|[\s.!?…{_CLOSES}])(?:[{_DASH}]+\s*(?:{_BY}\s*)?|/?via\s*:?\s*){_NAME}{_REST}"  # words — @name
    rf"|\(\s*via\s*:?\s*{_NAME}\s*\){_REST}"
    rf"|[{_CLOSES}][\s.,;:|/(\[]*(?:(?:{_BY}|{_SAYS})[\s:]*|(?<=[(\[])){_NAME}{_REST}",  # "words" by @name
    re.IGNORECASE,
)
_QUOTE_AND_NAME = re.compile(
    rf"\s*[{_OPENS}].*[{_CLOSES}][\s.,;:|/{_DASH}]*{_NAME}{_REST}", re.DOTALL | re.IGNORECASE
)
_ANSWERS = re.compile(
    rf"[{_UNSEEN}]*(?:(?:R to|Re:|Replying to|In reply to|Antwort an|En réponse à|En respuesta a"
    rf"|Em resposta a|In risposta a|返信先[:：]|[↩↪]\ufe0f?)\s*)?{mentions.NAME}",
    re.IGNORECASE,
)


def told(post: ParsedPost) -> ParsedPost:
    """Return a post with what its words tell that its format has not."""
    text = unescaped(post.text)
    if "@" not in text and "＠" not in text and "RT" not in text and "🔁" not in text:
        return post
    refused = post.refused or quotation(text)
    is_reply = post.is_reply or bool(_ANSWERS.match(text))
    if (refused, is_reply) == (post.refused, post.is_reply):
        return post
    return replace(post, refused=refused, is_reply=is_reply)


def quotation(text: str) -> str:
    """Return why a post is somebody else's by its words alone, "" where it is not.

    Args:
        text: the post, without entities and markup.
    """
    if _RETWEET.match(text):
        return Refusal.RETWEET
    if not ("@" in text or "＠" in text):
        return ""
    is_quote = _QUOTED.match(text) or _ATTRIBUTED.search(text) or _QUOTE_AND_NAME.match(text)
    return Refusal.QUOTE if is_quote else ""
