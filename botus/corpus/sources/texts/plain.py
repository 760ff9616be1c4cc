"""Reads plain text: every line that is not blank is a post, unless it only divides others.

Only a `corpus.txt` or `tweets.txt` has botus's own escapes for line breaks; in anybody else's file a
backslash is a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from botus.checkpoints import samples
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.sources.chats.transcripts import without_conversations
from botus.markup import html_text, is_html
from botus.text import unescape

# "* * *", "-----", "%%%%"
_DIVIDER = re.compile(r"([=%*#~_+-])(?: ?\1){2,}|%%?")
_OWN = ("corpus.txt", "tweets.txt")


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield every line that is not blank."""
    for name in names:
        is_own = name.rpartition("/")[2] in _OWN
        lines = archive.lines(name, notes)
        for line in without_conversations(lines, archive.place(name), options.kind, notes):
            if not (text := line.strip()):
                continue
            text = unescape(text) if is_own else text
            if _DIVIDER.fullmatch(text) or samples.is_program(text):
                yield ParsedPost(text, Refusal.NOT_A_POST)
            elif samples.leftover(text):
                for piece, verdict in samples.pieces([text], []):
                    yield ParsedPost(piece, verdict)
            else:
                yield ParsedPost(html_text(text) if is_html(text) else text)
