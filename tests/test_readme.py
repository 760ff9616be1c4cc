"""The README is true: its commands run, its output is what they print, its tables are what the code has.

Shell blocks come in two kinds: `sh` holds commands, `console` commands with `$` before them and their output.
A line of output counts as the program's own where the two agree in all but numbers and dates; a `…` at its
end stands for the rest of the line, on a line of its own for any lines. What a model wrote is passed over.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import pexpect
import pytest

from botus import demo, errors, settings
from botus.cli import cli
from tests.servers import MastodonServer

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
DOCKERFILE, COMPOSE = (ROOT / "Dockerfile").read_text(), (ROOT / "docker" / "compose.yaml").read_text()
SMOKE = "".join((ROOT / "docker" / name).read_text() for name in ("smoke", "engines.py"))
# What a person adds to the options with which docker/smoke runs the image.
BY_HAND = {"-d", "--rm", "--restart"}
CREDENTIALS = dict.fromkeys(settings.X_SECRETS, "not-a-secret") | {
    "MASTODON_BASE_URL": "https://mastodon.example",
    "MASTODON_ACCESS_TOKEN": "not-a-secret",
}


@dataclass
class Block:
    """One shell block: its commands, each with the output that the page shows."""

    kind: str
    commands: list[tuple[str, list[str]]] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """The shell blocks of a page, in order."""
    found = []
    for kind, body in re.findall(r"^```(sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        block = Block(kind)
        for line in body.splitlines():
            if kind == "sh":
                block.commands.append((line, []))
            elif line.startswith("$ "):
                block.commands.append((line[2:], []))
            else:
                block.commands[-1][1].append(line)
        found.append(block)
    return found


def commands(text: str) -> Iterator[str]:
    """Every single command of a page's shell blocks."""
    for block in blocks(text):
        for line, _ in block.commands:
            yield from line.split(" && ")


