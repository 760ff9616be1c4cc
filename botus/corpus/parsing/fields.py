"""Makes posts of records (rows of a CSV, objects of JSON): which field is the text, what the others say.

The names that exports, X's API and the programs that scrape it use are known; where none is there, the field
with the longest words is the text. In a CSV the objects of an API stand as the text of a Python value
(`{'id': 5}`, `User(id=5)`), so both are searched in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from botus.corpus.parsing import cells, dates, kinds
from botus.corpus.parsing.post import ParsedPost, Refusal, Taken
from botus.errors import FileError, SettingsError
from botus.screening.repair import unbroken

Record = Mapping[str, Any]

# Names are compared without capitals and whatever is no letter: created_at, createdAt and Created At are one.
_CERTAIN = (
    *("fulltext", "text", "tweettext", "tweet", "tweets", "postbodytext", "posttext", "post", "posts"),
    *("content", "contents", "toot", "rawcontent"),
)
_LIKELY = (
    *("body", "message", "status", "caption", "comment", "quote", "joke", "sentence", "line", "lines"),
    *("value", "string", "description"),
    *(
        "texto",
        "texte",
        "testo",
        "inhalt",
        "nachricht",
        "mensaje",
        "mensagem",
        "tekst",
        "текст",
        "本文",
        "内容",
    ),
)
_TEXTS = (*_CERTAIN, *_LIKELY)
_DATES = (
    *("createdat", "date", "datetime", "timestamp", "published", "postedat", "created", "time", "postdate"),
)
_LIKES = ("favoritecount", "favouritescount", "favorites", "likes", "likecount", "likescount", "favourites")
_DELETED = ("isdeleted", "deletedflag", "deleted")
_REPLIES = ("isreply", "inreplytoid", "inreplyto", "replyid")
_WARNINGS = ("spoilertext", "cw", "contentwarning")
_MEDIA = ("media", "mediaurls", "mediaattachments", "photos", "attachments")
_TRUMP = ({"text", "isretweet"}, {"text", "platform", "handle", "repostflag"})
_READERS = ("visibility", "privacy", "audience")
_EVERYBODY = frozenset(
    ("", "public", "unlisted", "home", "everyone", "everybody", "world", "visible", "none", "nan")
)
_ONE_READER = frozenset(("direct", "specified", "message"))
_FOR_FEW = ("isprivate", "private", "localonly", "friendsonly", "followersonly")
_OWNERS = ("user", "author")
_LISTED = 6  # fields that are named to a person
_PEOPLE = (  # fields of the author, of whom is answered, and within an object of either
    (
        ("authorid", "userid", "useridstr", "accountid"),
        ("inreplytouseridstr", "inreplytouserid", "replytouserid", "repliedtouserid", "inreplytoaccountid"),
        ("id_str", "id"),
    ),
    (
        ("username", "screenname", "userscreenname"),
        ("inreplytoscreenname", "inreplytousername", "replytoscreenname", "replytousername"),
        ("screen_name", "username"),
    ),
)
_ADDRESSED = re.compile(r"['\"](?:screen_name|username)['\"]\s*:\s*['\"](\w+)")
_NOBODY = frozenset(("", "none", "nan", "null", "0", "0.0", "false", "na", "<na>", "[]", "{}"))
_NO_LETTER = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d_]{2}")
_FEW_WORDS = 1.5


def post_of(record: Record, text_field: str) -> ParsedPost:
    """Return the post of a record.

    Args:
        record: its fields by name; capitals make no difference, save in the name of the text.
        text_field: the one with the words.
    """
    raw = record.get(text_field)
    if not isinstance(raw, str):
        return ParsedPost("", Refusal.NOT_A_POST)
    low = {plainly(name): value for name, value in record.items()}
    text = cells.words((_long_text(low) if plainly(text_field) in ("text", "fulltext") else "") or raw)
    kind = kinds.kind_of(low, plainly(text_field))
    is_none = Refusal.NOT_A_POST if cells.is_placeholder(text) else ""
    likes = map(_count, [*_values(low, _LIKES), _inside(low.get("publicmetrics"), "like_count")])
    return ParsedPost(
        text,
        refused=(kind if kind != kinds.REPLY else "") or _refusal(low) or is_none,
        at=next((at for at in map(dates.seconds, _values(low, _DATES)) if at is not None), None),
        likes=next((count for count in likes if count is not None), None),
        is_reply=_is_reply(low, kind),
        is_deleted=_any_true(low, _DELETED),
        warning=next((one.strip() for one in _values(low, _WARNINGS) if isinstance(one, str)), ""),
        has_media=_any_true(low, _MEDIA),
    )


@lru_cache(maxsize=4096)  # every record of a file has the same names
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


def text_field(
    names: Sequence[str], records: Sequence[Record], place: str, wanted: str | None, called: str
) -> str:
    """Return the field that has the words of the posts.

    Args:
        names: of all fields.
        records: a sample of them.
        place: how to name the file to the person.
        wanted: what the person calls the field; None: find it.
        called: what such a field is called: "column" or "field".

    Raises:
        FileError: no field has words.
        SettingsError: there is no such field.
    """
    listed = ", ".join(names)
    if wanted is not None:
        for name in [one for one in names if one == wanted] or names:
            if name.lower() == wanted.strip().lower():
                return name
        raise SettingsError(f"{place} has no {called} {wanted}", f"it has: {listed[:500]}")
    by_low = {plainly(name): name for name in reversed(names)}
    scores = {name: _wordiness(record.get(name) for record in records) for name in names}
    for known in _TEXTS:
        if known in by_low and scores[by_low[known]] >= (_FEW_WORDS if known in _LIKELY else 0.01):
            return by_low[known]
    best = max(scores, key=lambda name: scores[name], default="")
    if scores.get(best, 0) < _FEW_WORDS:
        raise FileError(
            f"{place}: no {called} has words (it has: {listed[:200]})",
            f"name the {called} with the text: --column NAME",
        )
    return best


def taken(names: Sequence[str], text: str, place: str, called: str) -> Taken:
    """Say which field the texts were taken from, and the times, and how to take another."""
    by_low = {plainly(name): name for name in reversed(names) if name != text}
    at = next((by_low[known] for known in _DATES if known in by_low), "")
    times = f", the times those of {at!r}" if at else ""
    others = [name for name in names if name not in (text, at)]
    more = f"; --column takes another: {', '.join(others[:_LISTED])}" + ", …" * (len(others) > _LISTED)
    return Taken(f"{place}: the texts are those of {called} {text!r}{times}{more if others else ''}")


def _wordiness(values: Iterable[object]) -> float:
    """How many words a value has on average; addresses, numbers and dates are no words."""
    counts = [
        sum("://" not in word and bool(_WORD.search(word)) for word in unbroken(value).split())
        if isinstance(value, str) and dates.seconds(value) is None
        else 0
        for value in values
    ]
    return sum(counts) / max(1, len(counts))


def _long_text(low: Record) -> str:
    """The whole text of a post that its own field has cut off, "" where there is none."""
    for field, name in (("notetweet", "text"), ("extendedtweet", "full_text")):
        value = low.get(field)
        if isinstance(value, dict) and isinstance(value.get(name), str):
            return str(value[name])
    return ""


def _refusal(low: Record) -> str:
    """Why the fields say that somebody else wrote it, or that not everybody may read it."""
    if "retweeted" in str(low.get("referencedtweets", "")):
        return Refusal.RETWEET
    # Whom a word that is not known lets in is not known either: then it is not everybody.
    readers = {str(one if one is not None else "").strip().lower() for one in _values(low, _READERS)}
    if readers & _ONE_READER:
        return Refusal.DIRECT
    protected = [low.get("userprotected"), *(_inside(low.get(one), "protected") for one in _OWNERS)]
    is_protected = any(str(one).lower() == "true" for one in protected)
    return Refusal.FOLLOWERS_ONLY if is_protected or readers - _EVERYBODY or _any_true(low, _FOR_FEW) else ""


def _is_reply(low: Record, kind: str) -> bool:
    """X's numbers of what was answered say nothing alone: they are there in threads with oneself too."""
    to_somebody = _answers_somebody(low)
    is_answer = kind == kinds.REPLY or "replied_to" in str(low.get("referencedtweets", ""))
    if to_somebody or (is_answer and to_somebody is None):
        return True
    account = low.get("account")
    to_oneself = isinstance(account, dict) and account.get("id") == low.get("inreplytoaccountid")
    return not to_oneself and _any_true(low, _REPLIES)


