"""A share of a stream: every n-th of its units, so that n machines draw it and know nothing of each other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botus.errors import SettingsError

# What a scheduler of jobs calls the number of one, and what has to be added for it to begin at 1. Slurm's is
# taken as it stands: SLURM_ARRAY_TASK_MIN is another when a few jobs of an array are run again.
_NUMBERS = {"JOB_COMPLETION_INDEX": 1, "SLURM_ARRAY_TASK_ID": 0}


@dataclass(frozen=True)
class Share:
    """Share `number` of `of`, counted from 1.

    Of the units, which count from 0, it has number - 1, number - 1 + of, number - 1 + 2 * of and so on.
    """

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}" if self.of > 1 else ""

    def units(self, first: int = 0) -> Iterator[int]:
        """The numbers of the units, those before `first` left out."""
        return itertools.count(first + (self.number - 1 - first) % self.of, self.of)


WHOLE = Share()


def read(written: str, environment: Mapping[str, str]) -> Share:
    """Read K/N, or auto/N, whose K is the number of a Slurm or Kubernetes job.

    Raises:
        SettingsError: it is neither, or no such share.
    """
    example = "give K/N, with K from 1 to N: for example --share 1/8 on the first of 8 machines"
    if not (found := re.fullmatch(r"([0-9]{1,9}|auto)/([0-9]{1,9})", written)):
        raise SettingsError(f"--share {written}: not a share", example)
    of = int(found[2])
    if found[1] != "auto":
        number, source = int(found[1]), ""
    else:
        number, source = _numbered(written, environment)
    if not 1 <= number <= of:
        many = f"there are {of}, counted from 1" if of else "there are none"
        raise SettingsError(f"--share {written}: there is no share {number}{source}, {many}", example)
    return Share(number, of)


def _numbered(written: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """The number that a scheduler has given this job, and the words for where it stands."""
    given = {name: environment[name] for name in _NUMBERS if environment.get(name)}
    if len(given) != 1:
        which = " and ".join(given) + " are both set" if given else f"none of {', '.join(_NUMBERS)} is set"
        raise SettingsError(f"--share {written}: {which}", "give the number yourself, such as --share 1/8")
    ((name, value),) = given.items()
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise SettingsError(f"{name} is not a number", "give the number yourself, such as --share 1/8")
    return int(value) + _NUMBERS[name], f" ({name} is {value})"