def rows(text: str, heading: str) -> Iterator[tuple[str, ...]]:
    """The rows of the first table under a heading."""
    section = text.partition(f"{heading}\n")[2]
    table = re.search(r"^\|[-|]+\|\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert table, f"there is no table under {heading}"
    for line in table[1].splitlines():
        yield tuple(cell.strip() for cell in line.strip("|").split("|"))


# What can be told without running anything. Each check returns what is wrong.


def tree(group: click.Group = cli, name: str = "botus") -> dict[str, click.Command]:
    """Every command of the click tree by its full name."""
    found: dict[str, click.Command] = {}
    for part, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= tree(command, f"{name} {part}")
        else:
            found[f"{name} {part}"] = command
    return found


def missing_commands(text: str) -> list[str]:
    named = {cell.strip("`") for cell, _ in rows(text, "## The flow")}
    return sorted(named ^ tree().keys())


def unknown_words(text: str) -> list[str]:
    """Commands and options of botus, in blocks and between backticks, that it does not have."""
    said = re.findall(r"(?<!`)`(botus [^`\n]+)`", text)
    for body in re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        said += re.findall(r"^(?:\$ )?(?:.*&& )?(botus .+)$", body, re.MULTILINE)
    return [problem for line in said for problem in _unknown(shlex.split(line))]


def _unknown(words: list[str]) -> list[str]:
    if words[1:2] == ["--data"]:
        del words[1:3]
    names = [name for name in (" ".join(words[:3]), " ".join(words[:2])) if name in tree()]
    if not names:
        return [f"no command: {' '.join(words)}"] if words[1:] != ["log"] else []
    known = {option for each in tree()[names[0]].params for option in each.opts}
    return [f"{names[0]}: {word}" for word in words if word.startswith("-") and word not in known]


class Asked(dict[str, str]):
    """An environment that remembers what was looked for in it."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def table_of_settings(text: str) -> dict[str, tuple[str, bool]]:
    """Per variable its default, and whether it may come from a file."""
    found = {}
    for names, default, _ in rows(text, "### Settings"):
        for name, key in re.findall(r"`(\w+)`( 🔑)?", names):
            found[name] = default.strip("`"), bool(key)
    return found


def wrong_settings(text: str) -> list[str]:
    environment = Asked()
    settings.load(environment)
    documented = table_of_settings(text)
    files = {name.removesuffix("_FILE") for name in environment.names if name.endswith("_FILE")}
    read = {name for name in environment.names if not name.endswith("_FILE")}
    keys = {name for name, (_, key) in documented.items() if key}
    return sorted(read ^ documented.keys()) + sorted(files ^ keys)


def wrong_defaults(text: str) -> list[str]:
    """Variables whose documented default, when set, changes anything."""
    plain = settings.load(CREDENTIALS)
    defaults = {name: default for name, (default, _) in table_of_settings(text).items() if default}
    return [n for n, value in defaults.items() if settings.load({n: value} | CREDENTIALS) != plain]


def wrong_codes(text: str) -> list[int]:
    classes = [errors.BotusError]
    for each in classes:
        classes.extend(each.__subclasses__())
    listed = {int(code) for code, _ in rows(text, "## Exit codes")}
    return sorted(listed ^ {0, *(each.exit_code for each in classes)})


def broken_links(text: str, folder: Path = ROOT) -> list[str]:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    return [link for link in links if "://" not in link and not (folder / link).exists()]


def wrong_installs(text: str) -> list[str]:
    """`pip install` of an extra that setup.cfg lacks, or of something else than this folder."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = set(setup["options.extras_require"])
    inline = re.findall(r"`(pip install [^`]+)`", text)
    wrong = []
    for line in [*inline, *(one for one in commands(text) if one.startswith("pip "))]:
        found = re.fullmatch(r"pip install (?:-e )?(?:\.|'\.\[(\w+)\]')", line)
        if not found or (found[1] and found[1] not in extras):
            wrong.append(line)
    return wrong


def wrong_docker(text: str) -> list[str]:
    """Docker commands that neither the Dockerfile's head nor docker/smoke has, or that name nothing."""
    wrong, images = [], set(re.findall(r"^#\s+docker build -t (\S+)", DOCKERFILE, re.MULTILINE))
    for line in (one for one in commands(text) if one.startswith("docker ")):
        words = shlex.split(line)[1:]
        if words[0] == "build":
            wrong += [line] if not re.search(rf"^#\s+{re.escape(line)}(?:\s|$)", DOCKERFILE, re.M) else []
        elif words[0] == "compose":
            wrong += [line] if not _is_compose(words[1:]) else []
        else:
            wrong += [line] if words[0] != "run" or not _is_run(words[1:], images) else []
    return wrong


def _is_compose(words: list[str]) -> bool:
    if words[:2] != ["-f", "docker/compose.yaml"]:
        return False
    if words[2] == "run":
        service = re.search(rf"^  {words[4]}:$", COMPOSE, re.MULTILINE)
        return words[3] == "--rm" and bool(service) and not _unknown(["botus", *words[5:]])
    return words[2:] in (["up", "-d", "--build"], ["logs"])


def _is_run(words: list[str], images: set[str]) -> bool:
    environment = Asked()
    settings.load(environment)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option not in BY_HAND and f'"{option}"' not in SMOKE:
            return False
        value = "" if option in ("-d", "--rm") else words.pop(0)
        if option == "--env" and value.partition("=")[0] not in environment.names:
            return False
        if option == "--volume" and f"VOLUME {value.rpartition(':')[2]}\n" not in DOCKERFILE:
            return False
    return words[:1] != [] and words[0] in images and not (words[1:] and _unknown(["botus", *words[1:]]))


CHECKS: dict[str, Callable[[str], list[str] | list[int]]] = {
    check.__name__: check
    for check in (
        missing_commands,
        unknown_words,
        wrong_settings,
        wrong_defaults,
        wrong_codes,
        broken_links,
        wrong_installs,
        wrong_docker,
    )
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_readme_agrees_with_the_code(check: str) -> None:
    assert CHECKS[check](README) == []


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        ("missing_commands", "| `botus health` |", "| `botus wealth` |"),
        ("unknown_words", "botus generate --compare", "botus generate --compere"),
        ("unknown_words", "`botus log accept`", "`botus log reject`"),
        ("wrong_settings", "| `JITTER` |", "| `GITTER` |"),
        ("wrong_settings", "| `TZ` | `UTC` |", "| `CRON` | |"),
        ("wrong_settings", "`MASTODON_ACCESS_TOKEN` 🔑", "`MASTODON_ACCESS_TOKEN`"),
        ("wrong_defaults", "| `MAX_PER_DAY` | `48` |", "| `MAX_PER_DAY` | `47` |"),
        ("wrong_codes", "| 7 |", "| 8 |"),
        ("broken_links", "(docs/promise.md)", "(docs/premise.md)"),
        ("wrong_installs", "'.[generate]'", "'.[generator]'"),
        ("wrong_installs", "`pip install .`", "`pip install botus`"),
        ("wrong_docker", "--target generate .", "--target generator ."),
        ("wrong_docker", "--env POST_ONLY=reviewed", "--env POST_WHAT=reviewed"),
        ("wrong_docker", ":/app/data", ":/data"),
        ("wrong_docker", "-d --restart", "-d --privileged --restart"),
        ("wrong_docker", "run --rm botus doctor", "run --rm botus docter"),
        ("wrong_docker", "botus-generate generate", "botus-generate degenerate"),
    ],
)
def test_a_slip_in_the_readme_is_noticed(check: str, old: str, new: str) -> None:
    assert old in README
    assert CHECKS[check](README.replace(old, new)) != []


