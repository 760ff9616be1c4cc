"""What `botus doctor` looks at, one module per thing; each yields findings, asks no more than it has to.

environment.py  the settings: wrong ones, misspelt ones, those without effect
folder.py       the data directory: who may write there, whether locks work, how much room is left
content.py      the files in it
timing.py       schedule, time zone, what a month costs
news.py         the services that tell the owner
accounts.py     the accounts behind the credentials, the clock, lines that are too long there
"""

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
    except SettingsError as error:
        for problem in error.problems:
            hint = error.hint if problem is error.problems[-1] else ""
            yield Finding("problem", problem.rstrip("."), hint.rstrip("."), error.exit_code)
    except BotusError as error:
        yield Finding("problem", "; ".join(error.message.split("\n")), error.hint, error.exit_code)


def line_numbers(numbers: Sequence[int]) -> str:
    """Name the first lines by number: `line 4`, `lines 4, 17, 88 ...`."""
    shown = ", ".join(map(str, numbers[:_LISTED])) + (" ..." if len(numbers) > _LISTED else "")
    return f"line{'s' * (len(numbers) != 1)} {shown}"
