"""Options that every command takes, before or after its name, and what they lead to."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from botus import settings as settings_module
from botus.settings import Settings


@dataclass
class Common:
    """The values of the common options."""

    data: Path | None = None
    as_json: bool = False
    quiet: bool = False
    debug: bool = False

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings of the environment, with `--data` in place of BOTUS_DATA."""
        return settings_module.load(os.environ, self.data)

    def result(self, lines: Iterable[str], value: Callable[[], object]) -> None:
        """Print a result: lines for a person, or one JSON value."""
        if self.as_json:
            click.echo(json.dumps(value(), indent=2, ensure_ascii=False, default=str))
        else:
            for line in lines:
                click.echo(_printable(line))

    def talk(self, message: str, level: str = "info", **fields: object) -> None:
        """Say something that is not a result."""
        if not (self.quiet and level == "info"):
            mark = "" if level == "info" else f"{level}: "
            click.echo(_printable(f"{mark}{message}"), err=True)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the common options to a command; it gets them as its first argument, a Common."""

    @functools.wraps(command)
    def wrapped(data: Path | None, as_json: bool, quiet: bool, debug: bool, **arguments: object) -> object:
        values = click.get_current_context().ensure_object(Common)
        values.data = data or values.data
        values.as_json |= as_json
        values.quiet |= quiet
        values.debug |= debug
        return command(values, **arguments)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def is_terminal() -> bool:
    """Tell whether a person watches standard error."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


_OPTIONS = [
    click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="The data directory (BOTUS_DATA).  [default: data]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    click.option("-q", "--quiet", is_flag=True, help="Say only what matters."),
    click.option("--debug", is_flag=True, help="Show the traceback of an error."),
]


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _printable(line: str) -> str:
    """Make control characters visible: a post must not move the cursor of the person who reads it."""
    return "".join(
        char if char >= " " and char != "\x7f" and not "\x80" <= char < "\xa0" else _visible(char)
        for char in line
    )


def _visible(char: str) -> str:
    return "\\n" if char == "\n" else f"\\x{ord(char):02x}"
