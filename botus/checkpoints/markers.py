"""Where a post begins and ends in what a model writes. Pure.

A run that was trained on marked posts writes `<|startoftext|>`, the post, `<|endoftext|>`; any other run of
gpt-2-simple writes plain lines. The markers are ordinary text to its vocabulary, and the first token of one
may have swallowed the post's full stop (`.<`), so the end is looked for in bytes. Other trainers put tokens
around posts that are no text: those are looked for as tokens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

START = "<|startoftext|>"
END = "<|endoftext|>"
_END = END.encode()  # the one token of GPT-2's own vocabulary, which ends a post of plain lines too

_SHRINKING = re.compile(r"(?<!\S)\S*(?:[@＠&/]|\.\w)\S*")
# Latin, Greek, Cyrillic, Hebrew and Arabic letters, kana, Han and Hangul
_COUNTED = re.compile(
    "[ -~\n\u00c0-\u024f\u0391-\u03c9\u0400-\u045f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]"
)
_MARKER = re.compile(rb"<\|(?:startoftext|endoftext)\|>")


class Form(Enum):
    """How posts stand in what a model writes; a token at which texts end is an end in each.

    Attributes:
        opening: the text before each post; a model of TOKENS has a token there.
        stop: the text at which a post is over. After "<|", in marked text, nearly always comes a marker.
    """

    LINES = ("\n", "\n")
    MARKED = (START, "<|")
    TOKENS = ("", "")

    def __init__(self, opening: str, stop: str) -> None:
        self.opening = opening
        self.stop = stop

    @classmethod
    def trained(cls, markers: bool) -> Form:
        """How a run of gpt-2-simple was trained."""
        return cls.MARKED if markers else cls.LINES


@dataclass
class Draft:
    """A post in the making: its bytes without the stop sequence, and its tokens with those of it."""

    text: bytearray = field(default_factory=bytearray)
    tokens: int = 0
    log_prob: float = 0.0
    finished: bool = False

    def read(self) -> tuple[str, bool]:
        """Return the text up to the first whole marker in it, and whether the model came to its end."""
        text, *rest = _MARKER.split(self.text, maxsplit=1)
        return text.decode("utf-8", "replace"), self.finished or bool(rest)


class Watch:
    """Follows the posts of one batch and says when each is to stop.

    Args:
        count: posts in the batch.
        pieces: the bytes of each token id.
        form: how posts stand in what is written.
        ends: the ids of the tokens at which a post is over, besides that of END.
        max_chars: a post with more of `fewest_chars` is given up; 0 for no limit.
        begun: posts have a beginning already, so that one without more is a post.
    """

    def __init__(
        self,
        count: int,
        pieces: Sequence[bytes],
        form: Form,
        ends: Collection[int] = (),
        max_chars: int = 0,
        *,
        begun: bool = False,
    ) -> None:
        self.drafts = [Draft() for _ in range(count)]
        self._pieces = pieces
        self._form, self._stop, self._begun = form, form.stop.encode(), begun
        self._ends = ends
        self._max_chars = max_chars

    def see(self, number: int, token: int, log_prob: float) -> bool:
        """Take the next token of a post; True means that the post is to be stopped."""
        draft, piece = self.drafts[number], self._pieces[token]
        draft.tokens += 1
        draft.log_prob += log_prob
        if token in self._ends or piece == _END:
            # Where the first token of a text is also the last of the one before, both of them come together.
            draft.finished = bool(draft.text) or self._form is not Form.TOKENS or self._begun
            if not draft.finished:
                draft.tokens, draft.log_prob = 0, 0.0
            return draft.finished
        draft.text += piece
        # The stop sequence may begin in the token before; no byte is searched more often than need be.
        at = draft.text.find(self._stop, max(0, len(draft.text) - len(piece) - len(self._stop) + 1))
        if self._stop and at >= 0:
            del draft.text[at:]
            draft.finished = True
            return True
        # A letter has one byte or more, so most posts need not be decoded to know that they are short.
        if not 0 < self._max_chars < len(draft.text):
            return False
        return fewest_chars(draft.text.decode(errors="ignore")) > self._max_chars


def fewest_chars(text: str) -> int:
    """Return how many characters a text has at the least, wherever it is counted and whatever is repaired.

    A link counts the same however long it is, an emoji of many code points or a letter with marks once, and
    mentions, links and entities may be taken out.
    """
    return len(_COUNTED.findall(unicodedata.normalize("NFC", _SHRINKING.sub("", text).strip())))
