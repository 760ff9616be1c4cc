"""The text of a `.env` file, in which settings change and everything else stays, to the byte. Pure.

What is written is read alike by botus, by docker compose and, as far as its rules allow, by a shell.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from botus.settings.environment import Line, parse

_PLAIN = re.compile(r"(?!#)(?:[^\n\r'\"$\\`#]|(?<!\s)#)+")  # of a value without white space around it
_COMMENT = re.compile(r"[^\S\r\n]+#[^\r\n]*\Z")


class EnvText:
    """Lines of a `.env` file.

    Args:
        text: without a byte-order mark.
    """

    def __init__(self, text: str) -> None:
        self._lines = list(parse(text))
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def __str__(self) -> str:
        return "".join(line.source for line in self._lines)

    def set(self, name: str, value: str, heading: str, beside: Collection[str]) -> None:
        """Give a setting a value where it stands, or else a line of its own.

        Args:
            heading: a comment above the first setting of its kind.
            beside: the names of its kind: a new line comes below the last of them.
        """
        if (place := self._last({name})) is not None:
            line = self._lines[place]
            if line.value != value:
                begin, comment, end = _around(line)
                self._lines[place] = self._line(f"{begin}{name}={quoted(value)}{comment}{end}")
            return
        place, above = self._last(beside), []
        if place is None:
            place = len(self._lines) - 1
            above = [*([""] if self._lines else []), f"# {heading}"]
        if self._lines and not re.search(r"[\r\n]\Z", self._lines[place].source):
            self._lines[place] = self._line(self._lines[place].source + self._newline)
        added = "".join(f"{one}{self._newline}" for one in (*above, f"{name}={quoted(value)}"))
        self._lines[place + 1 : place + 1] = parse(added)

    def leave_out(self, name: str) -> None:
        """Make comments of the lines that set a name."""
        for place, line in enumerate(self._lines):
            if line.name == name:
                begin, rest = re.match(r"(\s*)(.*)", line.source, re.DOTALL).groups()  # type: ignore[union-attr]
                commented = re.sub(r"(?m)^(?=.)", "# ", rest)
                self._lines[place] = self._line(begin + commented)

    def _last(self, names: Collection[str]) -> int | None:
        places = [place for place, line in enumerate(self._lines) if line.name in names]
        return places[-1] if places else None

    @staticmethod
    def _line(source: str) -> Line:
        lines = list(parse(source))
        name, value = next(((one.name, one.value) for one in lines if one.name), ("", ""))
        return Line(0, source, name, value)


def quoted(value: str) -> str:
    """Write a value so that it is read back as it is, with quotation marks where it needs them."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = re.sub(r"\\(?=[\\']|\Z)", r"\\\\", value).replace("'", "\\'")
    return f"'{escaped}'"


def _around(line: Line) -> tuple[str, str, str]:
    """What stands before the name, the comment behind the value, and the end of the line."""
    begin, body, end = re.fullmatch(r"(\s*(?:export\s+)?)(.*?)(\s*)", line.source, re.DOTALL).groups()  # type: ignore[union-attr]
    found = _COMMENT.search(body)
    if found and [one.value for one in parse(body[: found.start()])] == [line.value]:
        return begin, found[0], end
    return begin, "", end
