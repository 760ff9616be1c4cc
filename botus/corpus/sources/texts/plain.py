"""Reads plain text: every line that is not blank is a post.

Only a `corpus.txt` or `tweets.txt` has botus's own escapes for line breaks; in anybody else's file a
backslash is a backslash.
"""

from __future__ import annotations

from collections.abc import Iterator

from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.post import Options, ParsedPost
from botus.corpus.sources.chats.transcripts import without_conversations
from botus.text import unescape

_OWN = ("corpus.txt", "tweets.txt")


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield every line that is not blank."""
    for name in names:
        is_own = name.rpartition("/")[2] in _OWN
        lines = archive.lines(name, notes)
        for line in without_conversations(lines, archive.place(name), options.kind):
            if text := line.strip():
                yield ParsedPost(unescape(text) if is_own else text)
