"""The letters in which a vocabulary writes the bytes of its tokens.

They are those of bytes_to_unicode in openai/gpt-2's src/encoder.py: a byte that can be seen in Latin-1 stands
for itself; the others are numbered from U+0100 on, so that a space is Ġ and a line break Ċ.
"""

from __future__ import annotations

_SEEN = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_HIDDEN = [byte for byte in range(256) if byte not in _SEEN]
_BYTES = {chr(byte): byte for byte in _SEEN} | {chr(0x100 + i): byte for i, byte in enumerate(_HIDDEN)}
_LETTERS = {byte: letter for letter, byte in _BYTES.items()}


def as_bytes(token: str) -> bytes:
    """Return the bytes of a token; one in other letters was added by hand, as its own text."""
    if all(letter in _BYTES for letter in token):
        return bytes(_BYTES[letter] for letter in token)
    return token.encode()


def spelled(text: str) -> str:
    """Return a text as a token is spelled."""
    return "".join(_LETTERS[byte] for byte in text.encode("utf-8", "surrogateescape"))
