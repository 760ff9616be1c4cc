"""What a check yields: findings, each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from botus.errors import BotusError, SettingsError

Level = Literal["ok", "warning", "problem"]
_LISTED = 5


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        message: what was looked at, and how it is.
        hint: what to do about it.
        code: the exit code of a problem.
    """

    level: Level
    message: str
    hint: str = ""
    code: int = 0


def guarded(check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Make a check; what stops it is a problem, one for every wrong setting."""
    try:
        yield from check()
    except BotusError as error:
        yield from problems_of(error)


def problems_of(error: BotusError) -> Iterator[Finding]:
    """Yield an error as findings."""
    problems = ["; ".join(error.message.split("\n"))]
    if isinstance(error, SettingsError):
        problems = [problem.rstrip(".") for problem in error.problems]
    for number, problem in enumerate(problems, 1):
        hint = error.hint.rstrip(".") if number == len(problems) else ""
        yield Finding("problem", problem, hint, error.exit_code)


def line_numbers(numbers: Sequence[int]) -> str:
    """Name the first lines by number: `line 4`, `lines 4, 17, 88 ...`."""
    shown = ", ".join(map(str, numbers[:_LISTED])) + (" ..." if len(numbers) > _LISTED else "")
    return f"line{'s' * (len(numbers) != 1)} {shown}"