@pytest.mark.parametrize("page", [name for name in PAGES if name != "README.md"])
def test_the_other_pages_agree_with_the_code(page: str) -> None:
    text = PAGES[page]
    assert broken_links(text, ROOT / "docs") == []
    assert [*unknown_words(text), *wrong_docker(text), *wrong_installs(text)] == []


def test_the_changelog_names_no_command_that_is_not_there() -> None:
    assert unknown_words((ROOT / "CHANGELOG.md").read_text()) == []


def test_ci_and_the_readme_run_the_same_tests() -> None:
    command = next(line for block in blocks(README) for line, _ in block.commands if "pytest" in line)
    assert f"  {command}\n" in (ROOT / ".ci" / "run").read_text()


# What can be told only by running it.

DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")
# The reasons of a refusal and its example, a post on a card, decisions below it.
WRITTEN_BY_A_MODEL = re.compile(r" {4}[^ x\d].*| [-+*~=] \w+ .*|(?P<count> +\d+)  [a-z].*")
ID = "[0-9a-f]{10}"
BEFORE_A_POST = re.compile(
    rf"dry run: would post to .*?: | +\d+ words in a row as in the corpus: | +\d{{4}}-\S+ \S+ {ID} "
)
NOT_RUN = ("pip ", "docker ", "python -m pytest", "python3 -m venv .venv", ". .venv/bin/activate")


def shape(line: str) -> str:
    """A line without what differs from run to run."""
    line = line.removeprefix("^C").rstrip()
    line = re.sub(rf"\b{ID}\b", "0", line)
    line = re.sub(rf"\b(?:{DAYS}|{MONTHS})\b", "Day", line)
    return re.sub(r"  +", "  ", re.sub(r"\d[\d,.]*", "0", line))


def is_shown(line: str, printed: list[str]) -> bool:
    """Tell whether a line of the page is among the lines that were printed."""
    before = BEFORE_A_POST.match(line)
    if before or line.endswith("…"):
        start = before[0] if before else line.removesuffix("…")
        return any(shape(one).startswith(shape(start)) for one in printed)
    return shape(line) in map(shape, printed)


def not_printed(shown: list[str], printed: list[str]) -> list[str]:
    """The lines of the page that the command did not print."""
    return [
        line
        for line in shown
        if line.strip() and line != "…" and not _is_free(line) and not is_shown(line, printed)
    ]


def _is_free(line: str) -> bool:
    found = WRITTEN_BY_A_MODEL.fullmatch(line)
    return bool(found) and (not found["count"] or line.lstrip()[0].isdigit())


