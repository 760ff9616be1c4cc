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
    rf"|(?:^|\s)[—–]\s*[^\n@]{{1,60}}\({_NAME}\)|\bpost shared by\b[^\n@]{{0,60}}\({_NAME}\)"  # embedded
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
    if not any(sign in text for sign in ("@", "＠", "﹫", "RT", "🔁", "🔄", "🔃")):
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
    if not ("@" in text or "＠" in text or "﹫" in text):
        return ""
    is_quote = _QUOTED.match(text) or _ATTRIBUTED.search(text) or _QUOTE_AND_NAME.match(text)
    return Refusal.QUOTE if is_quote else ""


def is_part(text: str) -> bool:
    """Tell whether a post is only a part: it goes on behind a link, or is numbered as one of several.

    Not every `1/2` is a number of parts: `1/2 cup`, `10/10`, `9/11`, `24/7` and `the score is 3/4` are none.
    """
    text = _TURNS.sub("", text).strip()
    if len(text) > 2 * _END:  # only the ends say so
        text = f"{text[:_END]}\n{text[-_END:]}"
    if not _MAY_BE_PART.search(text):
        return False
    return bool(_GOES_ON.search(text) or _NUMBERED.search(text)) or any(map(_is_count, _BARE.finditer(text)))


_MAY_BE_PART = re.compile(
    r"[/…／]|\.\.|cont|more|thread|\bcontd|🧵|続|つづ|fort|sui|sig|\d (?:of|von|de|sur) \d", re.IGNORECASE
)
_ADDRESS = r"(?:https?:/\S*+|(?:www\.)?[\w-]+(?:\.[\w-]+)+/\S*+|[\w./:-]*t\.co\S*+)"
_CONT = (
    r"(?:cont(?:['’]?d|inued|inues|inua|inúa|\.)?|more|read more|see more|forts(?:\.|etzung(?: folgt)?)?|mehr"
    r"|suite|à suivre|sigue|segue|続く|続き|つづく)"
)
_GOES_ON = re.compile(
    rf"(?:…|\.\.+|\[…\]|\(…\))[\s)\]»”\"|>-]*(?:{_CONT}[:\s]*)?{_ADDRESS}(?:\s+#\w+)*$"  # wor… https://…
    rf"|https?:/?/?[\w./-]*…$"  # an address that is cut off itself
    rf"|[(\[（]\s*(?:\.\.+|…)?\s*{_CONT}\s*(?:\.\.+|…|>+|→)?\s*[)\]）][\s.…]*(?:{_ADDRESS})?$"  # (cont) https://…
    rf"|(?:…|\.\.+)\s*{_CONT}\.?$|\btl\.gd/\w+|\btwitlonger\.com/\S+"
    rf"|^[(\[（]\s*(?:\.\.+|…)?\s*{_CONT}\s*[)\]）]",
    re.IGNORECASE,
)
_N = r"[0-9０-９]{1,2}"
_OF_N = rf"{_N}\s?(?:[/／]|\bof\b|\bvon\b|\bde\b|\bsur\b)\s?(?:{_N}|[nNxX?∞])"
_NUMBERED = re.compile(
    rf"(?:^|\s|[.!?…])[(\[（【]\s*(?:(?:thread|part|teil|parte|partie)\s*)?{_OF_N}\s*[)\]）】]\s*(?:$|{_ADDRESS}$|(?:#\w+\s*)+$)"
    rf"|^[(\[（【]\s*(?:(?:thread|part|teil|parte|partie)\s*)?{_OF_N}\s*[)\]）】]"
    rf"|^{_N}[/／](?:\s|$|[nNxX?∞]\b)|(?:\s){_N}[/／][nNxX?∞]?$|\s[/／]{_N}$|^[/／]{_N}\s"  # 1/ and /2
    rf"|^\W*(?:thread|a thread|mini-?thread)\s*(?:[:/1🧵👇⬇]|\n|$)|🧵\s*(?:👇|⬇\ufe0f?|{_N}[/／]|:|$)|^🧵"
    r"|[(\[](?:a |mini-?)?thread[)\]]",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?:^|(?<=\s))({_N})[/／]({_N})(?![\w/／.,%-])(?=\s*$|\W)")
_FRACTIONS = frozenset(
    ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 8), (3, 8), (5, 8), (7, 8), (4, 5), (9, 11))
)
_RATINGS = (5, 10, 20)
_FEW_WORDS = 6  # of an ingredient
_END = 500  # letters
_TURNS = re.compile("[\u061c\u200e\u200f\u2066-\u2069]")  # which way a text is read


def _is_count(found: re.Match[str]) -> bool:
    """Whether `2/3` at an end counts the parts of a post."""
    part, parts = int(found[1]), int(found[2])
    before, after = found.string[: found.start()], found.string[found.end() :]
    if not 1 <= part <= parts or parts < 2 or (part, parts) == (9, 11):  # the day
        return False
    if not before.strip():
        is_set_off = re.match(r"[ ]?[\n:)\].–—|-]", after)
        first = re.match(r"\s+[\"“„«(]?([^\W\d_])", after)
        is_sentence = first is not None and first[1].isupper()
        is_count = (part, parts) not in _FRACTIONS or len(after.split()) > _FEW_WORDS
        return bool(is_set_off) or (is_sentence and is_count)
    if after.strip():
        return False
    if re.search(r"(?:…|\.\.|\n)\s*$", before):
        return True
    if re.search(r"[.!?\"”)]\s*$", before):
        return parts not in _RATINGS
    return parts <= 3 and part in (1, parts)
