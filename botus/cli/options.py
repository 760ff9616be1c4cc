"""Options that every command takes, before or after its name, and what they lead to: settings and output.

In come flags; out go results to stdout and talk to stderr. The one surprise: whoever reads our output may
leave early. That ends nothing, because a post that is under way has to be written down all the same.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from botus import settings as settings_module
from botus.errors import BotusError, FileError
from botus.log import LogHandler, censor, own_record
from botus.settings import Settings
from botus.text import printable


@dataclass
class Common:
    """The values of the common options, and whether what is no result has to be JSON too (`logs_json`)."""

    data: Path | None = None
    as_json: bool = False
    logs_json: bool = False
    quiet: bool = False
    debug: bool = False

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings of the environment, with `--data` in place of BOTUS_DATA."""
        return settings_module.load(os.environ, self.data)

    @property
    def existing(self) -> Settings:
        """The settings, for a command that needs a data directory that is already there.

        Raises:
            FileError: there is none: more likely a slip of the pen than an empty bot.
        """
        data = self.settings.data
        if not data.exists():
            raise FileError(
                f"there is no data directory {data}",
                "look at --data and BOTUS_DATA, or make it with: botus generate",
            )
        if not data.is_dir():
            raise FileError(f"{data} is not a folder", "point --data or BOTUS_DATA at the folder it is in")
        return self.settings

    def result(self, lines: Iterable[str], value: Callable[[], object]) -> None:
        """Print a result: lines for a person, or one JSON value."""
        if self.as_json:
            _to_stdout(_json(value()))
        else:
            for line in lines:
                self.line(line)

    def line(self, line: str) -> None:
        """Print one line of a result for a person."""
        _to_stdout(printable(line))

    def talk(self, message: str, level: str = "info", **fields: object) -> None:
        """Say something that is not a result."""
        if not (self.quiet and level == "info"):
            mark = "" if level == "info" else f"{level}: "
            to_stderr(f"{mark}{message}")

    def complain(self, text: str, code: int) -> None:
        """Say why a command ends with this exit code, and with --debug where; holds no secret."""
        trace = self._censored(traceback.format_exc()) if self.debug else ""
        text = self._censored(text)
        if not self.logs_json:
            for line in f"{trace}{text}".split("\n"):
                to_stderr(line)
            return
        fields = {"traceback": trace} if trace else {}
        handler = LogHandler(sys.stderr, "json", (), lambda: datetime.now(UTC))
        handler.handle(own_record(text.removeprefix("botus: "), "error", exit_code=code, **fields))

    def _censored(self, text: str) -> str:
        try:
            return censor(text, self.settings.secrets)
        except BotusError:
            return text  # the settings are what is wrong: their problems never hold a value


def to_stderr(line: str) -> None:
    """Write one line for a person; never fails, because it may be said in the middle of a post."""
    try:
        click.echo(printable(line), err=True)
    except (OSError, ValueError):
        _abandon(sys.stderr)


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
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def can_ask() -> bool:
    """Tell whether a person is there to answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()


def terminal_width(*, err: bool = False) -> int | None:
    """The columns of the terminal that results go to; None where they go elsewhere and are not to be cut.

    Args:
        err: ask about standard error, where talk goes.
    """
    stream = sys.stderr if err else sys.stdout
    is_shown = stream is not None and stream.isatty()
    return shutil.get_terminal_size().columns if is_shown else None


def can_show(character: str) -> bool:
    """Tell whether standard output has a character in its encoding."""
    try:
        character.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


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


def _json(value: object) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # half a character, or a terminal that is not UTF-8
        return json.dumps(value, indent=2, default=str)
    return text


def _to_stdout(text: str) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:  # nobody reads any more: the rest goes nowhere, the command to its own end
        _abandon(sys.stdout)
    except OSError:
        _abandon(sys.stdout)
        raise


def _abandon(stream: TextIO) -> None:
    """Lead an output that takes nothing to nowhere: Python would try again at its end, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
