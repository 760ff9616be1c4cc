"""Finds the posts in a whole download of Instagram or Threads, and whether the account is private."""

from __future__ import annotations

import re

from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.jsonstream import document
from botus.errors import FileError

_POSTS = re.compile(
    r"(?:.*/)?(?:content|media|threads)/(?:posts_\d+|reels(?:_\d+)?|threads_and_replies)\.json"
)
_PERSONAL = "personal_information.json"
_PRIVATE = re.compile("privat|bizalmas|gizli|非公開|비공개|приват|закрыт", re.IGNORECASE)


def files_of(archive: Archive) -> list[str]:
    """Return the files with posts and reels; none where it is no such download, or one in HTML."""
    return [name for name in archive.names if _POSTS.fullmatch(name)]


def check_public(archive: Archive, notes: list[str]) -> None:
    """Refuse the posts of a private account; a note says where the download does not tell.

    Raises:
        FileError: only followers may read the account.
    """
    name = next((one for one in archive.names if one.rpartition("/")[2] == _PERSONAL), None)
    said = _answers(document(archive.text(name, []), archive.place(name))) if name else []
    if any(said):
        raise FileError(
            f"{archive.path} is of a private account, which only its followers may read",
            "copy the posts that may be public into a text file, one per line",
        )
    if not said:
        notes.append(f"{archive.path} does not say whether the account is private")


def _answers(value: object) -> list[bool]:
    """What is said of privacy, wherever it stands: `"Private Account": {"value": "False"}`."""
    if isinstance(value, list):
        return [one for inner in value for one in _answers(inner)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        if _PRIVATE.search(key) and isinstance(inner, dict) and "value" in inner:
            found.append(str(inner["value"]).strip().lower() not in ("false", "0", "no", ""))
        else:
            found += _answers(inner)
    return found
