"""One environment of what is exported and of the `.env` files in the data directory and in the current one.

The exports win, then the data directory's file, which belongs to this one bot. Nothing is put in place of
`$NAME`, and the environment of the process stays as it is. No value is ever part of what is said.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from botus.errors import FileError, remedy, sentence

FILE = ".env"
_LONGEST = 1 << 16  # bytes
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Place(NamedTuple):
    """Where a setting stands: `data/.env, line 3`."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


@dataclass(frozen=True)
class Environment:
    """What is set.

    Attributes:
        data: the data directory.
        values: by name, without those that are empty.
        places: where those of them stand that a file says.
        problems: what could not be read.
        repeated: where a name stands that has stood in the same file before.
        hidden: where a name stands that says something else than what counts.
    """

    data: Path
    values: dict[str, str] = field(repr=False)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    repeated: dict[str, Place] = field(default_factory=dict)
    hidden: list[tuple[str, Place]] = field(default_factory=list)


def gather(exported: Mapping[str, str], data: Path | None = None) -> Environment:
    """Put exports and files together. NAME and NAME_FILE say the same thing: who says it first counts.

    Args:
        exported: names and values, `os.environ` outside tests.
        data: the data directory of the command line, which wins over BOTUS_DATA.
    """
    values = {name: value for name, value in exported.items() if value.strip()}
    here = EnvFile(Path(FILE))
    folder = (values.get("BOTUS_DATA") or here.values.get("BOTUS_DATA") or "data").strip()
    return gather_in(here, values, data or Path(folder))


def gather_in(here: EnvFile, values: dict[str, str], data: Path) -> Environment:
    """Put what is exported, without what is empty, together with the files of two folders."""
    found = Environment(data, values)
    there = EnvFile(data / FILE)
    for file in (there,) if _are_same(there.path, here.path) else (there, here):
        said = {name.removesuffix("_FILE") for name in values}
        for name, value in file.values.items():
            if name.removesuffix("_FILE") not in said:
                values[name], found.places[name] = value, file.places[name]
            elif values.get(name) != value:
                found.hidden.append((name, file.places[name]))
        found.problems.extend(file.problems)
        found.repeated.update(file.repeated)
    return found


def _are_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, if any; the current folder may have been removed."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


class EnvFile:
    """One `.env` file; one that is not there sets nothing.

    A path in it begins at its own folder, so that it means the same wherever a command is typed.

    Attributes:
        values, places, problems, repeated: as in `Environment`.
    """

    def __init__(self, path: Path) -> None:
        self.values: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.problems: list[str] = []
        self.repeated: dict[str, Place] = {}
        self.path = path
        try:
            for line in read_lines(path):
                self._take(line)
        except FileError as error:
            self.problems = [sentence(error)]

    def _take(self, line: Line) -> None:
        if line.problem:
            self.problems.append(f"{Place(self.path, line.number)}: {line.problem}")
        elif line.name and line.value:
            if line.name in self.values:
                self.repeated[line.name] = Place(self.path, line.number)
            value, place = line.value, Place(self.path, line.number)
            if is_path(line.name):
                value = str(self.path.parent / os.path.expanduser(value))
            self.values[line.name], self.places[line.name] = value, place


def is_path(name: str) -> bool:
    """Whether what a name says is a path."""
    return name == "BOTUS_DATA" or name.endswith("_FILE")


def other(name: str) -> str:
    """The other name under which the same thing is said: of NAME that of its file, and of that NAME."""
    return name.removesuffix("_FILE") if name.endswith("_FILE") else f"{name}_FILE"


class Line(NamedTuple):
    """A line of a `.env` file, or several where a value in quotation marks has them.

    Attributes:
        number: of the line, from 1.
        source: all of it, as it stands there.
        name, value: what it sets; empty where it sets nothing.
        problem: why it cannot be understood.
    """

    number: int
    source: str
    name: str = ""
    value: str = ""
    problem: str = ""


def read_lines(path: Path) -> Iterator[Line]:
    """Read a `.env` file; nothing where there is none.

    Raises:
        FileError: it cannot be read, or is no such file.
    """
    return parse(text_of(path))


def parse(text: str) -> Iterator[Line]:
    """Read the text of a `.env` file, to its last character."""
    if not text:
        return
    from dotenv.parser import parse_stream  # here: without such a file nothing of it is loaded

    for found in parse_stream(StringIO(text, newline="")):
        source, name, value = found.original.string, found.key or "", (found.value or "").strip()
        begins = source[: len(source) - len(source.lstrip())]
        number = found.original.line + len(re.findall(r"\r\n|\n|\r", begins))
        if found.error and re.match(r"\s*(?:export\s+)?\w+\s*=\s*[\"']", source):
            yield Line(number, source, problem="the quotation marks do not close at the end of the value")
        elif found.error or (name and (found.value is None or not _NAME.fullmatch(name))):
            yield Line(number, source, problem="this is no setting like NAME=value, and no comment after a #")
        else:
            yield Line(number, source, name, value)


def text_of(path: Path) -> str:
    """The content of a file; "" where there is none, or a virtual environment of that name.

    Raises:
        FileError: it cannot be read, or is no such file.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and (path / "pyvenv.cfg").exists():
            return ""
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise FileError(f"{path} is {what}, but botus looks for settings there", "rename or remove it")
        if status.st_size > _LONGEST:
            raise FileError(f"{path} is too long for a file of settings: {status.st_size:,} bytes")
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise FileError(f"{path} cannot be read: {reason}", remedy(error, path)) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise FileError(f"{Place(path, number)}: this is not UTF-8", "save the file as UTF-8") from error
    if "\0" in text:
        number = text[: text.index("\0")].count("\n") + 1
        raise FileError(f"{Place(path, number)}: this is not UTF-8", "save the file as UTF-8")
    return text