class Shell:
    """A folder in which the commands of a page are run, one after the other, with what they export."""

    def __init__(self, folder: Path) -> None:
        self.folder, tools = folder, folder / "bin"
        tools.mkdir(parents=True)
        for name, what in (("botus", "-m botus"), ("python", "")):
            script = tools / name
            script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {what} "$@"\n')
            script.chmod(0o755)
        kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
        self.environment = kept | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "NO_PROXY": "*",
        }
        shutil.copytree(demo.folder(), folder / "models" / "124M")

    def run(self, command: str) -> list[str]:
        """Run a command as a person does, and return the lines that it printed on either stream."""
        if command.startswith("export "):
            self.environment |= dict(word.split("=", 1) for word in shlex.split(command)[1:])
            return []
        if command == "botus curate":
            return self._curate()
        if command == "botus run":
            return self._until_interrupted(command)
        ended = subprocess.run(
            command, shell=True, executable="/bin/bash", cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        )  # fmt: skip
        printed = ended.stdout.decode()
        assert ended.returncode == 0, f"$ {command}\n{printed}"
        return printed.splitlines()

    def _curate(self) -> list[str]:
        environment = self.environment | {"TERM": "xterm-256color"}
        child = pexpect.spawn(
            "botus curate",
            cwd=str(self.folder),
            env=environment,
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=20,
        )
        screens = []
        for key in "ddddks?xq":
            child.expect_exact(" quit" if key != "x" else "any key")
            screens.append(child.before + child.after)
            child.send(key)
        child.expect(pexpect.EOF)
        return ESCAPE.sub("", "\n".join([*screens, child.before])).replace("\r", "").split("\n")

    def _until_interrupted(self, command: str) -> list[str]:
        process = subprocess.Popen(
            shlex.split(command), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            if "dry run" in line:
                time.sleep(0.5)
                process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, errors.Interrupted.exit_code)
        return [line.rstrip("\n") for line in printed]


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as running:
        yield running


CONSOLES = [block for block in blocks(README) if block.kind == "console"]


@pytest.mark.parametrize("block", CONSOLES, ids=lambda block: block.commands[-1][0])
def test_a_session_prints_what_the_readme_shows(block: Block, tmp_path: Path, server: MastodonServer) -> None:
    shell = Shell(tmp_path)
    for line, shown in block.commands:
        printed = []
        for command in line.split(" && "):
            if not command.startswith(NOT_RUN):
                printed += shell.run(command.replace("http://127.0.0.1:8123", server.url))
        assert not_printed(shown, printed) == [], "\n".join([f"$ {line}", *printed])


def test_the_other_commands_of_the_readme_run(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("botus generate -n 2")
    ran = {line for block in CONSOLES for line, _ in block.commands}
    left = {
        command
        for block in blocks(README)
        for line, _ in block.commands
        for command in line.split(" && ")
        if block.kind == "sh" and not command.startswith((*NOT_RUN, "python tests/servers.py"))
    }
    left = {command for command in left if not any(line.endswith(command) for line in ran)}
    assert left
    for command in left:
        assert shell.run(command)


def test_the_little_mastodon_starts_as_the_readme_says() -> None:
    command = next(one for one in commands(README) if one.startswith("python tests/servers.py"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = shlex.split(command.replace("8123", str(port)))
    process = subprocess.Popen([sys.executable, *words[1:]], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"http://127.0.0.1:{port}\n"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("shown", "printed", "wrong"),
    [
        (["posted     3"], ["posted     12"], []),
        (["…", "wrote 5 lines to …"], ["wrote 7 lines to data/tweets.txt"], []),
        (["    141  copy of the corpus            A thick fog…"], [], []),
        (["next: Sat 21 Nov 04:00"], ["next: Mon 1 Dec 08:00"], []),
        (["queue      14 ready"], ["queue      14 lines"], ["queue      14 ready"]),
        (["wrote 5 lines from …"], ["wrote 7 lines to data/tweets.txt"], ["wrote 5 lines from …"]),
    ],
)
def test_only_what_differs_from_run_to_run_is_passed_over(
    shown: list[str], printed: list[str], wrong: list[str]
) -> None:
    assert not_printed(shown, printed) == wrong
