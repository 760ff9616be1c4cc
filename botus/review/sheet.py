"""A review as a CSV table for a spreadsheet, and back. Pure: rows to bytes, bytes to rows.

A person fills in two columns, `decision` and `edit`; the others are there to be read. The text that comes
back is not looked at, because spreadsheets turn some texts into dates and numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from botus.errors import FileError
from botus.store.decisions.entries import Kind

COLUMNS = ("id", "decision", "edit", "text", "score", "flags", "model", "temperature", "nearest")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_ID = re.compile(r"p[0-9a-f]{32}")  # a bare fingerprint may look like a number in scientific notation
DECISIONS: tuple[Kind, ...] = ("keep", "star", "drop", "answer", "later")
_WORDS: dict[str, Kind] = {
    **dict.fromkeys(("keep", "kept", "k"), "keep"),
    **dict.fromkeys(("star", "starred", "s"), "star"),
    **dict.fromkeys(("drop", "dropped", "d"), "drop"),
    **dict.fromkeys(("answer", "for answers", "a"), "answer"),
    **dict.fromkeys(("later", "put off", "l"), "later"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What a person filled in: for a post, a decision or none, a new wording or an empty one."""

    fingerprint: str
    kind: Kind | None
    edit: str = ""


def write(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return the table: UTF-8 with a byte-order mark and CRLF, as spreadsheets expect it.

    A row has cells by column; its `id` is the fingerprint of a post.
    """
    shown = io.StringIO(newline="")
    writer = csv.DictWriter(shown, COLUMNS)
    writer.writeheader()
    for row in rows:
        cells = {name: guarded(cell) for name, cell in row.items()}
        writer.writerow(cells | {"id": f"p{row['id']}"})
    return b"\xef\xbb\xbf" + shown.getvalue().encode("utf-8", "replace")


def guarded(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula; `unguarded` is the way back."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Take the apostrophe away that `guarded` put there."""
    return cell[1:] if _GUARDED.match(cell) else cell


def read(content: bytes, name: str) -> list[Row]:
    """Read a table, however a spreadsheet saved it: any separator, UTF-8, UTF-16 or Windows letters.

    Raises:
        FileError: it is not such a table, or says something that is not known; all rows are named.
    """
    text = _decoded(content)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(line)]
    except csv.Error as error:
        raise FileError(f"{name} is not a table: {error}", "save it as CSV and try again") from error
    header = [cell.strip().casefold() for cell in lines[0]] if lines else []
    if "id" not in header or "decision" not in header:
        raise FileError(
            f"{name} has no columns `id` and `decision`", "make one with: botus curate --export FILE"
        )
    rows, problems = [], []
    for number, line in enumerate(lines[1:], 2):
        cells = dict(zip(header, line, strict=False))
        post, word = cells["id"].strip(), cells.get("decision", "").strip().casefold()
        if not _ID.fullmatch(post):
            problems.append(f"{name}, row {number}: {post!r} is not an id")
        elif word and word not in _WORDS:
            known = f"{', '.join(DECISIONS)} or nothing"
            problems.append(f"{name}, row {number}: {word!r} is not a decision: {known}")
        else:
            rows.append(Row(post[1:], _WORDS.get(word), unguarded(cells.get("edit", ""))))
    if problems:
        more = f"\nand {len(problems) - 10} more" if len(problems) > 10 else ""
        raise FileError("\n".join(problems[:10]) + more, "nothing was changed: correct it and try again")
    return rows


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
