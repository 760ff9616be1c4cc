"""Reads X's archives of every generation: `tweets.js` and its parts, `tweet.js`, Grailbird, `tweets.csv`.

An archive goes in, its posts come out; long ones with the whole text of `note-tweet.js`, edited ones with
every version but the last refused. The one surprise: `retweeted` and `truncated` are always false, so the
words tell a retweet and the moment tells which long text belongs to which post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botus.corpus.parsing import moments, quotations
from botus.corpus.parsing.archive import Archive, start_of, where
from botus.corpus.parsing.decoding import glance, text_of
from botus.corpus.parsing.jsonstream import elements
from botus.corpus.parsing.post import AGAIN, EARLIER, FOLLOWERS_ONLY, NOT_A_POST, RETWEET, Found
from botus.corpus.sources import x_csv
from botus.corpus.sources.x_links import without_links
from botus.markup import unescaped
from botus.text import counted

_MODERN = re.compile(r"(?:.*/)?tweets?(?:-part(\d+))?\.js")
_MONTHS = re.compile(r"(?:.*/)?\d{4}_\d\d\.js")
_ALONE = re.compile(r"\s*(?:window\.YTD\.tweets?\.part\d+|Grailbird\.data\.tweets_[\d_]+)\s*=")
_EDIT_IDS = re.compile(rb'"editTweetIds"\s*:\s*\[([^\]]*)\]')
_INITIAL_ID = re.compile(rb'"initialTweetId"\s*:\s*"(\d+)"')
_HANDLES = re.compile(r"(?:@\w+\s+)+")

Tweet = dict[str, Any]


def files_of(archive: Archive) -> list[str]:
    """Return the names of the files that hold the posts of an X archive, in order; none where it is none."""
    modern = [(int(found[1] or 0), name) for name in archive.names if (found := _MODERN.fullmatch(name))]
    if modern:
        return [name for _, name in sorted(modern)]
    months = sorted(name for name in archive.names if _MONTHS.fullmatch(name))
    return months or x_csv.files_of(archive)


def is_tweets(start: str) -> bool:
    """Tell from the start of a file that stands alone whether it holds the posts of an X archive."""
    return bool(_ALONE.match(start)) or x_csv.is_header(start)


def posts(archive: Archive, names: list[str], notes: list[str]) -> Iterator[Found]:
    """Yield the posts.

    Args:
        archive: where they are.
        names: the files that hold them.
        notes: gets sentences for the person.
    """
    context = _Context(
        _owner(archive), _is_protected(archive), _long_texts(archive), _earlier_versions(archive, names)
    )
    for name in names:
        if x_csv.is_header(glance(start_of(archive, name, 4096))):
            tweets = x_csv.tweets(archive, name, notes)
        else:
            tweets = elements(
                text_of(archive.pieces(name), where(archive, name), notes), where(archive, name)
            )
        for record in tweets:
            yield _found(record, context)
    if context.is_protected:
        notes.append("the account was protected when this was exported: its posts are for followers only")
    if context.joined:
        notes.append(f"{counted(context.joined, 'long text')} taken from note-tweet.js")


@dataclass
class _Context:
    """What the other files of the archive say, and what has been seen so far."""

    owner: tuple[str, str]
    is_protected: bool
    long_texts: dict[int, list[str]]
    earlier: set[int]
    seen: set[int] = field(default_factory=set)
    joined: int = 0


def _found(record: object, context: _Context) -> Found:
    tweet = record.get("tweet", record) if isinstance(record, dict) else None
    text = (tweet.get("full_text") or tweet.get("text")) if isinstance(tweet, dict) else None
    if not isinstance(tweet, dict) or not isinstance(text, str):
        return Found("", NOT_A_POST)
    number = _number(tweet.get("id_str") or tweet.get("id"))
    media = _media(tweet)
    at = moments.seconds(tweet.get("created_at"))
    text = without_links(unescaped(text), _entities(tweet, "urls"), media)
    if long_text := _long_text(context.long_texts, at, text):
        text = long_text
        context.joined += 1
    text, is_reply = _addressed(text, tweet, context.owner)
    return Found(
        text,
        refused=_refusal(tweet, text, number, context),
        at=at,
        likes=_number(tweet.get("favorite_count")),
        is_reply=is_reply,
        has_media=bool(media),
        description="\n".join(one["ext_alt_text"] for one in media if one.get("ext_alt_text")),
    )


def _refusal(tweet: Tweet, text: str, number: int | None, context: _Context) -> str:
    if tweet.get("retweeted_status"):
        return RETWEET
    if number is not None:
        if number in context.earlier:
            return EARLIER
        if number in context.seen:
            return AGAIN
        context.seen.add(number)
    # Archives before 2018 have the author in every post, with the account as it was then.
    user = tweet.get("user")
    is_protected = context.is_protected or (isinstance(user, dict) and user.get("protected") is True)
    return quotations.refusal(text) or (FOLLOWERS_ONLY if is_protected else "")


def _addressed(text: str, tweet: Tweet, owner: tuple[str, str]) -> tuple[str, bool]:
    """Return the text without the author's own handle before it, and whether it answers somebody else.

    An answer to oneself continues a thread; X writes no handle before it, older clients wrote one's own.
    """
    own_id, own_name = owner
    own_id = own_id or str((tweet.get("user") or {}).get("id_str", ""))
    to = str(tweet.get("in_reply_to_user_id_str") or tweet.get("in_reply_to_user_id") or "")
    if to and to == own_id:
        own_name = str(tweet.get("in_reply_to_screen_name") or own_name)
        text = (
            re.sub(rf"^(?:@{re.escape(own_name)}\s+)+", "", text, flags=re.IGNORECASE) if own_name else text
        )
    to_somebody = bool(to and own_id and to != own_id)
    return text, to_somebody or bool(re.match(r"@\w", text))


def _media(tweet: Tweet) -> list[dict[str, Any]]:
    extended = tweet.get("extended_entities")
    found = extended.get("media") if isinstance(extended, dict) else None
    found = found if isinstance(found, list) else []
    return [one for one in found if isinstance(one, dict)] or _entities(tweet, "media")


def _entities(tweet: Tweet, kind: str) -> list[dict[str, Any]]:
    entities = tweet.get("entities")
    found = entities.get(kind) if isinstance(entities, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None


def _long_text(long_texts: dict[int, list[str]], at: float | None, text: str) -> str:
    """Return the long text of the same second that begins as the post does, "" without one."""
    candidates = long_texts.get(int(at), []) if at is not None else []
    start = _start(text)
    return next((one for one in candidates if start and _start(one).startswith(start)), "")


def _start(text: str) -> str:
    """The first letters without handles, links and white space, in which the two texts may differ."""
    text = re.sub(r"https?://\S*|….*", "", _HANDLES.sub("", text, count=1), flags=re.DOTALL)
    return "".join(text.split())[:100]


def _owner(archive: Archive) -> tuple[str, str]:
    """The account's number and name, "" where the archive does not say."""
    for record in _side_file(archive, "account.js", "account"):
        return str(record.get("accountId") or ""), str(record.get("username") or "")
    return "", ""


