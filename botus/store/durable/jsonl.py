"""Append-only files of JSON objects, one per line: candidates, decisions, the corpus.

A crash can tear only the last line, because every append is synced before the next: a torn last line is
passed over and cut off by the next append. Damage anywhere else stops the command.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.document import Damage, check, decoded
from botus.store.durable.opening import open_file

Record = dict[str, Any]
_TAIL = 1 << 20  # longer than any record
_HINT = "take the line out by hand, or put back a copy of the file"


def read(path: Path, kind: Any = Record) -> list[Record]:  # noqa: ANN401
    """Return all records, oldest first; none where there is no file.

    Args:
        kind: the TypedDict that says of which kind each field is.

    Raises:
        FileError: a line before the last one is no such record.
    """
    return list(scan(path, kind))


def scan(path: Path, kind: Any = Record) -> Iterator[Record]:  # noqa: ANN401
    """Yield the same records one at a time: a long file need not fit into memory."""
    for _, record in numbered(path, kind):
        yield record


def numbered(path: Path, kind: Any = Record) -> Iterator[tuple[int, Record]]:  # noqa: ANN401
    """Yield the same records with the numbers of their lines."""
    for number, _, raw in lines(path):
        if (record := parse(path, number, raw, kind)) is not None:
            yield number, record


def lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield number (from 1), offset and bytes of every line that is not blank."""
    offset = 0
    try:
        with open_file(path) as source:
            for number, raw in enumerate(source, 1):
                if not raw.isspace():
                    yield number, offset, raw
                offset += len(raw)
    except FileNotFoundError:
        return
    except OSError as error:
        raise files.explain(error, path, "read") from error


def parse(path: Path, number: int, line: bytes, kind: Any = Record) -> Record | None:  # noqa: ANN401
    """Read one of `lines`; None where it is a torn last one.

    Raises:
        FileError: it is damaged, or not of that kind.
    """
    try:
        record = decoded(line)
    except Damage as error:
        if not line.endswith(b"\n"):
            return None
        raise damaged(path, number, str(error)) from error
    if not isinstance(record, dict):
        raise damaged(path, number, "not a JSON object")
    try:
        check(kind, record)
    except Damage as error:
        raise damaged(path, number, str(error)) from error
    return record


def damaged(path: Path, number: int, reason: str) -> FileError:
    """Make the error of a line that cannot be understood."""
    return FileError(f"{path}, line {number}: {reason}", _HINT)


def append(path: Path, records: Iterable[Record]) -> None:
    """Add records durably, in one write. The caller holds the lock that guards the file."""
    new = b"".join(map(line, records))
    tail, start = files.read_tail(path, _TAIL)
    whole = _whole(tail)
    if start and not whole:
        raise FileError(f"{path}: its last line is longer than any record", _HINT)
    if whole and not tail[:whole].endswith(b"\n"):
        new = b"\n" + new  # a whole last record without its line break: an editor took it away
    files.append(path, new, start + whole)


def line(record: Record) -> bytes:
    """Return a record as it is written, with its line break."""
    # Half of a letter is an escape in JSON, and nothing else in UTF-8.
    return json.dumps(record, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"


def torn(path: Path) -> bool:
    """Tell whether the last line was cut off by a crash."""
    tail, _ = files.read_tail(path, _TAIL)
    return _whole(tail) < len(tail)


def _whole(content: bytes) -> int:
    """The number of bytes that make up whole records."""
    end = content.rfind(b"\n") + 1
    try:
        decoded(content[end:])
    except Damage:
        return end
    return len(content)
