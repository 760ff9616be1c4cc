"""Finds the fields of a record that matter: its words, its moment, its likes, what it says of itself.

Records (rows of a CSV, objects of JSON) go in, posts come out. The names that dumps of posts use are known;
where no name is, the field with the longest words is the text. The one surprise: a record of another
person's post is told by its flags (`isRetweet` is "t", "true" or TRUE) as well as by its words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botus.corpus.parsing import dumps, moments, quotations
from botus.corpus.parsing.post import BOOST, DIRECT, FOLLOWERS_ONLY, NOT_A_POST, RETWEET, Found
from botus.markup import html_text, unescaped

Record = Mapping[str, Any]

# Names are compared without capitals and whatever is no letter: created_at, createdAt and Created At are one.
_CERTAIN = (
    *("fulltext", "text", "tweettext", "tweet", "tweets", "postbodytext", "posttext", "post", "posts"),
    *("content", "contents", "toot", "rawcontent"),
)
_CUT = ("text", "fulltext")
_LIKELY = (
    *("body", "message", "status", "caption", "comment", "quote", "joke", "sentence", "line", "lines"),
    *("value", "string", "description"),
)

_TEXTS = (*_CERTAIN, *_LIKELY)
_DATES = (
    "createdat",
    "date",
    "datetime",
    "timestamp",
    "published",
    "postedat",
    "created",
    "time",
    "postdate",
)
_LIKES = ("favoritecount", "favouritescount", "favorites", "likes", "likecount", "likescount", "favourites")
_RETWEETS = ("isretweet", "retweetedstatus", "retweetedstatusid", "repostflag", "isrepost")
_BOOSTS = ("reblog", "isreblog", "isboost")
_DELETED = ("isdeleted", "deletedflag", "deleted")
_REPLIES = ("isreply", "inreplytoid", "inreplyto", "replyid")
_WARNINGS = ("spoilertext", "cw", "contentwarning")
_MEDIA = ("media", "mediaurls", "mediaattachments", "photos", "attachments")
_NOT_TRUE = frozenset(("", "f", "false", "0", "0.0", "no", "n", "none", "null", "nan", "[]"))
_TRUMP = ({"text", "isretweet"}, {"text", "platform", "handle", "repostflag"})
_READERS = ("visibility", "privacy", "audience")
_EVERYBODY = frozenset(
    ("", "public", "unlisted", "home", "everyone", "everybody", "world", "visible", "none", "nan")
)
_ONE_READER = frozenset(("direct", "specified", "message"))
_FOR_FEW = ("isprivate", "private", "localonly", "friendsonly", "followersonly")
_NO_LETTER = re.compile(r"[\W_]+")
_FEW_WORDS = 1.5
_LIST = re.compile(r"\[\s*(['\"]).*\1\s*\]", re.DOTALL)


def found(record: Record, text_field: str) -> Found:
    """Return the post of a record.

    Args:
        record: its fields by name; capitals make no difference, save in the name of the text.
        text_field: the one with the words.
    """
    raw = record.get(text_field)
    if not isinstance(raw, str):
        return Found("", NOT_A_POST)
    low = {plainly(name): value for name, value in record.items()}
    text = words((dumps.long_text(low) if plainly(text_field) in _CUT else "") or raw)
    return Found(
        text,
        refused=_refusal(low, text),
        at=next((at for at in map(moments.seconds, _values(low, _DATES)) if at is not None), None),
        likes=next(
            (n for n in map(_count, [*_values(low, _LIKES), dumps.likes(low)]) if n is not None), None
        ),
        is_reply=_is_reply(low, text),
        is_deleted=any(map(_is_true, _values(low, _DELETED))),
        warning=next((one.strip() for one in _values(low, _WARNINGS) if isinstance(one, str)), ""),
        has_media=any(map(_is_true, _values(low, _MEDIA))),
    )


def plainly(name: str) -> str:
    """Return a field's name without what dumps write differently."""
    return _NO_LETTER.sub("", name.lower())


def is_text(name: str) -> bool:
    """Tell whether a field of this name has the words of posts."""
    return plainly(name) in _TEXTS


def is_trump(names: Iterable[str]) -> bool:
    """Tell from the names of the fields whether it is The Trump Archive, of any version."""
    plain = set(map(plainly, names))
    return any(known <= plain for known in _TRUMP)


def words(raw: str) -> str:
    """Undo what dumps do to the words: `['text']`, HTML, character references."""
    text = raw.strip()
    if _LIST.fullmatch(text):
        text = _unlisted(text)
    if text.startswith(("<p>", "<p ")) and text.endswith("</p>"):
        return html_text(text)
    return unescaped(text).strip()


def text_field_of(records: Sequence[Record]) -> str | None:
    """Return the field that has the words of the posts; None where there is none.

    Args:
        records: a sample of them.
    """
    names = list(dict.fromkeys(name for record in records for name in record))
    by_low = {plainly(name): name for name in reversed(names)}
    scores = {name: _wordiness(record.get(name) for record in records) for name in names}
    for known in _TEXTS:
        if known in by_low and scores[by_low[known]] >= (_FEW_WORDS if known in _LIKELY else 0.01):
            return by_low[known]
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= _FEW_WORDS else None


def _wordiness(values: Iterable[object]) -> float:
    """How many words a value has on average; addresses, numbers and dates are no words."""
    count = words_ = 0
    for value in values:
        count += 1
        if isinstance(value, str) and moments.seconds(value) is None:
            words_ += sum(
                1 for word in value.split() if re.search(r"[^\W\d_]{2}", word) and "://" not in word
            )
    return words_ / count if count else 0.0


def _refusal(low: Record, text: str) -> str:
    if any(map(_is_true, _values(low, _RETWEETS))):
        return RETWEET
    if any(map(_is_true, _values(low, _BOOSTS))):
        return BOOST
    if private := _private(low):
        return private
    return dumps.refusal(low) or quotations.refusal(text)


def _private(low: Record) -> str:
    """Whom a word that is not known lets in is not known either: then it is not everybody."""
    readers = {str(one if one is not None else "").strip().lower() for one in _values(low, _READERS)}
    if readers & _ONE_READER:
        return DIRECT
    return FOLLOWERS_ONLY if readers - _EVERYBODY or any(map(_is_true, _values(low, _FOR_FEW))) else ""


def _is_reply(low: Record, text: str) -> bool:
    """X's numbers of what was answered say nothing alone: they are there in threads with oneself too."""
    account = low.get("account")
    to_oneself = isinstance(account, dict) and account.get("id") == low.get("inreplytoaccountid")
    if re.match(r"@\w", text) or dumps.answers_somebody(low):
        return True
    return not to_oneself and any(map(_is_true, _values(low, _REPLIES)))


def _values(low: Record, names: Iterable[str]) -> list[Any]:
    return [low[name] for name in names if name in low]


def _is_true(value: object) -> bool:
    return str(value).strip().lower() not in _NOT_TRUE if value else False


def _count(value: object) -> int | None:
    try:
        return int(float(str(value).replace(",", "")))
    except (ValueError, OverflowError):
        return None


def _unlisted(text: str) -> str:
    try:
        parts = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    if not isinstance(parts, list) or not all(isinstance(one, str) for one in parts):
        return text
    return "\n".join(parts)