def _is_protected(archive: Archive) -> bool:
    """Whether only followers may read the account; the last time it was changed counts for all its posts."""
    changes = list(_side_file(archive, "protected-history.js", "protectedHistory"))
    last = max(changes, key=lambda one: moments.seconds(one.get("protectedAt")) or 0.0, default={})
    return str(last.get("action", "")).lower() == "protect"


def _long_texts(archive: Archive) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for record in _side_file(archive, "note-tweet.js", "noteTweet"):
        at = moments.seconds(record.get("createdAt"))
        core = record.get("core")
        if at is not None and isinstance(core, dict) and isinstance(core.get("text"), str):
            urls = core.get("urls")
            links = [
                {"url": one.get("shortUrl"), "expanded_url": one.get("expandedUrl")}
                for one in (urls if isinstance(urls, list) else [])
                if isinstance(one, dict)
            ]
            found.setdefault(int(at), []).append(without_links(core["text"], links, []))
    return found


def _side_file(archive: Archive, name: str, key: str) -> Iterator[dict[str, Any]]:
    path = next((one for one in archive.names if one == name or one.endswith("/" + name)), None)
    if path is None:
        return
    for record in elements(text_of(archive.pieces(path), where(archive, path), []), where(archive, path)):
        inner = record.get(key) if isinstance(record, dict) else None
        if isinstance(inner, dict):
            yield inner


def _earlier_versions(archive: Archive, names: list[str]) -> set[int]:
    """The numbers of posts that were edited later: the lists name all versions, of which the last is kept."""
    found: set[int] = set()
    for name in names:
        rest = b""
        for piece in archive.pieces(name):
            rest += piece
            for ids in _EDIT_IDS.finditer(rest):
                versions = sorted(int(one) for one in re.findall(rb"\d+", ids[1]))
                found.update(versions[:-1])
            found.update(int(one) for one in _INITIAL_ID.findall(rest))
            rest = rest[-4096:]
    return found
