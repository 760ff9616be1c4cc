"""Reads X's archives of every generation: `tweets.js` and its parts, `tweet.js`, Grailbird, `tweets.csv`.

Long posts get the whole text of `note-tweet.js`; of edited ones every version but the last is refused.
`retweeted` and `truncated` are always false, so the words tell a retweet, and the moment tells which long
text belongs to which post.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botus.corpus.parsing import dates
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.decoding import glance
from botus.corpus.parsing.jsonstream import elements
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.parsing.rows import records_of
from botus.corpus.parsing.words import quotation
from botus.errors import FileError
from botus.markup import unescaped
from botus.text import counted

_MODERN = re.compile(r"(?:.*/)?tweets?(?:-part(\d{1,9}))?\.js")
_MONTHS = re.compile(r"(?:.*/)?\d{4}_\d\d\.js")
# What lists the posts that only a Circle may read, and those that were deleted; `tweets.js` may have both.
_CIRCLE = re.compile(r"(?:.*/)?twitter-circle-tweets?(?:-part\d+)?\.js")
_DELETED = re.compile(r"(?:.*/)?deleted-tweet(?:s|-headers)(?:-part\d+)?\.js")
_CIRCLES = 1661817600.0, 1698796800.0  # from August 2022 to October 2023 X had them
_FOR_FEW = ("trusted_friends_control", "trusted_friends_info", "exclusive_tweet_control")
_CSV = re.compile(r"(?:.*/)?tweets\.csv")
_CSV_COLUMNS = frozenset(("tweet_id", "timestamp", "text", "retweeted_status_id", "expanded_urls"))
_ALONE = re.compile(r"\s*(?:window\.YTD\.tweets?\.part\d+|Grailbird\.data\.tweets_[\d_]+)\s*=")
_EDIT_IDS = re.compile(rb'"editTweetIds"\s*:\s*\[([^\[\]]*)\]')
_INITIAL_ID = re.compile(rb'"initialTweetId"\s*:\s*"(\d{1,20})"')
_HANDLES = re.compile(r"(?:@\w+\s+)+")
_STATUS = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(?:\w+|i/web)/status/\d+(?:[/?#].*)?")
_SHORT = re.compile(r"https?://[\w.-]+/\w+", re.ASCII)
_NUMBERS = ("id_str", "id", "tweetId", "tweet_id")
_AGAIN = "download the archive again"

Tweet = dict[str, Any]


@dataclass
class _Context:
    """What the other files of the archive say, and what has been seen so far."""

    owner: tuple[str, str]
    is_protected: bool
    long_texts: dict[int, list[str]]
    earlier: set[int]
    circle: set[int]
    deleted: set[int]
    seen: set[int] = field(default_factory=set)
    joined: int = 0
    of_circles: int = 0


def files_of(archive: Archive) -> list[str]:
    """Return the names of the files that hold the posts of an X archive, in order; none where it is none."""
    modern = [(int(found[1] or 0), name) for name in archive.names if (found := _MODERN.fullmatch(name))]
    names = [name for _, name in sorted(modern)]
    names = names or sorted(name for name in archive.names if _MONTHS.fullmatch(name))
    if names:
        return [name for name in names if is_tweets(glance(archive.start(name, 512)))]
    tables = [name for name in archive.names if _CSV.fullmatch(name)]
    return [name for name in tables if _is_csv(glance(archive.start(name, 4096)))][:1]


def is_tweets(start: str, name: str = "") -> bool:
    """Tell from the start of a file that stands alone whether it holds the posts of an X archive."""
    return bool(_ALONE.match(start)) or _is_csv(start)


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield the posts of an archive."""
    context = _Context(
        _owner(archive),
        _is_protected(archive),
        _long_texts(archive),
        _earlier_versions(archive, names),
        _listed(archive, _CIRCLE),
        _listed(archive, _DELETED),
    )
    for name in names:
        if _is_csv(glance(archive.start(name, 4096))):
            tweets: Iterator[Any] = _csv_tweets(archive, name, notes)
        else:
            tweets = elements(archive.text(name, notes), archive.place(name))
        for record in tweets:
            yield _post(record, context)
    if context.is_protected:
        notes.append("the account was protected when this was exported: its posts are for followers only")
    if context.of_circles and not any(map(_CIRCLE.fullmatch, archive.names)):
        notes.append(
            f"{counted(context.of_circles, 'post')} may have been for a Circle only: twitter-circle-tweet.js"
            " would say so, but is not there; look through them, or name the whole archive"
        )
    if context.joined:
        notes.append(f"{counted(context.joined, 'long text')} taken from note-tweet.js")


