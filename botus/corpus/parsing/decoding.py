r"""Turns the bytes of a text file into text: byte-order marks, UTF-16, UTF-8, single letters of Windows-1252.

Pieces of bytes go in, pieces of text or whole lines come out, and one sentence for the person where letters
had to be guessed. The one surprise: the guess is made for each letter that is not UTF-8, not for the file,
since files are pasted together from others; a file full of them is in neither encoding and is refused.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from botus.errors import FileError
from botus.text import counted

LONGEST = 1 << 22
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SAVE_AS = "save it as UTF-8 and try again"


def text_of(pieces: Iterable[bytes], place: str, notes: list[str]) -> Iterator[str]:
    """Yield a file as text, in pieces.

    Args:
        pieces: its bytes.
        place: how to name it to the person.
        notes: gets a sentence where letters were guessed.

    Raises:
        FileError: it is in no encoding that botus knows.
    """
    source = iter(pieces)
    start = b""
    while len(start) < 64 and (piece := next(source, b"")):
        start += piece
    encoding, mark = _encoding(start)
    rest = chain([start[mark:]], source)
    yield from _utf8(rest, place, notes) if encoding == "utf-8" else _wide(rest, encoding, place)


def glance(start: bytes) -> str:
    """Return the text of the first bytes of a file, whose last letter may be cut off."""
    encoding, mark = _encoding(start)
    return codecs.getincrementaldecoder(encoding)("replace").decode(start[mark:])


def lines_of(pieces: Iterable[str], place: str, longest: int = LONGEST) -> Iterator[str]:
    r"""Yield the lines of a text with their ends, which may be `\n`, `\r\n` or `\r`.

    Raises:
        FileError: a line is longer than `longest` letters.
    """
    rest = ""
    number = 0
    for piece in pieces:
        rest += piece
        cut = max(rest.rfind("\n"), rest.rfind("\r", 0, -1)) + 1
        for line in io.StringIO(rest[:cut], newline=""):
            number += 1
            yield line
        rest = rest[cut:]
        if len(rest) > longest:
            raise FileError(
                f"{place}: line {number + 1} is longer than {longest:,} letters",
                "is it a file of posts? put one post on a line",
            )
    if rest:
        yield from io.StringIO(rest, newline="")


def _encoding(start: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    # Without a mark, Latin text in UTF-16 has a zero in every other place.
    even, odd = start[::2].count(0), start[1::2].count(0)
    if odd > len(start) / 5 and not even:
        return "utf-16-le", 0
    if even > len(start) / 5 and not odd:
        return "utf-16-be", 0
    return "utf-8", 0


def _wide(pieces: Iterable[bytes], encoding: str, place: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileError(f"{place} is damaged: it is not {encoding.upper()} throughout", _SAVE_AS) from error


def _utf8(pieces: Iterable[bytes], place: str, notes: list[str]) -> Iterator[str]:
    # Bytes that are not UTF-8 come out as lone surrogates and are replaced one by one.
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    lines = 0
    for piece in _with_end(pieces):
        text = decoder.decode(piece, final=not piece)
        if not text.isascii() and _NOT_UTF8.search(text):
            lines += sum(1 for line in text.split("\n") if _NOT_UTF8.search(line))
            text, guessed = _NOT_UTF8.subn(_western, text)
            if guessed > 20 and guessed > len(text) / 4:
                raise FileError(f"{place} is neither UTF-8 nor Windows-1252", _SAVE_AS)
        yield text
    if lines:
        what = f"{counted(lines, 'line')} {'is' if lines == 1 else 'are'}"
        notes.append(f"{place}: {what} not UTF-8 throughout: their letters were read as Windows-1252")


def _western(found: re.Match[str]) -> str:
    return bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace")


def _with_end(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from (piece for piece in pieces if piece)
    yield b""
