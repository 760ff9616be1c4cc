"""Parses the rows of a CSV: which delimiter, how quotes stand in cells, and where one opens by mistake.

One stray quote would swallow all rows up to the next quote, or the end, as one cell. A cell whose quotes do
not close as they should, and in which further rows stand, is read row by row instead.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from botus.corpus.parsing.decoding import LONGEST
from botus.corpus.parsing.fields import is_text
from botus.errors import FileError
from botus.text import counted

DELIMITERS = ",;\t|"
_MANY_LINES = 50
_AGAIN = 10  # so many times the lines so far may be looked through again, and a few thousand more
_LONG_CELL = 1000  # letters from which rows are looked for in a cell that is closed as it should be
csv.field_size_limit(LONGEST)  # its own limit would end with an error on a long line of anything
_CELL = re.compile(r'\s*"((?:[^"]|"")*)"\s*+,*+\s*')
_SEP = re.compile(r'\ufeff?"?sep=(.)"?[;,\t|]*\s*', re.IGNORECASE)
_ESCAPED = re.compile(r'\\"(?!["\s;,|]|$)')
_BACKSLASH = re.compile(r'\\(?!["\\\r\n])')


def declared(lines: list[str]) -> str:
    """Return the delimiter that a first line such as Excel's `sep=;` names, "" where there is none."""
    found = _SEP.fullmatch(lines[0]) if lines else None
    return found[1] if found else ""


def escapes_quotes(lines: Iterable[str]) -> bool:
    r"""Tell whether a quote inside a cell is written `\"`, as MySQL does, and not twice."""
    return any(_ESCAPED.search(line) for line in lines)


def rows_of(
    lines: Iterable[str], place: str, delimiter: str, notes: list[str] | None = None, *, escapes: bool = False
) -> Iterator[list[str]]:
    """Yield the rows that are not empty.

    Args:
        lines: the lines with their ends; a cell in quotes may have several.
        place: how to name the file to the person.
        delimiter: what separates the cells.
        notes: gets a sentence where a stray quote was read over.
        escapes: quotes in cells are escaped (`escapes_quotes`).

    Raises:
        FileError: a quote is never closed, or a cell is too long.
    """
    source, again = iter(lines), deque[str]()
    held: list[str] = []
    strays: list[int] = []
    number, width, ended = 0, 0, False
    looked = 0  # at lines that were then read one by one; each might open a quote up to the end of the file

    def is_patient() -> bool:
        return looked <= _AGAIN * (number + _LONG_CELL)

    def feed() -> Iterator[str]:
        nonlocal ended
        while (again or not ended) and (is_patient() or not held):
            line = again.popleft() if again else next(source, None)
            ended = line is None
            if line is not None:
                held.append(line)
                yield line

    while True:
        reader = _reader(feed(), delimiter, escapes, strict=True)
        row: list[str] | None = None
        is_closed = True
        while True:
            held.clear()
            try:
                row = next(reader, None)
            except csv.Error:
                is_closed = False
                break
            if row is None or _is_swallowed(row, held, delimiter, width):
                break
            number += len(held)
            width = width or len(row)
            if any(cell.strip() for cell in row):
                yield row
        if row is None and is_closed:
            break
        if len(held) > 1 and (is_closed or _has_rows(held[1:], delimiter, width)):
            strays.append(number + 1)
            row = _alone(held[0], delimiter, escapes=escapes)
            looked += len(held)
            again.extendleft(reversed(held[1:]))
            del held[1:]
        elif ended and len(held) > _MANY_LINES:
            what = "a quote opens and is never closed"
            raise FileError(f"{place}, line {number + 1}: {what}", "close it, or save the file as CSV again")
        elif not is_patient():
            row = _alone(held[0], delimiter, escapes=escapes)
        else:
            row = next(_reader(held, delimiter, escapes), [])
        number += len(held)
        width = width or len(row)
        if any(cell.strip() for cell in row):
            yield row
    if strays and notes is not None:
        where = ", ".join(map(str, strays[:5])) + " ..." * (len(strays) > 5)
        what = "a quote opens" if len(strays) == 1 else f"{counted(len(strays), 'quote')} open"
        notes.append(f"{place}: {what} by mistake, in line {where}: the rows below were read one by one")