def _post(record: object, context: _Context) -> ParsedPost:
    tweet = record.get("tweet", record) if isinstance(record, dict) else None
    text = (tweet.get("full_text") or tweet.get("text")) if isinstance(tweet, dict) else None
    if not isinstance(tweet, dict) or not isinstance(text, str):
        return ParsedPost("", Refusal.NOT_A_POST)
    number = _number(tweet.get("id_str") or tweet.get("id"))
    media = _objects(tweet.get("extended_entities"), "media") or _objects(tweet.get("entities"), "media")
    at = dates.seconds(tweet.get("created_at"))
    text = _without_links(unescaped(text), _objects(tweet.get("entities"), "urls"), media)
    text, is_reply = _addressed(text, tweet, context.owner)
    refused = _refusal(tweet, number, context) or quotation(text)
    context.of_circles += at is not None and _CIRCLES[0] <= at < _CIRCLES[1] and not refused
    if long_text := _long_text(context.long_texts, at, text):
        text, _ = _addressed(long_text, tweet, context.owner)  # the handles stand before the short text only
        context.joined += 1
    return ParsedPost(
        text,
        refused=refused,
        at=at,
        likes=_number(tweet.get("favorite_count")),
        is_reply=is_reply,
        is_deleted=number in context.deleted,
        has_media=bool(media),
        description="\n".join(one["ext_alt_text"] for one in media if one.get("ext_alt_text")),
    )


def _refusal(tweet: Tweet, number: int | None, context: _Context) -> str:
    if tweet.get("retweeted_status"):
        return Refusal.RETWEET
    if number in context.circle or any(tweet.get(one) for one in _FOR_FEW):
        return Refusal.CIRCLE
    if number is not None:
        if number in context.earlier:
            return Refusal.EARLIER
        if number in context.seen:
            return Refusal.AGAIN
        context.seen.add(number)
    # Archives before 2018 have the author in every post, with the account as it was then.
    user = tweet.get("user")
    is_protected = context.is_protected or (isinstance(user, dict) and user.get("protected") is True)
    scopes = tweet.get("scopes")
    is_protected = is_protected or (isinstance(scopes, dict) and scopes.get("followers") is True)
    return Refusal.FOLLOWERS_ONLY if is_protected else ""


def _addressed(text: str, tweet: Tweet, owner: tuple[str, str]) -> tuple[str, bool]:
    """Return the text without the author's own handle before it, and whether it answers somebody else.

    An answer to oneself continues a thread; X writes no handle before it, older clients wrote one's own.
    """
    own_id, own_name = owner
    own_id = own_id or str((tweet.get("user") or {}).get("id_str", ""))
    to = str(tweet.get("in_reply_to_user_id_str") or tweet.get("in_reply_to_user_id") or "")
    own_name = str(tweet.get("in_reply_to_screen_name") or own_name)
    if to and to == own_id and own_name:
        text = re.sub(rf"^(?:@{re.escape(own_name)}\s+)+", "", text, flags=re.IGNORECASE)
    to_somebody = bool(to and own_id and to != own_id)
    return text, to_somebody or bool(re.match(r"@\w", text))


def _objects(parent: object, key: str) -> list[dict[str, Any]]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(value: object) -> int | None:
    digits = str(value) if isinstance(value, int | str) else ""
    return int(digits) if digits.isdecimal() and len(digits) <= 20 else None


