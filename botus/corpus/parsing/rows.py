"""Parses the rows of a CSV: which delimiter, and what to do with a quote that is never closed.

One stray quote would swallow the rest of the file as one cell, so a cell of many lines in a file whose quotes
do not pair is an error, not a post.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from botus.corpus.parsing.decoding import LONGEST
from botus.corpus.parsing.fields import is_text
from botus.errors import FileError

DELIMITERS = ",;\t|"
_MANY_LINES = 50
csv.field_size_limit(LONGEST)  # its own limit would end with an error on a long line of anything
_CELL = re.compile(r'\s*"((?:[^"]|"")*)"\s*,*\s*')


def rows_of(lines: Iterable[str], place: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows that are not empty.

    Args:
        lines: the lines with their ends; a cell in quotes may have several.
        place: how to name the file to the person.
        delimiter: what separates the cells.

    Raises:
        FileError: a quote is never closed, or a cell is too long.
    """
    quotes, ended = 0, False

    def with_quotes_counted() -> Iterator[str]:
        nonlocal quotes, ended
        for line in lines:
            quotes += line.count('"')
            yield line
        ended = True

    reader = csv.reader(with_quotes_counted(), delimiter=delimiter)
    unclosed = "a quote opens and is never closed", "close it, or save the file as CSV again"
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise FileError(f"{place}, line {first}: {unclosed[0]}", unclosed[1]) from error
        if row is None:
            return
        if ended and quotes % 2 and reader.line_num - first > _MANY_LINES:
            raise FileError(f"{place}, line {first}: {unclosed[0]}", unclosed[1])
        if any(cell.strip() for cell in row):
            yield row


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
    best, most = "", 0.0
    for delimiter in DELIMITERS:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        widths = Counter(map(len, rows))
        width, equal = max(widths.items(), key=lambda one: (one[1], one[0]), default=(1, 0))
        share = equal / max(1, len(rows))
        if width > 1 and share > 0.8 and share * width > most and not _is_punctuation(rows):
            best, most = delimiter, share * width
    return best


def _is_punctuation(rows: list[list[str]]) -> bool:
    """In sentences a space follows a comma; where the first row names a column of texts, it may."""
    if len(rows[0]) > 1 and any(is_text(cell) for cell in rows[0]):
        return False
    later = [cell for row in rows for cell in row[1:]]
    return len(rows[0]) == 1 or sum(cell.startswith(" ") for cell in later) > len(later) / 2
