"""Names what is no export that botus reads, so that the person learns what to do instead of reading nonsense.

The first bytes of a file or the names in an archive go in, a sentence and a hint come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_AS_TEXT = "save its text as plain text, one post per line"
_MAGIC = (
    (b"%PDF", "a PDF", _AS_TEXT),
    (b"\x89PNG", "a picture", "name the export, not its media"),
    (b"\xff\xd8\xff", "a picture", "name the export, not its media"),
    (b"GIF8", "a picture", "name the export, not its media"),
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "write its posts into a CSV: sqlite3 -csv -header FILE QUERY",
    ),
    (b"Rar!", "a RAR archive", "unpack it and name the folder"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and name the folder"),
    (b"\xfd7zXZ\0", "an xz archive", "unpack it and name the folder"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it and name the folder"),
    (b"BZh", "a bzip2 archive", "unpack it and name the folder"),
    (b"PK\x07\x08", "one part of a split zip", "join the parts, unpack them and name the folder"),
    (b"\xd0\xcf\x11\xe0", "an old Office document", _AS_TEXT),
    (b"{\\rtf", "a rich text document", _AS_TEXT),
    (b"PAR1", "a Parquet file", "write its posts into a CSV"),
    (b"\x00\x00\x00\x02", "the index of a fortune file", "name the file beside it, without .dat"),
    (b"\x00\x00\x00\x01", "the index of a fortune file", "name the file beside it, without .dat"),
)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_OTHER_YTD = re.compile(r"\s*window\.YTD\.(\w+)\.part\d+\s*=")
_COLLECTION = re.compile(r'"(likes|bookmarks)\.json"')
_ARCHIVES = (
    (r"(?:.*/)?your_instagram_activity/|(?:.*/)?instagram-", "an Instagram export", _AS_TEXT),
    (
        r"(?:.*/)?(?:your_facebook_activity|your_activity_across_facebook|facebook-)",
        "a Facebook export",
        _AS_TEXT,
    ),
    (r"(?:.*/)?(?:posts/your_posts|your_posts_?_?check_ins)", "a Facebook export", _AS_TEXT),
    (r"Takeout/", "a Google Takeout", _AS_TEXT),
    (r"(?:.*/)?word/document\.xml", "a Word document", _AS_TEXT),
    (r"(?:.*/)?xl/workbook\.xml", "an Excel workbook", "save the sheet as CSV"),
    (r"mimetype$", "an e-book or an OpenDocument file", "save it as plain text or CSV"),
    (
        r"(?:.*/)?data/(?:account|manifest|profile)\.js",
        "an X archive without data/tweets.js",
        "unpack all of it",
    ),
    (r"(?:.*/)?Your archive\.html", "the viewer of an X archive", "its data folder has tweets.js: name that"),
    (r"(?:.*/)?actor\.json", "a Mastodon archive without outbox.json", "ask your server for a new one"),
    (r"(?:.*/)?(?:encoder\.json|vocab\.bpe)", "a GPT-2 model", "name what it is to be trained on"),
)


def of_bytes(start: bytes) -> tuple[str, str] | None:
    """Return what a binary file is and what to do with it; None where it may be text."""
    for magic, what, hint in _MAGIC:
        if start.startswith(magic):
            return what, hint
    is_wide = start[:2] in (b"\xff\xfe", b"\xfe\xff")
    zeros = start[:4096].count(0)
    in_pairs = min(start[:4096:2].count(0), start[1:4096:2].count(0)) == 0
    if zeros and not is_wide and not (in_pairs and zeros > len(start[:4096]) / 5):
        return "a binary file", _AS_TEXT
    return None


def of_text(start: str) -> tuple[str, str] | None:
    """Return what a text file is that has no posts, and what to do; None where it may have some."""
    if _HTML.match(start):
        return (
            "a web page",
            "exports have the posts beside their viewer: X in data/tweets.js, Mastodon in outbox.json",
        )
    if found := _OTHER_YTD.match(start):
        return (
            f"{found[1].replace('_', ' ')} of an X archive, not its posts",
            "name the archive or data/tweets.js",
        )
    if "orderedItems" in start and (found := _COLLECTION.search(start)):
        return f"the {found[1]} of a Mastodon archive, other people's posts", "name outbox.json"
    return None


def of_names(names: Iterable[str]) -> tuple[str, str] | None:
    """Return what an archive is that botus does not read, and what to do; None where no name says."""
    for name in names:
        for pattern, what, hint in _ARCHIVES:
            if re.match(pattern, name):
                return what, hint
    return None
