"""`botus init` and `botus login`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shlex import quote

import click

from botus.cli.completion import any_file
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.cli.output import ask, can_ask, terminal_width, to_stderr
from botus.errors import SettingsError
from botus.monitoring.columns import folded
from botus.settings import Settings
from botus.text import counted

_GREETING = """A few questions, then .env and compose.yaml are written in {}.
Return takes what stands in brackets; Ctrl-C leaves everything as it is."""


@click.command(epilog=epilog("botus init bot", "accounts cron zone post_only notify_urls ping_url"))
@click.argument("words", nargs=-1, metavar="[FOLDER] [NAME=VALUE]...", shell_complete=any_file)
@click.option("--yes", is_flag=True, help="Ask nothing: what is not given or exported is as suggested.")
@click.option("--secret-files", is_flag=True, help="Keep each secret in a file of its own, in secrets/.")
@common
def init(values: Common, words: tuple[str, ...], yes: bool, secret_files: bool) -> None:
    """Set up a bot by a few questions.

    The answers go into .env and compose.yaml, and botus doctor looks at the result. In a folder that is
    set up already, Return leaves each setting as it is.
    """
    from botus.cli.setting_up.conversation import Conversation
    from botus.cli.setting_up.draft import Draft
    from botus.cli.setting_up.logging_in import token_for
    from botus.cli.setting_up.trial import trial
    from botus.cli.setting_up.values import exported, given, suggested, wrong
    from botus.cli.setting_up.writing import preflight, write, write_compose

    folders = [word for word in words if "=" not in word]
    if len(folders) > 1:
        raise click.UsageError("name one folder; a setting is NAME=VALUE")
    if values.data is not None:
        raise click.UsageError("the data folder is in the folder that is set up: leave --data out")
    if not (yes or can_ask()):
        raise click.UsageError("it asks questions: run it in a terminal, or with --yes and settings")
    draft = Draft(Path(*folders), has_secret_files=secret_files)
    preflight(draft.folder)
    said, shell, usual = given([word for word in words if "=" in word]), exported(os.environ), suggested()
    for name, value in ({**shell, **said} if yes else said).items():
        draft.change(name, value)
    with ExitStack() as undo:
        if yes:
            for name, value in usual.items():
                if not draft.has(name) and name not in said:
                    draft.change(name, value)
            if problems := wrong(draft.values):
                raise SettingsError(problems, "see docs/settings.md")
        else:
            usual |= {name: value for name, value in shell.items() if not wrong({name: value})}
            click.echo(_GREETING.format(draft.folder.resolve()), err=True)
            ask, now = partial(trial, clock=time.time), datetime.now(UTC)
            log_in = partial(token_for, answers=draft.values.get("ANSWER") == "mentions", undo=undo)
            Conversation(draft, _Terminal(), usual, ask, now, log_in).hold()
        written = [*write(draft)]
        undo.pop_all()  # a token is kept now
    written.append(write_compose(draft))
    for line in written:
        values.say(line)
    for name in sorted(shell.keys() & draft.values.keys()):
        if shell[name] != draft.values[name]:
            values.say(f"{name} is exported here with another value, which wins over .env", "warning")
    _look(values, draft.folder, written)


def _look(values: Common, folder: Path, written: list[str]) -> None:
    """End as `doctor` does in that folder, with the next command."""
    from botus.cli.setting_up.writing import next_step
    from botus.monitoring.checks.finding import Finding
    from botus.monitoring.doctor import consult, lines, worst

    findings: list[Finding] = []
    begin = "" if folder.resolve() == Path.cwd() else f"cd {quote(str(folder))} && "

    def read() -> Settings:
        return values.settings

    def told() -> Iterator[Finding]:
        for finding in consult(os.environ, None, time.time):
            findings.append(finding)
            yield finding

    def report() -> Iterator[str]:
        yield from lines(told(), terminal_width())
        yield next_step(begin, read, findings)

    def value() -> dict[str, object]:
        found = [asdict(one) for one in told()]
        return {"written": written, "findings": found, "next": next_step(begin, read, findings)}

    with chdir(folder):
        values.result(report(), value, about_us=True)
    sys.exit(worst(findings))


@click.group(epilog=epilog("botus login mastodon mastodon.example"))
def login() -> None:
    """Let botus into an account, once and for all."""


_yes = click.option("--yes", is_flag=True, help="Take the place of another account without asking.")


@login.command(
    epilog=epilog("botus login mastodon mastodon.example", "answer MASTODON_BASE_URL MASTODON_ACCESS_TOKEN")
)
@click.argument("server", default="", metavar="[SERVER]", envvar="MASTODON_BASE_URL")
@click.option("--no-browser", is_flag=True, help="Show the address of the page, and ask for the code there.")
@click.option("--answers", is_flag=True, help="Get leave to answer mentions, too, as with ANSWER=mentions.")
@_yes
@common
def mastodon(values: Common, server: str, no_browser: bool, answers: bool, yes: bool) -> None:
    """Get a token from a Mastodon server, through the browser."""
    from botus.cli.setting_up.logging_in import to_mastodon

    to_mastodon(values, server, by_hand=no_browser, answers=answers, yes=yes)


@login.command(epilog=epilog("botus login bluesky kettle.bsky.social", "BLUESKY_HANDLE BLUESKY_SERVICE"))
@click.argument("handle", default="", metavar="[HANDLE]", envvar="BLUESKY_HANDLE")
@click.option(
    "--service",
    default="",
    metavar="URL",
    envvar="BLUESKY_SERVICE",
    help="The account's server (PDS), where it is not to be looked up.",
)
@_yes
@common
def bluesky(values: Common, handle: str, service: str, yes: bool) -> None:
    """Try an app password of a Bluesky account, and keep it."""
    from botus.cli.setting_up.logging_in import to_bluesky

    to_bluesky(values, handle, service, yes=yes)


class _Terminal:
    """The person at the terminal; a `Talk`."""

    def ask(self, question: str, default: str = "", *, shown: str = "", is_secret: bool = False) -> str:
        note = " (it is not shown)" if is_secret else ""
        text = f"  {question[:1].upper()}{question[1:]}{note}{f' [{shown}]' if shown else ''}"
        answer = ask(text, default, is_secret=is_secret)
        if is_secret and answer != default:
            self.tell(counted(len(answer), "letter"))
        return answer

    def tell(self, line: str) -> None:
        for row in folded(f"  {line}", terminal_width(err=True), 4):
            to_stderr(row)

    def head(self, line: str) -> None:
        from rich.console import Console

        Console(stderr=True).print(f"\n[bold]{line}[/bold]", highlight=False)
