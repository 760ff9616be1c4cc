"""Repairs letters that other programs broke before: halves, and UTF-8 that was read as Windows-1252.

A text goes in, the text comes out. The one surprise: `â€™` becomes `’` only where the whole text can be read
in this way; a text with one letter that speaks against it stays as it is.
"""

from __future__ import annotations

import re

_HALF = re.compile("[\ud800-\udfff]")
# The first byte of two, three or four of UTF-8, and one that may follow it, both read as Windows-1252.
_TWICE = re.compile("[ÂÃâð][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def whole(text: str) -> str:
    """Take out halves of letters, which are left where a text was cut at a length; no file can hold them."""
    return _HALF.sub("", text)


def read_once(text: str) -> str:
    """Return what a text was before it was saved as UTF-8, read as Windows-1252, and saved again."""
    if not _TWICE.search(text):
        return text
    try:
        return b"".join(map(_byte, text)).decode()
    except ValueError:
        return text


def _byte(letter: str) -> bytes:
    """Windows-1252 leaves five places empty, which programs fill with the control characters there."""
    return bytes([ord(letter)]) if "\x80" <= letter <= "\x9f" else letter.encode("cp1252")
