"""Reads CSV: one column or many, with a header or without one, whatever separates the cells.

A file of one column is often no CSV at all but bare lines, so cells that only a comma in a sentence has made
are put together again.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from botus.corpus.parsing import dates, fields, kinds
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.authors import Author, Authors, author_of, nameless
from botus.corpus.parsing.decoding import glance, lines_of
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.parsing.rows import cells_of, declared, delimiter_of, escapes_quotes, rows_of
from botus.corpus.sources import unsupported
from botus.corpus.sources.chats.transcripts import without_messages
from botus.corpus.sources.records import reddit, youtube
from botus.errors import SettingsError

_NAME = re.compile(r"[^\W\d][\w .-]{0,39}\??")
_LONG_NAME = re.compile(r"[^\W\d][^\d.,:;!?\"{}<>]{0,60}")
_MANY = 5  # cells that are all short, without a number, a moment or the end of a sentence, name columns
_MOMENT = re.compile(r"\d{1,4}[-./:]\d{1,2}(?:[-./:]\d|\b)")
_LETTER = re.compile(r"[^\W\d_]")
_FLAGS = frozenset(("t", "f", "true", "false"))
_SAMPLE = 50


def is_table(start: str, name: str) -> bool:
    """Tell from the start of a file and its name whether it is a CSV."""
    lines = _whole_lines(start)[:_SAMPLE]
    delimiter = delimiter_of(lines)
    header = _cells(_below_sep(lines)[:1], delimiter or ",")
    if declared(lines) or name.lower().endswith((".csv", ".tsv")):
        return True
    if header and _is_header(header) and (delimiter or len(header) == 1):
        return True
    return len(header) >= 3 and any(dates.seconds(cell) is not None or cell.isdecimal() for cell in header)


def has_header(start: str) -> bool:
    """Tell from the start of a file whether its first line names columns."""
    lines = _whole_lines(start)[:_SAMPLE]
    delimiter = delimiter_of(lines) or _delimiter_of_header(lines[:1])
    return bool(delimiter) and _is_header(_cells(_below_sep(lines)[:1], delimiter))


def is_trump(start: str) -> bool:
    """Tell from the header whether it is The Trump Archive, of either version."""
    lines = _whole_lines(start)
    return fields.is_trump(_cells(_below_sep(lines)[:1], delimiter_of(lines) or ","))


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield one post per row.

    Raises:
        FileError: no column has words, or a quote is never closed.
        SettingsError: there is no such column.
    """
    for name in names:
        escapes = escapes_quotes(_whole_lines(glance(archive.start(name))))
        yield from _of_file(
            archive.lines(name, notes), archive.place(name), options, notes, escapes, is_one=len(names) == 1
        )


def _of_file(
    lines: Iterator[str], place: str, options: Options, notes: list[str], escapes: bool, is_one: bool
) -> Iterator[ParsedPost]:
    sample = list(islice(lines, _SAMPLE))
    delimiter = delimiter_of(sample) or _delimiter_of_header(sample[:1])
    if not delimiter:
        if options.author is not None:
            raise nameless(place)
        yield from _of_one_column(chain(sample, lines), place, options)
        return
    rows = rows_of(chain(_below_sep(sample), lines), place, delimiter, notes, escapes=escapes)
    first = list(islice(rows, _SAMPLE))
    has_header = bool(first) and _is_header(first[0])
    width = max(map(len, first[:1] if has_header else first), default=0)
    header = [name.strip() for name in first[0]] if has_header else [""] * width
    header = [name or f"column {number}" for number, name in enumerate(header, 1)]
    body = first[1:] if has_header else first
    if has_header and options.author is None:
        unsupported.refuse(place, unsupported.of_fields(map(fields.plainly, header)))
    if has_header and not body and not is_one:
        return  # of a whole export: there is nothing of this kind
    records = [dict(zip(header, row, strict=False)) for row in body]
    text = fields.text_field(header, records, place, options.column, "column")
    notes.append(fields.taken(header, text, place, "column"))
    authors = Authors(place, options.author, options.kind)
    for row in chain(body, rows):
        if (
            has_header and [row[0].lstrip("\ufeff"), *row[1:]] == first[0]
        ):  # of a file that was put below another
            yield ParsedPost(delimiter.join(row), Refusal.NOT_A_POST)
            continue
        if has_header and len(row) > width:
            row = _joined(row, width, header.index(text), delimiter)
        record = dict(zip(header, row, strict=False))
        if has_header:
            author = author_of({fields.plainly(name): cell for name, cell in record.items()})
            yield from authors.posts(_post_of(record, text), author)
        else:
            yield from authors.posts(fields.post_of(_guessed(record, text), text), _writer(record, text))
    yield from authors.rest()


