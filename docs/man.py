"""Writes the man page: every command with its options, from what `--help` has.

python docs/man.py > docs/botus.1
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from botus import __version__, errors
from botus.cli.main import cli


def page() -> Iterator[str]:
    """Yield the lines of botus.1."""
    about, _, more = inspect.cleandoc(cli.help or "").partition("\n")
    yield f'.TH BOTUS 1 "" "botus {__version__}" "User Commands"'
    yield from (".nh", ".ad l")  # what a person copies is not broken at hyphens
    yield from (".SH NAME", rf"botus \- {_text(about[0].lower() + about[1:].rstrip('.'))}")
    yield from (".SH SYNOPSIS", r".B botus", "[OPTIONS] COMMAND [ARGS]...")
    yield from (".SH DESCRIPTION", *_paragraphs(more))
    yield from (".SH OPTIONS", "All but the first are also those of every command, before or after its name.")
    yield from _options(cli, set())
    common = {option.name or "" for option in cli.params}
    yield ".SH COMMANDS"
    for name, command in _commands(cli, "botus"):
        usage = " ".join(command.collect_usage_pieces(click.Context(command)))
        yield f'.SS "{_text(f"{name} {usage}")}"'
        yield from _paragraphs(command.help or "")
        yield from _options(command, common)
        yield from _paragraphs(command.epilog or "")
    yield from (".SH EXIT STATUS", ".TP", "0", "Done.")
    for code, what in re.findall(r"([0-9]+) {3}(\w.*)", errors.__doc__ or ""):
        yield from (".TP", code, _text(f"{what[0].upper()}{what[1:]}."))


def _commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its full name; of a group the commands stand for it."""
    for part, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {part}")
        else:
            yield f"{name} {part}", command


def _options(command: click.Command, known: set[str]) -> Iterator[str]:
    context = click.Context(command)
    for option in command.params:
        record = option.get_help_record(context)
        if record and isinstance(option, click.Option) and option.name not in known:
            yield from (".TP", rf"\fB{_text(record[0])}\fR", _text(record[1]))


def _paragraphs(words: str) -> Iterator[str]:
    """Yield paragraphs; one that click leaves as it is keeps its lines here too."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(words)):
        yield ".PP"
        if paragraph.startswith("\b"):
            yield from (".nf", *map(_text, paragraph.split("\n")[1:]), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _text(words: str) -> str:
    """Write words so that roff takes nothing in them for its own."""
    words = words.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return re.sub(r"^([.'])", r"\\&\1", words)


if __name__ == "__main__":
    print("\n".join(page()))
