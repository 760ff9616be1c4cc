"""Names what is no export that botus reads, so that the person learns what to do instead of reading nonsense.

Every function but `refuse` returns what it is and what to do with it, or None where it may have posts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from botus.corpus.encodings import is_utf16
from botus.corpus.parsing.authors import ONE_AUTHOR
from botus.errors import FileError

Unsupported = tuple[str, str]
"""What it is, and what to do with it."""

_AS_TEXT = "save its text as plain text, one post per line"
_AS_CSV = "write its posts into a CSV"
_UNPACK = "unpack it and name the folder"
_PICTURE = "a picture", "name the export, not its media"
_INDEX = "the index of a fortune file", "name the file beside it, without .dat"
_MAGIC = {
    b"%PDF": ("a PDF", _AS_TEXT),
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"SQLite format 3\0": ("an SQLite database", f"{_AS_CSV}: sqlite3 -csv -header FILE QUERY"),
    b"Rar!": ("a RAR archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", _UNPACK),
    b"\xfd7zXZ\0": ("an xz archive", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", _UNPACK),
    b"BZh": ("a bzip2 archive", _UNPACK),
    b"PK\x07\x08": ("one part of a split zip", "join the parts, unpack them and name the folder"),
    b"\xd0\xcf\x11\xe0": ("an old Office document", _AS_TEXT),
    b"{\\rtf": ("a rich text document", _AS_TEXT),
    b"PAR1": ("a Parquet file", _AS_CSV),
    b"\x00\x00\x00\x02": _INDEX,
    b"\x00\x00\x00\x01": _INDEX,
}
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_OTHER_YTD = re.compile(r"\s*window\.YTD\.(\w+)\.part\d+\s*=")
_CONFIG = re.compile(r"\s*window\.__THAR_CONFIG\s*=")
_XML = re.compile(r"\s*<\?xml\b")
_XML_OF = {
    "wordpress.org/export": "a WordPress export (XML)",
    "schemas.google.com/blogger": "a Blogger export (XML)",
    "<livejournal": "a LiveJournal export (XML)",
    "<tumblr": "a Tumblr export (XML)",
    "<rss": "a feed (XML)",
    "w3.org/2005/Atom": "a feed (XML)",
}
_MAILBOX = re.compile(r"From \S.*\n(?:[\w-]+: .*\n(?:[ \t].*\n)*)+", re.MULTILINE)
_CHAT = "a conversation: it has other people's words"
_OWN_WORDS = "botus takes what one person has published; copy your own posts into a text file, one per line"
# Fields without capitals and signs: one of them, or all of a set, and the records are messages.
_MESSAGE_FIELDS = frozenset(
    ("sender", "senderid", "sendername", "recipient", "recipientid", "recipients", "fromid", "clientmsgid")
)
_MESSAGE_SETS = (
    {"from", "to"},
    {"personalinformation", "chats"},
    {"creator", "topicid"},
    {"authorid", "author", "date", "content"},
    {"author", "ispinned"},
    {"type", "user", "text", "ts"},
    {"username", "message", "conversationtype"},
    {"conversationid", "sentat"},
    {"address", "date", "body"},
)
_NAMED_BY_FIELDS: tuple[tuple[set[str], Unsupported], ...] = (
    (
        {"ispubliclink", "sendreplies"},
        ("the drafts of a Reddit data request", "name comments.csv or posts.csv"),
    ),
    ({"livechatid"}, ("what you wrote in live chats (Google Takeout)", "name comments.csv")),
    ({"stringmapdata"}, ("comments, likes or messages of Instagram", "name posts_1.json")),
    ({"labelvalues"}, ("comments, likes or messages of Instagram", "name posts_1.json")),
    ({"stringlistdata"}, ("likes or followers of Instagram", "name posts_1.json")),
    ({"urlwithslug"}, ("an answer of Tumblr's old API", "ask its API v2 (api/v2/blog/NAME/posts)")),
)
_LIKED = {"tweetid", "fulltext", "expandedurl"}
_COLLECTION = re.compile(r'"(likes|bookmarks)\.json"')
_X = "name the archive or data/tweets.js"
FACEBOOK = "a Facebook export, which does not say who may read a post", _AS_TEXT
_AS_JSON = "ask for it anew as JSON, not HTML"
_ARCHIVES = {
    r"(?:.*/)?your_instagram_activity/|(?:.*/)?instagram-": (
        "an Instagram export without posts in JSON",
        _AS_JSON,
    ),
    r"(?:.*/)?(?:your_facebook_activity|your_activity_across_facebook|facebook-)": FACEBOOK,
    r"(?:.*/)?(?:posts/your_posts|your_posts_?_?check_ins)": FACEBOOK,
    r"(?:.*/)?Takeout/": (
        "a Google Takeout",
        "of YouTube, unpack it and name comments.csv; of the rest " + _AS_TEXT,
    ),
    r"(?:.*/)?posts_index\.html|(?:.*/)?posts/html/\d+\.html": (
        "a Tumblr export",
        "save your posts as JSON with Tumblr's API (api/v2/blog/NAME/posts)",
    ),
    r"(?:.*/)?posts/(?:draft|\d{4}-\d\d-\d\d)_[^/]*\.html": ("a Medium export", _AS_TEXT),
    r"(?:.*/)?word/document\.xml": ("a Word document", _AS_TEXT),
    r"(?:.*/)?xl/workbook\.xml": ("an Excel workbook", "save the sheet as CSV"),
    r"mimetype$": ("an e-book or an OpenDocument file", "save it as plain text or CSV"),
    r"(?:.*/)?data/(?:account|manifest|profile)\.js": (
        "an X archive without data/tweets.js",
        "unpack all of it",
    ),
    r"(?:.*/)?Your archive\.html": (
        "the viewer of an X archive",
        "its data folder has tweets.js: name that",
    ),
    r"(?:.*/)?actor\.json": ("a Mastodon archive without outbox.json", "ask your server for a new one"),
    r"(?:.*/)?(?:encoder\.json|vocab\.bpe)": ("a GPT-2 model", "name what it is to be trained on"),
}


def refuse(place: str, what: Unsupported | None) -> None:
    """Raise FileError where one of the functions below has found something."""
    if what is not None:
        raise FileError(f"{place} is {what[0]}", what[1])


def of_bytes(start: bytes) -> Unsupported | None:
    """Tell a binary file by its first bytes."""
    for magic, what in _MAGIC.items():
        if start.startswith(magic):
            return what
    is_wide = start[:2] in (b"\xff\xfe", b"\xfe\xff") or is_utf16(start)
    if b"\0" in start[:4096] and not is_wide:
        return "a binary file", _AS_TEXT
    return None


def of_text(start: str) -> Unsupported | None:
    """Tell a text file that has no posts of one person."""
    if _HTML.match(start):
        return (
            "a web page",
            "exports have the posts beside their viewer: X in data/tweets.js, Mastodon in outbox.json",
        )
    if _XML.match(start):
        what = next((what for sign, what in _XML_OF.items() if sign in start), "XML")
        return what, _AS_TEXT
    if _MAILBOX.match(start):
        return "a mailbox", _OWN_WORDS
    return None


def of_others(start: str) -> Unsupported | None:
    """Tell a file of a known export that has private or other people's words."""
    if found := _OTHER_YTD.match(start):
        return f"{found[1].replace('_', ' ')} of an X archive, not its posts", _X
    if "orderedItems" in start and (found := _COLLECTION.search(start)):
        return f"the {found[1]} of a Mastodon archive, other people's posts", "name outbox.json"
    return ("the manifest of an X archive, not its posts", _X) if _CONFIG.match(start) else None


def of_fields(names: Iterable[str]) -> Unsupported | None:
    """Tell records that are not one person's posts by their fields.

    Args:
        names: all fields of some records, in small letters without signs.
    """
    there = set(names)
    if there >= _LIKED and "createdat" not in there:
        return "a list of liked posts, other people's words", _OWN_WORDS
    for some, what in _NAMED_BY_FIELDS:
        if there >= some:
            return what
    if there & _MESSAGE_FIELDS or any(there >= one for one in _MESSAGE_SETS):
        return _CHAT, ONE_AUTHOR
    return None


def of_names(names: Iterable[str]) -> Unsupported | None:
    """Tell an archive by the names of its files."""
    for name in names:
        for pattern, what in _ARCHIVES.items():
            if re.match(pattern, name):
                return what
    return None
