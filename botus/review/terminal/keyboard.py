"""What a terminal sends -> keys. Pure: bytes in, keys out.

A terminal sends an arrow as several bytes, the first of which is also the Esc key, and a character may arrive
in two halves. Many different characters in one piece came faster than typing, so they are a paste, also where
the terminal does not mark pastes; and a pasted text decides nothing.
"""

from __future__ import annotations

import codecs
import re

from botus.review.machine.editor import Key, Paste

_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[\]PX^_].*?(?:\x07|\x1b\\)|[^\x1b\[O\]PX^_])", re.DOTALL
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O|[\]PX^_].*)?\Z", re.DOTALL)
_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"
_ENDS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
_NUMBERS = {"1": "home", "3": "delete", "4": "end", "7": "home", "8": "end", "5": "page-up", "6": "page-down"}
_MODIFIERS = ("shift-", "alt-", "ctrl-")
_CONTROLS = {"\r": "enter", "\n": "newline", "\t": "tab", "\x7f": "backspace", "\x08": "backspace"}
_TYPED = {"enter": "\n", "newline": "\n", "tab": "\t"}
_TYPED_AT_ONCE = 3  # characters that typing can send in one piece
_PATIENCE, _PATIENCE_IN_PASTE = 0.1, 5.0


class Decoder:
    """Turns pieces of input into keys, however they were cut."""

    def __init__(self) -> None:
        self._bytes = codecs.getincrementaldecoder("utf-8")("ignore")
        self._text = ""

    @property
    def patience(self) -> float:
        """How many seconds to wait for the rest of what has begun; 0 where nothing has."""
        if self._text.startswith(_PASTE):
            return _PATIENCE_IN_PASTE
        return _PATIENCE if self._text else 0.0

    def feed(self, piece: bytes) -> list[Key]:
        """Take what was read and return the keys that are whole."""
        self._text += self._bytes.decode(piece)
        keys: list[Key] = []
        while self._text and (found := self._next()):
            length, key = found
            self._text = self._text[length:]
            keys += [key] if key else []
        return keys

    def flush(self) -> list[Key]:
        """Nothing more came: a lone escape character was the Esc key."""
        text, self._text = self._text, ""
        if text.startswith(_PASTE):
            return [Paste(text[len(_PASTE) :])]
        return ["escape"] if text == "\x1b" else []

    def _next(self) -> tuple[int, Key] | None:
        """Return the length of the next key and the key, which is empty for what means nothing."""
        text = self._text
        if text.startswith(_PASTE):
            end = text.find(_PASTE_END)
            return None if end < 0 else (end + len(_PASTE_END), Paste(text[len(_PASTE) : end]))
        if text[0] != "\x1b":
            return 1, _CONTROLS.get(text[0]) or _character(text[0])
        if text.startswith("\x1b\x1b"):
            return 1, "escape"
        if found := _SEQUENCE.match(text):
            return found.end(), _name(found[0])
        return None if _UNFINISHED.match(text) else (1, "escape")


def is_paste(keys: list[Key]) -> bool:
    """Tell whether keys that came in one piece were pasted: several, and more than two different ones."""
    letters = _letters(keys)
    return len(letters) > _TYPED_AT_ONCE and len(set(letters)) > 2


def as_paste(keys: list[Key]) -> list[Key]:
    """Take pasted keys for one text; only an Enter at its end stays a key."""
    last = keys[-1:] if keys and keys[-1] in ("enter", "newline") else []
    return [Paste("".join(_letters(keys[: len(keys) - len(last)]))), *last]


def _letters(keys: list[Key]) -> list[str]:
    typed = [key.text if isinstance(key, Paste) else _TYPED.get(key, key) for key in keys]
    return [text for text, key in zip(typed, keys, strict=True) if isinstance(key, Paste) or len(text) == 1]


def _character(letter: str) -> str:
    if letter < " ":
        return f"ctrl-{chr(ord(letter) + 96)}" if "\0" < letter <= "\x1a" else ""
    return letter if not "\x80" <= letter <= "\x9f" else ""


def _name(sequence: str) -> str:
    """The name of a key that is sent as an escape sequence; empty for what is not a key."""
    body = sequence[1:]
    if len(body) == 1:  # the Alt key puts an escape before a character
        return "alt-" + (_CONTROLS.get(body) or _character(body))
    if body[0] not in "[O":
        return ""
    number, _, modifier = body[1:-1].partition(";")
    name = _NUMBERS.get(number, "") if body[-1] == "~" else _ENDS.get(body[-1], "")
    bits = int(modifier) - 1 if modifier.isdigit() else 0
    held = "".join(word for place, word in enumerate(_MODIFIERS) if bits >> place & 1)
    return held + name if name else ""