def _below_sep(lines: list[str]) -> list[str]:
    """The lines without Excel's `sep=;`."""
    return lines[1:] if declared(lines) else lines


def _post_of(record: dict[str, str], text: str) -> ParsedPost:
    if reddit.is_record(record):
        return reddit.post_of(record)
    cell = record.get(text, "")
    post = fields.post_of(record | {text: youtube.unwrapped(cell)}, text)
    is_answer = post.is_reply or (youtube.is_wrapped(cell) and youtube.is_answer(record))
    return replace(post, is_reply=is_answer)


def _delimiter_of_header(first: list[str]) -> str:
    """The comma where a header has one, though texts without quotes make each row of another length."""
    names = _cells(first, ",")
    is_one = len(names) > 2 and _is_header(names) and any(map(fields.is_text, names))
    return "," if is_one else ""


def _joined(row: list[str], width: int, text: int, delimiter: str) -> list[str]:
    """Put a text without quotes that had delimiters in it together again; empty cells at the end are none."""
    while len(row) > width and not row[-1].strip():
        row = row[:-1]
    end = text + 1 + len(row) - width
    return [*row[:text], delimiter.join(row[text:end]), *row[end:]]


def _of_one_column(lines: Iterator[str], place: str, options: Options) -> Iterator[ParsedPost]:
    cells = _one_column(lines, place, options.column)
    yield from without_messages(cells, place, "csv", is_sure=options.kind is not None)


def _one_column(lines: Iterator[str], place: str, wanted: str | None) -> Iterator[ParsedPost]:
    for number, cell in enumerate(cells_of(lines)):
        name = cell.strip()
        if number == 0 and wanted is not None and name.lower() != wanted.strip().lower():
            raise SettingsError(f"{place} has no column {wanted}", f"it has one: {name[:80]}")
        if number or (wanted is None and not fields.is_text(name) and name != "0"):
            yield fields.post_of({"text": cell}, "text")


def _guessed(record: dict[str, str], text: str) -> dict[str, str]:
    """Name the moment, kind and flags of a record without a header, as far as they show themselves."""
    rest = [cell.strip() for name, cell in record.items() if name != text]
    flags = [cell for cell in rest if cell.lower() in _FLAGS]
    times = [cell for cell in rest if not cell.isdecimal() and dates.seconds(cell) is not None]
    # The Trump Archive has isRetweet, isDeleted and isFlagged, in this order; before, is_retweet alone.
    return {
        text: record.get(text, ""),
        "type": next(filter(kinds.names_kind, rest), ""),
        "created_at": times[0] if times else "",
        "is_retweet": flags[0] if flags else "",
        "is_deleted": flags[1] if len(flags) > 2 else "",
    }


def _writer(record: dict[str, str], text: str) -> Author | None:
    """Who wrote a record without a header: what stands first or behind a moment, if it returns."""
    cells = [cell.strip() for cell in list(record.values())[: list(record).index(text)]]
    times = [at for at, cell in enumerate(cells) if _MOMENT.match(cell) and not cell.isdecimal()]
    after = (
        cells[times[-1] + 1 :] if times else [cell for cell in cells if cell == cells[0] or cell[:1] == "@"]
    )
    name = next((cell for cell in after if _LETTER.search(cell) and cell.lower() not in _FLAGS), "")
    return Author("", (name,), is_certain=False) if 0 < len(name) <= 60 else None


def _is_header(cells: list[str]) -> bool:
    """Names are short, differ and are no sentences; one of them is known, or none is a number or a moment."""
    names = [cell.strip() for cell in cells]
    if names == ["", *map(str, range(len(names) - 1))] and len(names) > 1:
        return True  # what pandas writes over columns without a name
    if any(fields.is_text(name) for name in names):
        return all(len(name) < 40 for name in names)
    filled = [name for name in names if name]
    if len(filled) == len(set(filled)) > _MANY and all(map(_LONG_NAME.fullmatch, filled)):
        return True
    return (
        len(filled) > 1
        and len(set(filled)) == len(filled)
        and all(_NAME.fullmatch(name) and len(name.split()) < 4 for name in filled)
        and not {name.lower() for name in filled} & _FLAGS
    )


def _whole_lines(start: str) -> list[str]:
    lines = list(lines_of([start], ""))
    return lines[:-1] or lines


def _cells(lines: Iterable[str], delimiter: str) -> list[str]:
    return next(csv.reader(lines, delimiter=delimiter), [])
