"""Which arrays of an object have a person's own posts, and which those of others.

Backups and APIs put what a person wrote beside what that person liked, saved or was told. The names of the
arrays say which is which; where they do not, nothing is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from botus.corpus.parsing.jsonstream import is_by_name
from botus.errors import FileError

Path = tuple[str, ...]

_OWN = re.compile(
    r"own|my|mine|statuses|posts?|tweets?|toots?|skeets?|outbox|ordereditems|articles?|blogposts|publications?"
    r"|submissions?|submitted"
)
_PERHAPS = re.compile(
    r"notes?|items?|entries|data|records?|results?|rows|values|objects?|texts?|threads?|list|children"
)
_OTHERS = re.compile(
    r"fav\w*|likes?|liked|upvoted?|downvoted?|votes?|bookmark\w*|mention\w*|notif\w*|follow\w*|friends?|block\w*"
    r"|mut(?:e|es|ed)|hidden|saved?|saves|collections?|collected|feeds?|timelines?|home|lists|dms?|direct|inbox"
    r"|messages?|chats?|conversations?|includes|included|boost\w*|reblog\w*|retweet\w*|repost\w*|shared?|seen|viewed"
    r"|subscri\w*|recommend\w*|trending|ads|others?|received|replies|drafts?|scheduled|queued?|archived|deleted"
    r"|private|quoted|referenced|tagged|watch\w*|ancestors|descendants"
)
_TASTE = re.compile(
    r"fav\w*|likes?|liked|upvoted?|downvoted?|bookmark\w*|saved|saves|mention\w*|boost\w*|reblog\w*|retweet\w*"
    r"|repost\w*"
)
_PEOPLE = re.compile(r"users?|accounts?|profiles?|people|authors?|members?|contacts?|actors?")
# Whose they are, the authors in them say.
_WITH_AUTHORS = re.compile(r"messages?|feeds?|timelines?")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_OWNERS = ("account", "user", "owner", "author", "profile", "me")
_ALIKE = ("id", "id_str", "did", "acct", "handle", "username", "screen_name", "url", "uri")
_SHOWN = 8


def chosen(arrays: Mapping[Path, Sequence[Any]], place: str) -> tuple[list[Path], list[str]]:
    """Return the arrays with own posts, and the names of those that are left out.

    Args:
        arrays: the first elements of each, by the keys that lead to it.
        place: how to name the file to the person.

    Raises:
        FileError: all are of other people's posts, or it cannot be told which is the person's own.
    """
    worded = [path for path, first in arrays.items() if any(map(_has_words, first))]
    are_others = {path: _is_of_others(path) for path in worded}
    others = [path for path in worded if are_others[path]]
    rest = [path for path in worded if not are_others[path]]
    own = [path for path in rest if _any(_OWN, _name(path))]
    own = (
        own
        or [path for path in rest if _any(_PERHAPS, _name(path))]
        or [one for one in rest if len(one) == 1]
    )
    if not own and not others:
        return rest if len(rest) == 1 else [], []
    if not own and len(others) == 1 and _says_who(others[0][-1], arrays[others[0]]):
        return others, []
    if not own:
        named = _listed(others)
        raise FileError(
            f"{place} has only other people's posts or private ones: {named}",
            "name a file with your own posts",
        )
    if len(own) > 1 and not any(_any(_OWN, _name(path)) or _any(_PERHAPS, _name(path)) for path in own):
        raise FileError(
            f"{place} has several lists, and it does not say which are your own posts: {_listed(own)}",
            f"copy your own into a file, for example: jq '.{'.'.join(map(_in_jq, own[0]))}' FILE > mine.json",
        )
    taken = frozenset(own)
    return own, [".".join(path) for path in worded if path not in taken]


def within(record: Mapping[str, Any]) -> dict[Path, list[Any]]:
    """Return the arrays of an object and of the objects in it, by the keys that lead there."""
    found: dict[Path, list[Any]] = {}
    for name, value in record.items():
        if isinstance(value, list):
            found[(name,)] = value
        elif isinstance(value, dict) and is_by_name(value):
            found[(name,)] = list(value.values())
        elif isinstance(value, dict):
            found |= {(name, inner): one for inner, one in value.items() if isinstance(one, list)}
    return found


@lru_cache(maxsize=4096)
def is_own(path: Path) -> bool:
    """Tell whether the name of an array says that its elements are posts."""
    return not _is_of_others(path) and (_any(_OWN, _name(path)) or _any(_PERHAPS, _name(path)))


def is_taste(name: str) -> bool:
    """Tell whether a name says that its owner liked, kept or shared what it has, so that others wrote it."""
    return any(_TASTE.fullmatch(word) for word in _words(name))


def left_out(names: Sequence[str]) -> str:
    """The sentence on arrays that were not read."""
    are = "are" if len(names) > 1 else "is"
    return f"{_listed([(one,) for one in names])} {are} other people's or not posts: left out"


def owner_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the account whose backup an object is, nothing where it does not say."""
    found = (record.get(name) for name in _OWNERS)
    return next((one for one in found if isinstance(one, dict)), {})


def is_by_other(record: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    """Tell whether a record names an author who is not the owner."""
    author = owner_of(record)
    shared = [name for name in _ALIKE if author.get(name) and owner.get(name)]
    return bool(shared) and not any(_same(author[name], owner[name]) for name in shared)


def _same(one: object, other: object) -> bool:
    return str(one).strip().lower() == str(other).strip().lower()


def _is_of_others(path: Path) -> bool:
    if any(word in ("own", "my", "mine") for word in _words(path[-1])):
        return is_taste(path[-1])
    is_people = bool(_PEOPLE.fullmatch((_words(path[-1]) or [""])[-1]))
    return is_people or any(_any(_OTHERS, name) for name in path)


def _says_who(name: str, first: Sequence[Any]) -> bool:
    if not _any(_WITH_AUTHORS, name):
        return False
    found = [one.get("post", one) for one in first if isinstance(one, dict)]
    return "message" in name or (
        bool(found) and all(isinstance(one, dict) and owner_of(one) for one in found)
    )


def _name(path: Path) -> str:
    """What the elements of an array are; days and numbers do not say it, what they stand in does."""
    return next((one for one in reversed(path) if any(map(str.isalpha, one))), "list")


def _in_jq(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else json.dumps(name, ensure_ascii=False)


@lru_cache(maxsize=4096)  # every record of a file has the same names
def _any(names: re.Pattern[str], name: str) -> bool:
    return any(names.fullmatch(word) for word in [*_words(name), "".join(_words(name))])


def _words(name: str) -> list[str]:
    """The words of a name; of one with dots, such as `app.bsky.feed.like`, the last piece says what it is."""
    return [word.lower() for word in _WORDS.findall(name.rpartition(".")[2])]


def _has_words(value: object) -> bool:
    """Whether there is a text of several words somewhere in it."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(map(_has_words, islice(inner, 100)))
    return isinstance(value, str) and len(value.split()) > 1


def _listed(paths: Sequence[Path]) -> str:
    names = [".".join(path) for path in paths]
    shown = [*names[:_SHOWN], "…"] if len(names) > _SHOWN else names
    return ", ".join(shown[:-1]) + f" and {shown[-1]}" if len(shown) > 1 else shown[0]