def _reader(
    lines: Iterable[str], delimiter: str, escapes: bool, *, strict: bool = False
) -> Iterator[list[str]]:
    if not escapes:
        return csv.reader(lines, delimiter=delimiter, strict=strict)
    # Only quotes, backslashes and line breaks are escaped; the others are backslashes of the text.
    doubled = (_BACKSLASH.sub(r"\\\\", line) for line in lines)
    return csv.reader(doubled, delimiter=delimiter, escapechar="\\", strict=strict)


def _is_swallowed(row: list[str], held: list[str], delimiter: str, width: int) -> bool:
    """Whether one cell holds rows although its quotes close: it is long, and nearly all its lines are."""
    if len(held) <= 10 or max(map(len, row), default=0) < _LONG_CELL:
        return False
    inner = [line for line in held[1:-1] if line.strip()]
    return sum(_is_row(line, delimiter, width) for line in inner) > 0.9 * len(inner)


def _has_rows(lines: list[str], delimiter: str, width: int) -> bool:
    """Whether there are rows among the lines of a cell that is not closed as it should be."""
    return any(_is_row(line, delimiter, width) for line in lines)


def _is_row(line: str, delimiter: str, width: int) -> bool:
    """Whether a line is as wide as the table, and not because of the commas of a sentence."""
    row = _alone(line, delimiter, escapes=False)
    return len(row) >= max(2, width) and not all(cell.startswith(" ") for cell in row[1:])


def _alone(line: str, delimiter: str, *, escapes: bool) -> list[str]:
    """The cells of a line, whatever follows it: a quote that is still open at its end separates nothing."""
    row = next(_reader([line], delimiter, escapes), [])
    if not row or not row[-1].endswith(("\n", "\r")):
        return row
    return [*row[:-1], *row[-1].rstrip("\r\n").split(delimiter)]


def records_of(lines: Iterable[str], place: str) -> Iterator[dict[str, str]]:
    """Yield the rows below the header of a file with commas, by the names in it; raises as `rows_of` does."""
    rows = rows_of(lines, place, ",")
    header = next(rows, [])
    for row in rows:
        yield dict(zip(header, row, strict=False))


def cells_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield the cells of a file of one column: quoted, over several lines too, or bare with any letters."""
    held = ""
    for line in lines:
        held += line
        is_quoted = held.lstrip().startswith('"')
        if is_quoted and (found := _CELL.fullmatch(held)):
            yield found[1].replace('""', '"')
        elif is_quoted and held.count('"') % 2 and held.count("\n") < _MANY_LINES:
            continue
        else:
            yield from held.splitlines()
        held = ""
    yield from held.splitlines()


def delimiter_of(lines: list[str]) -> str:
    """Return the delimiter that splits a sample of lines into equally many cells, "" where none does."""
    if said := declared(lines):
        return said
    escapes = escapes_quotes(lines)
    best, most = "", 0.0
    for delimiter in DELIMITERS:
        rows = [row for row in _reader(lines, delimiter, escapes) if row]
        widths = Counter(map(len, rows))
        width, equal = max(widths.items(), key=lambda one: (one[1], one[0]), default=(1, 0))
        share = equal / max(1, len(rows))
        if width > 1 and share > 0.8 and share * width > most and not _is_punctuation(rows):
            best, most = delimiter, share * width
    unquoted = [line for line in lines if '"' not in line]
    if not best and len(lines) > len(unquoted) > len(lines) / 2:  # a quote that is never closed?
        return delimiter_of(unquoted)
    return best


def _is_punctuation(rows: list[list[str]]) -> bool:
    """In sentences a space follows a comma; where the first row names a column of texts, it may."""
    if len(rows[0]) > 1 and any(is_text(cell) for cell in rows[0]):
        return False
    later = [cell for row in rows for cell in row[1:]]
    return len(rows[0]) == 1 or sum(cell.startswith(" ") for cell in later) > len(later) / 2