def _answers_somebody(low: Record) -> bool | None:
    """Whether it answers somebody other than its author; None where that cannot be told."""
    own = set[str]()
    for of_author, of_answered, inner in _PEOPLE:
        own = _people(low, of_author, _OWNERS, inner)
        to = _people(low, of_answered, ("inreplytouser",), inner)
        if own and to:
            return not own & to
    names = {one.lower() for one in _ADDRESSED.findall(str(low.get("replyto", "")))}
    return bool(names - own) or None


def _people(low: Record, fields: Iterable[str], objects: Iterable[str], inner: Iterable[str]) -> set[str]:
    found = [low.get(field) for field in fields]
    found += [_inside(low.get(one), name) for one in objects for name in inner]
    return {str(one).lower().removesuffix(".0") for one in found if not _is_nobody(one)}


def _inside(value: object, name: str) -> object:
    """A field of an object, or of the text of one."""
    if isinstance(value, dict):
        return value.get(name)
    if not value:  # as in nearly every record
        return None
    found = re.search(rf"['\"(\s]{name}['\"]?\s*[:=]\s*['\"]?([^'\",)}}]*)", str(value))
    return found[1] if found else None


def _is_nobody(value: object) -> bool:
    return not value or str(value).strip().lower() in _NOBODY


def _values(low: Record, names: Iterable[str]) -> list[Any]:
    return [low[name] for name in names if name in low]


def _any_true(low: Record, names: Iterable[str]) -> bool:
    return any(map(kinds.is_filled, _values(low, names)))


def _count(value: object) -> int | None:
    try:
        return int(float(str(value).replace(",", "")))
    except (ValueError, OverflowError):
        return None
