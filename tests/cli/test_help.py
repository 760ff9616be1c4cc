"""`--help` of every command: an example that works as it stands, the environment, a word on each option."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from botus import settings
from botus.cli.epilog import epilog
from botus.cli.main import cli
from botus.cli.options import Common
from botus.platforms.rows import PLATFORMS
from botus.settings import Settings
from tests.support.command import X_SECRETS

OTHERS = {"JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"}  # what is no setting of botus


def tree(command: click.Command = cli, name: str = "botus") -> Iterator[tuple[str, click.Command]]:
    """Every command and group by its full name."""
    yield name, command
    for part, inner in command.commands.items() if isinstance(command, click.Group) else ():
        yield from tree(inner, f"{name} {part}")


COMMANDS = dict(tree())


def shown(name: str, heading: str) -> str:
    """What a command's help says after a heading, on one line."""
    context = click.Context(COMMANDS[name], info_name=name, terminal_width=80)
    found = re.search(
        rf"^  {heading}: (.+?)(?:\n\n|\Z)", COMMANDS[name].get_help(context), re.MULTILINE | re.DOTALL
    )
    return " ".join(found[1].split()) if found else ""


def parsed(example: str) -> str:
    """The full name of the command that an example is of, as far as all its options and values are right."""
    words = shlex.split(example)
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):
        assert words.pop(0).partition("=")[0] in settings.NAMES
    command, name = COMMANDS[words[0]], words.pop(0)
    while isinstance(command, click.Group):
        command, name = command.commands[words[0]], f"{name} {words.pop(0)}"
    command.make_context(name, words, obj=Common())
    return name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_parses(name: str) -> None:
    ran = parsed(shown(name, "Example"))
    assert ran == name or (isinstance(COMMANDS[name], click.Group) and ran.startswith(f"{name} "))


@pytest.mark.parametrize(
    "example", ["botus psot", "botus post --dryrun", "botus generate -n none", "botus corpus import"]
)
def test_an_example_with_a_slip_does_not_parse(example: str) -> None:
    with pytest.raises((KeyError, click.UsageError)):
        parsed(example)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_the_environment(name: str) -> None:
    named = re.findall(r"[A-Z][A-Z_]+", shown(name, "Environment"))
    assert named[0] == "BOTUS_DATA"
    assert set(named) <= settings.NAMES | OTHERS | {"NAME_FILE"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told(name: str) -> None:
    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    assert [one.opts for one in options if not one.help] == []


@pytest.mark.parametrize("name", [one for one in COMMANDS if isinstance(COMMANDS[one], click.Group)])
def test_a_list_of_commands_cuts_no_sentence_off(name: str) -> None:
    shown = COMMANDS[name].get_help(click.Context(COMMANDS[name], terminal_width=78))
    assert re.findall(r"^  \S+ .*\.\.\.$", shown.partition("Commands:")[2], re.MULTILINE) == []


def test_a_number_is_called_n() -> None:
    context = click.Context(COMMANDS["botus generate"], terminal_width=80)
    assert re.search(r"^  --temp N +Temperature", context.get_help(), re.MULTILINE)
    assert not [
        name for name in COMMANDS if "INTEGER" in COMMANDS[name].get_help(click.Context(COMMANDS[name]))
    ]


def test_an_example_is_never_broken_in_two() -> None:
    command = click.Command("it", epilog=epilog("botus it " + "long " * 30 + "end"))
    assert re.search(r"Example: .* end\n", command.get_help(click.Context(command, terminal_width=80)))


class Watched(Settings):
    """Settings that note which of them are asked for."""

    def __getattribute__(self, name: str) -> object:
        if name in Settings.__dataclass_fields__:
            ASKED.add(name)
        return object.__getattribute__(self, name)


ASKED = set[str]()
_UNSAID = {"data", "secrets", "missing", "places", "notices"}  # BOTUS_DATA, and what all have


@pytest.mark.parametrize(
    "line",
    [
        "status",
        "schedule",
        "health",
        "log show",
        "post --dry-run",
        "answer hello",
        "queue add more.txt",
        "queue list",
        "queue list --answers",
        "queue next",
        "queue show kettle",
        "corpus import more.txt",
        "corpus stats",
        "curate --keep 1",
    ],
)
def test_help_names_all_that_a_command_reads(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tweets.txt").write_text("the kettle sings\nthe lamp is lit\n")
    (tmp_path / "corpus.txt").write_text("a gull is only a chicken with opinions\n")
    (tmp_path / "more.txt").write_text("the door creaks at noon\nthe stairs agree with it\n")
    known = settings.load({**X_SECRETS, "CRON": "0 9 * * *", "ANSWER": "mentions"}, tmp_path)
    values = Common(data=tmp_path)
    values.settings = Watched(**vars(known))  # type: ignore[misc]
    ASKED.clear()
    with suppress(SystemExit):
        cli.main(line.split(), standalone_mode=False, obj=values)
    words = line.split()
    name = next(f"botus {one}" for one in (" ".join(words[:2]), words[0]) if f"botus {one}" in COMMANDS)
    said = shown(name, "Environment")
    names = {one.argument: one.name for one in settings.OWN} | {"accounts": PLATFORMS[0].settings[0].name}
    unsaid = {one for one in ASKED - _UNSAID if names[one] not in said}
    assert unsaid <= ({"accounts"} if "botus post -h" in said else set())
