"""Turns the bytes of a text file into text or lines, and repairs letters that other programs broke before.

In a file that is UTF-8 but for some letters, each of those is read as Windows-1252, since files are pasted
together from others; `corpus.encodings` tells what a file is in that is not UTF-8 at all. Whatever was
guessed is one sentence for the person.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain

import ftfy

from botus.corpus import encodings
from botus.errors import FileError
from botus.screening.repair import unbroken
from botus.text import counted

LONGEST = 1 << 22
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 1 << 16
_ONLY_ENCODING = ftfy.TextFixerConfig(
    restore_byte_a0=False,
    replace_lossy_sequences=False,
    decode_inconsistent_utf8=False,
    fix_c1_controls=False,
)
_LETTER_OR_TWO_BYTES = re.compile("[ÂÃ] ")
_ALSO_SPACES = _ONLY_ENCODING._replace(restore_byte_a0=True)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SAVE_AS = "name its encoding with --encoding, or save it as UTF-8"
_NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7")


def text_of(pieces: Iterable[bytes], place: str, notes: list[str]) -> Iterator[str]:
    """Yield a file as text, in pieces.

    Args:
        pieces: its bytes.
        place: how to name it to the person.
        notes: gets a sentence where letters were guessed.

    Raises:
        FileError: it is in no encoding that botus can tell.
    """
    source = iter(pieces)
    start = b""
    while len(start) < _SAMPLE and (piece := next(source, b"")):
        start += piece
    encoding, mark = _encoding(start)
    rest = chain([start[mark:]], source)
    if encoding == "utf-8":
        yield from _utf8(rest, place, notes)
        return
    if not encoding.startswith("utf"):
        notes.append(
            f"{place} is not UTF-8: it was read as {encoding}; if letters are wrong: --encoding NAME"
        )
    try:
        yield from codecs.iterdecode(rest, encoding)
    except UnicodeDecodeError as error:
        raise FileError(f"{place} is damaged: it is not {encoding.upper()} throughout", _SAVE_AS) from error


def known_encoding(name: str) -> bool:
    """Tell whether Python has a text encoding of this name."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name not in _NO_ENCODINGS


def recoded(pieces: Iterable[bytes], encoding: str, place: str) -> Iterator[bytes]:
    """Yield as UTF-8 what a person says is in another encoding.

    Raises:
        FileError: it is not, in the line that is named.
    """
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    try:
        for piece in chain(pieces, [b""]):
            text = decoder.decode(piece, not piece)
            yield text.encode(errors="replace")
            line += text.count("\n")
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        raise FileError(f"{place}, line {line}: not {encoding}", "name another --encoding") from error


def glance(start: bytes) -> str:
    """Return the text of the first bytes of a file, whose last letter may be cut off."""
    encoding, mark = _encoding(start)
    return codecs.getincrementaldecoder(encoding)("replace").decode(start[mark:])


def repaired(text: str) -> str:
    """Return the text that was meant where UTF-8 was read as something else: `â€™` is `’`.

    A text with one letter that speaks against it stays as it is.
    """
    text = unbroken(text)
    # Alone, `Ã ` is a letter and a space; beside other broken letters it was `à`, whose second byte is one.
    rest = _LETTER_OR_TWO_BYTES.sub("", text)
    is_broken = rest != text and ftfy.fix_encoding(rest, _ONLY_ENCODING) != rest
    return str(ftfy.fix_encoding(text, _ALSO_SPACES if is_broken else _ONLY_ENCODING))


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
    """The encoding, and how many bytes its mark has."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    start = start[:_SAMPLE]
    return encodings.is_utf16(start) or encodings.told(start) or "utf-8", 0


def _is_mostly_not_utf8(letters: int, text: str) -> bool:
    return letters > 20 and letters > len(text) / 4


def _utf8(pieces: Iterable[bytes], place: str, notes: list[str]) -> Iterator[str]:
    lines = 0
    # Bytes that are not UTF-8 come out as lone surrogates and are replaced one by one.
    for text in codecs.iterdecode(pieces, "utf-8", "surrogateescape"):
        bad = 0
        if not text.isascii() and _NOT_UTF8.search(text):
            lines += sum(1 for line in text.split("\n") if _NOT_UTF8.search(line))
            text, bad = _NOT_UTF8.subn(_western, text)
        if _is_mostly_not_utf8(bad, text):
            raise FileError(f"{place} is neither UTF-8 nor Windows-1252", _SAVE_AS)
        yield text
    if lines:
        what = f"{counted(lines, 'line')} {'is' if lines == 1 else 'are'}"
        notes.append(
            f"{place}: {what} not UTF-8 throughout: their letters were read as Windows-1252"
            "; if they are wrong: --encoding NAME"
        )


def _western(found: re.Match[str]) -> str:
    return bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace")