def _without_links(text: str, urls: list[dict[str, Any]], media: list[dict[str, Any]]) -> str:
    """Put in the addresses that were meant by `t.co` links, and take out the links that nobody typed.

    X appends one to the media of a post and to the post that it quotes; both are shown as boxes.
    """
    if "http" not in text:
        return text
    shown = {str(one.get("url")) for one in media}
    text = _SHORT.sub(lambda found: "" if found[0] in shown else found[0], text).rstrip()
    meant = {str(one.get("url")): str(one.get("expanded_url") or "") for one in urls}

    def whole(found: re.Match[str]) -> str:
        address = meant.get(found[0]) or found[0]
        return "" if found.end() == len(text) and _STATUS.fullmatch(address) else address

    return _SHORT.sub(whole, text).strip()


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
    for record in _side_file(archive, "account", "account"):
        return str(record.get("accountId") or ""), str(record.get("username") or "")
    return "", ""


def _is_protected(archive: Archive) -> bool:
    """Whether only followers may read the account; the last time it was changed counts for all its posts."""
    changes = list(_side_file(archive, "protected-history", "protectedHistory"))
    last = max(changes, key=lambda one: dates.seconds(one.get("protectedAt")) or 0.0, default={})
    return str(last.get("action", "")).lower() == "protect"


def _long_texts(archive: Archive) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for record in _side_file(archive, "note-tweet", "noteTweet"):
        at = dates.seconds(record.get("createdAt"))
        core = record.get("core")
        if at is not None and isinstance(core, dict) and isinstance(core.get("text"), str):
            links = [
                {"url": one.get("shortUrl"), "expanded_url": one.get("expandedUrl")}
                for one in _objects(core, "urls")
            ]
            found.setdefault(int(at), []).append(_without_links(core["text"], links, []))
    return found


def _listed(archive: Archive, files: re.Pattern[str]) -> set[int]:
    """The numbers of the posts that some files list.

    Raises:
        FileError: a file is damaged, or does not say which posts it means: then none of them can be told.
    """
    found = set[int]()
    for path in filter(files.fullmatch, archive.names):
        place = archive.place(path)
        if not archive.start(path, 1):
            raise FileError(f"{place} is empty, so it does not say which posts are not public", _AGAIN)
        for record in elements(archive.text(path, []), place):
            fields = record if isinstance(record, dict) else {}
            inner = next(
                (one for one in fields.values() if isinstance(one, dict) and len(fields) == 1), fields
            )
            number = next((one for name in _NUMBERS if (one := _number(inner.get(name)))), None)
            if number is None:
                raise FileError(f"{place} does not say which posts are not public", _AGAIN)
            found.add(number)
    return found


def _side_file(archive: Archive, name: str, key: str) -> Iterator[dict[str, Any]]:
    files = re.compile(rf"(?:.*/)?{name}(?:-part\d+)?\.js")
    for path in filter(files.fullmatch, archive.names):
        for record in elements(archive.text(path, []), archive.place(path)):
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
                versions = sorted(int(one) for one in re.findall(rb"\d{1,20}", ids[1]))
                found.update(versions[:-1])
            found.update(int(one) for one in _INITIAL_ID.findall(rest))
            rest = rest[-4096:]
    return found


def _is_csv(start: str) -> bool:
    first = next(csv.reader([re.split(r"[\r\n]", start[:4096], maxsplit=1)[0]]), [])
    return {one.strip() for one in first} >= _CSV_COLUMNS


def _csv_tweets(archive: Archive, name: str, notes: list[str]) -> Iterator[Tweet]:
    """The rows of the `tweets.csv` that archives had before 2018, in the shape of the later `tweets.js`."""
    for row in records_of(archive.lines(name, notes), archive.place(name)):
        text = row.get("text", "")
        short = re.findall(r"https?://t\.co/\w+", text)
        # The addresses of media and links in the order of the text, pictures once each, links up to twice:
        # only an equal number says which is which.
        addresses = list(dict.fromkeys(one for one in row.get("expanded_urls", "").split(",") if one))
        urls = zip(short, addresses, strict=True) if len(short) == len(addresses) else ()
        yield {
            "id_str": row.get("tweet_id"),
            "text": text,
            "created_at": row.get("timestamp"),
            "in_reply_to_user_id_str": row.get("in_reply_to_user_id"),
            "retweeted_status": row.get("retweeted_status_id"),
            "entities": {
                "urls": [{"url": one, "expanded_url": address} for one, address in urls],
                "media": [{} for one in addresses if re.search(r"/status/\d+/(?:photo|video)/", one)],
            },
        }
