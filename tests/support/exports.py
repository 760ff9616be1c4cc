"""Small exports made for the tests: the forms are those of real ones, the words are invented."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botus.corpus.parsing.post import Options, ParsedPost
from botus.corpus.sources.detection import read

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ME = "https://tooting.example/users/heron"


def parsed(path: Path, options: Options = Options()) -> list[ParsedPost]:  # noqa: B008 (it is frozen)
    """Everything a path has."""
    return list(read(path, options))


def kept(path: Path, options: Options = Options()) -> list[str]:  # noqa: B008 (it is frozen)
    """The words that are not refused."""
    return [one.text for one in parsed(path, options) if not (one.refused or one.is_deleted)]


def refused(path: Path) -> list[str]:
    """Why the others are."""
    return [one.refused for one in parsed(path) if one.refused]


def ytd(name: str, records: list[Any]) -> str:
    """A file of an X archive."""
    return f"window.YTD.{name}.part0 = " + json.dumps(records, indent=2)


def tweet(text: str, number: int = 1, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A record of tweets.js."""
    base = {
        "edit_info": {"initial": {"editTweetIds": [str(number)], "editsRemaining": "5"}},
        "retweeted": False,
        "entities": {"hashtags": [], "user_mentions": [], "urls": []},
        "display_text_range": ["0", str(len(text))],
        "favorite_count": "2",
        "id_str": str(number),
        "truncated": False,
        "created_at": "Wed Oct 10 20:19:24 +0000 2018",
        "full_text": text,
    }
    return {"tweet": base | more}


def note(content: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A Create of an outbox, public; keys of `more` go into the object."""
    base = {
        "type": "Note",
        "attributedTo": ME,
        "published": "2024-05-01T10:00:00Z",
        "to": [PUBLIC],
        "cc": [f"{ME}/followers"],
        "content": content,
    }
    post = base | more
    return {"type": "Create", "actor": ME, "to": post["to"], "cc": post["cc"], "object": post}


def outbox(*activities: dict[str, Any]) -> str:
    """An outbox.json."""
    return json.dumps(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": "outbox.json",
            "type": "OrderedCollection",
            "totalItems": len(activities),
            "orderedItems": list(activities),
        }
    )


def file(tmp_path: Path, content: object, name: str = "export") -> Path:
    """Write a file that holds bytes, a text, or anything else as JSON."""
    path = tmp_path / name
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(content)
    return path


def folder(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def tarred(path: Path, files: Mapping[str, str | bytes], mode: str = "w:gz") -> Path:
    """Write a tar."""
    with tarfile.open(path, mode) as target:  # type: ignore[call-overload]  # a mode in a variable
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            target.addfile(member, io.BytesIO(raw))
    return path
