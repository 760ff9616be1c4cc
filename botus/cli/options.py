"""Options that every command takes, before or after its name, and what they lead to: settings and output.

Also one that each command with a server has.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import click

from botus import settings as settings_module
from botus.cli.output import json_text, on_screen, to_stderr, to_stdout
from botus.errors import FileError, SettingsError
from botus.log import LogHandler, censor, censored, own_record
from botus.settings import Settings

Row = TypeVar("Row")


@dataclass
class Common:
    """The values of the common options.

    Attributes:
        log_form: how the reason for which a command ends is written: sentences for a person in `text`, a log
            line in every other of `log.FORMS`.
    """

    data: Path | None = None
    as_json: bool = False
    quiet: bool = False
    debug: bool = False
    log_form: str = "text"

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

    @functools.cached_property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown, also where the settings are wrong."""
        return settings_module.read(os.environ, self.data)[0].secrets

    def result(self, lines: Iterable[str], value: Callable[[], object], *, about_us: bool = False) -> None:
        """Print a result: lines for a person, or one JSON value.

        Args:
            about_us: it tells of the settings, whose secrets are left out.
        """
        secrets = self.secrets if about_us else ()
        if self.as_json:
            found = value()
            to_stdout(json_text(censored(found, secrets) if about_us else found))
        else:
            for line in lines:
                self.line(censor(line, secrets) if about_us else line)

    def each(
        self, found: Iterable[Row], lines: Callable[[Row], Iterable[str]], value: Callable[[Row], object]
    ) -> int:
        """Print a long result as it comes, for as long as somebody reads it; returns how many rows it had.

        Args:
            lines: a row for a person; value: the same for JSON, where the result is an array.
        """
        count, held, is_read = 0, "[", True
        for count, row in enumerate(found, 1):
            if self.as_json:
                is_read = count == 1 or to_stdout(f"{held},")
                held = ("[\n" if count == 1 else "") + json_text(value(row))
            else:
                is_read = all(map(self.line, lines(row)))
            if not is_read:
                break
        if self.as_json and is_read:
            to_stdout(f"{held}\n]" if count else "[]")
        return count

    def line(self, line: str) -> bool:
        """Print one line of a result for a person; False where nobody reads any more."""
        return to_stdout(on_screen(line))

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        """Say something that is not a result; a `Say`."""
        if not (self.quiet and level == "info"):
            mark = "" if level == "info" else f"{level}: "
            to_stderr(f"{mark}{message}")

    def complain(self, text: str, code: int) -> int:
        """Say why a command ends with this exit code, and with --debug where, without a secret."""
        trace = traceback.format_exc() if self.debug else ""
        if self.log_form == "text":
            for line in censor(f"{trace}{text}", self.secrets).split("\n"):
                to_stderr(line)
        else:
            fields = {"traceback": trace} if trace else {}
            handler = LogHandler(sys.stderr, self.log_form, self.secrets, lambda: datetime.now(UTC))
            handler.handle(own_record(text.removeprefix("botus: "), "error", exit_code=code, **fields))
        return code


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the common options to a command; it gets them as its first argument, a Common."""
    command = click.make_pass_decorator(Common, ensure=True)(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _note(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keep what was said, before or after the name of the command."""
    if value:
        setattr(context.ensure_object(Common), str(option.name), value)


def _address(context: click.Context, option: click.Parameter, value: str) -> str:
    try:
        return value and str(ip_address(value))
    except ValueError as error:
        remedy = "say that of the machine it runs on, as 127.0.0.1"
        raise SettingsError("--proxy is not an address", remedy) from error


proxy_option = click.option(
    "--proxy",
    default="",
    metavar="ADDRESS",
    callback=_address,
    help="Believe the reverse proxy at this address.",
)
_option = functools.partial(click.option, expose_value=False, callback=_note)
_OPTIONS = [
    _option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="The data directory (BOTUS_DATA).  [default: data]",
    ),
    _option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    _option("-q", "--quiet", is_flag=True, help="Say only what matters."),
    _option("--debug", is_flag=True, help="Show the traceback of an error."),
]
