"""The README and the pages behind it are true: their commands run, and their output is what they print.

A line of output counts as the program's own where the two agree in all but numbers and dates; a `…` at its
end stands for the rest of the line, on a line of its own for any lines. What a model wrote is passed over.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from urllib.request import urlopen

import pexpect
import pytest

from botus import demo, errors
from tests.benchmarks.corpus import x_archive
from tests.support.browser import BROWSER
from tests.support.command import botus
from tests.support.oauth import OAuthServer
from tests.support.pages import PAGES, README, ROOT, Block, blocks, commands
from tests.support.servers import BlueskyServer, MastodonServer
from tests.web.answers.asking import answering

DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")
# A post on a card, the decisions below it, a refusal with its example.
WRITTEN_BY_A_MODEL = re.compile(r" {4}(?!x |\d|the demo model)\S.*| [-+*~=] \w+ .*| +\d+  [a-z].*")
ID = "[0-9a-f]{10}"
BEFORE_A_POST = re.compile(rf" +\d+ words in a row as in the corpus: | +\w+ \d{{4}}-\S+ \S+ \S+ {ID} ")
SHELL_SIGNS = re.compile("[$<>|&;]")
# What .ci/run does in its own way: in a clean checkout, in the image, with TensorFlow. And another program's.
# test_readme.py looks at the words of most of them.
NOT_RUN = (
    *("pip ", "docker ", "python3 -m venv .venv", ". .venv/bin/activate", "python -m pytest"),
    *("botus finetune", "tailscale "),
)
BY_ITSELF = "python tests/support/servers.py"  # a test of its own starts it


def shape(line: str) -> str:
    """A line without what differs from run to run."""
    line = line.removeprefix("^C").rstrip()
    line = re.sub(rf"\b{ID}\b", "0", line)
    line = re.sub(rf"\b(?:{DAYS}|{MONTHS})\b", "Day", line)
    line = re.sub(r"\d[\d,.]*", "0", line)
    line = re.sub(r"\b0 (?:second|minute|hour|day)s?\b", "0 days", line)  # how long a queue lasts
    return re.sub(r"  +", "  ", line)


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
        for before, line in zip(["", *shown], shown, strict=False)
        if line.strip()
        and line != "…"
        and not before.startswith("dry run: would post to ")
        and not WRITTEN_BY_A_MODEL.fullmatch(line)
        and not is_shown(line, printed)
    ]


def not_named(folder: Path) -> list[str]:
    """The files of the data folders in a folder that docs/data-folder.md does not name."""
    names = re.findall(r"`([^`]+)`", PAGES["data-folder.md"])
    named = [f"{name}*" if name.endswith("/") else name for name in names]
    found = [(path, queue.parent) for queue in folder.rglob("tweets.txt") for path in queue.parent.rglob("*")]
    files = [str(path.relative_to(data)) for path, data in found if path.is_file()]
    return [file for file in files if not any(fnmatch(file, name) for name in named)]


class Shell:
    """A folder in which the commands of a page are run, one after the other, with what they export."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, tools = folder, folder / "data", folder / "bin"
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
            "NO_PROXY": "127.0.0.1",
            "HTTPS_PROXY": "http://127.0.0.1:9",  # no command of a page asks a real platform
        }
        _base_model(folder / "models" / "124M")

    def run(self, command: str) -> list[str]:
        """Run a command as a person does, and return the lines that it printed on either stream."""
        if command.startswith("export "):
            self.environment |= dict(word.split("=", 1) for word in shlex.split(command)[1:])
            return []
        if command.startswith("unset "):
            self.environment = {n: v for n, v in self.environment.items() if n not in command.split()}
            return []
        if "twitter.zip" in command and not (self.folder / "twitter.zip").exists():
            x_archive(self.folder / "twitter.zip", 1000)
        if command.startswith("curl "):
            return self._ask(command)
        if command.startswith("botus curate"):
            return self._curate(command)
        if command.startswith("botus init") and "--yes" not in command:
            return self.answer(command)
        if command.startswith("botus login"):
            return self._log_in(command)
        if command == "botus run":
            return self._until_interrupted(command, "dry run")
        if command.startswith(("botus web", "botus serve")):
            return self._until_interrupted(f"{command} --port 0", "://")
        if command.startswith("botus ") and not SHELL_SIGNS.search(command):
            warm = botus(*shlex.split(command)[1:], cwd=self.folder, **self.environment)
            return self._whole(command, warm.code, f"{warm.out}{warm.err}")
        ended = subprocess.run(
            command, shell=True, executable="/bin/bash", cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
        )  # fmt: skip
        return self._whole(command, ended.returncode, ended.stdout.decode())

    @staticmethod
    def _whole(command: str, code: int, printed: str) -> list[str]:
        """The lines of a command that ended as it should."""
        found_something = re.search("doctor|init", command) and code in (2, 4, 5)  # accounts that nobody has
        assert code == 0 or found_something, f"$ {command}\n{printed}"
        return printed.splitlines()

    def fill(self) -> None:
        """Put a line into the queue and one into the answers, and one to compare with, which is quick."""
        self.data.mkdir()
        (self.data / "corpus.txt").write_text("The fog has two ends, and the kettle keeps one.\n")
        (self.data / "tweets.txt").write_text("The fog has two ends.\\nI have seen one.\n")
        (self.data / "answers.txt").write_text("The fog has hired a lawyer, and the lawyer is also fog.\n")

    def _ask(self, command: str) -> list[str]:
        """Ask a `botus serve` that is running meanwhile."""
        with answering(self.data) as bot:
            address = shlex.split(command)[1].replace("http://127.0.0.1:8018", bot.address)
            with urlopen(address, timeout=30) as found:
                return found.read().decode().splitlines()

    def _log_in(self, command: str) -> list[str]:
        """Log in at servers of one's own, in a folder of its own: nobody answers there afterwards."""
        (self.folder / "login").mkdir(exist_ok=True)
        with OAuthServer() as mastodon, BlueskyServer(handle="kettle.bsky.social") as bluesky:
            there = command.replace("mastodon.example", mastodon.url)
            there = re.sub(r"bluesky (\S+)", rf"bluesky \1 --service {bluesky.url}", there)
            ended = subprocess.run(
                shlex.split(there), cwd=self.folder / "login", env=self.environment | {"BROWSER": BROWSER},
                input=bluesky.password, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        return self._whole(there, ended.returncode, ended.stdout)

    def answer(self, command: str, server: str = "") -> list[str]:
        """Answer each question of a command with Return, but for the one where the server is."""
        child, printed = self._terminal(command), ""
        while not child.expect([": $", pexpect.EOF]):
            printed += child.before + child.after
            child.send(f"{server}\r" if "Server, such as" in child.before else "\r")
        child.close()
        return self._whole(command, child.exitstatus, ESCAPE.sub("", printed + child.before))

    def _terminal(self, command: str) -> pexpect.spawn[str]:
        """Start a command in a terminal."""
        environment = self.environment | {"TERM": "xterm-256color", "BROWSER": BROWSER}
        return pexpect.spawn(
            command,
            cwd=str(self.folder),
            env=environment,
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=120,
        )

    def _curate(self, command: str) -> list[str]:
        child, screens = self._terminal(command), []
        for key in "ddddks?xq":
            child.expect_exact(" quit" if key != "x" else "any key")
            screens.append(child.before + child.after)
            child.send(key)
        child.expect(pexpect.EOF)
        return ESCAPE.sub("", "\n".join([*screens, child.before])).replace("\r", "").split("\n")

    def _until_interrupted(self, command: str, ready: str) -> list[str]:
        """Run a command that does not end, and interrupt it when it has printed these words."""
        process = subprocess.Popen(
            shlex.split(command), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        assert process.stdout is not None
        printed, patience = [], threading.Timer(120, process.kill)
        patience.start()
        for line in process.stdout:
            printed.append(line)
            if ready in line and not any(ready in earlier for earlier in printed[:-1]):
                process.send_signal(signal.SIGINT)  # once: a second one may meet it while it ends
        patience.cancel()
        assert process.wait() in (0, errors.Interrupted.exit_code)
        return [line.rstrip("\n") for line in printed]


def _base_model(folder: Path) -> None:
    """Put the demo where a published model lies, under the names of its files: it is nobody's own."""
    shutil.copytree(demo.folder(), folder)
    for file in [*folder.glob("model-*")]:
        file.rename(folder / f"model.ckpt.{file.name.partition('.')[2]}")
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    (folder / "botus.json").unlink(missing_ok=True)


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as running:
        yield running


EVERY = {"README.md": README, **PAGES}
CONSOLES = [
    (page, block) for page, text in EVERY.items() for block in blocks(text) if block.kind == "console"
]


@pytest.mark.parametrize(
    "block", [block for _, block in CONSOLES], ids=[f"{page} {one.commands[-1][0]}" for page, one in CONSOLES]
)
def test_a_session_prints_what_the_page_shows(block: Block, tmp_path: Path, server: MastodonServer) -> None:
    shell = Shell(tmp_path)
    if block.commands[0][0].startswith("curl "):
        shell.fill()
    for line, shown in block.commands:
        printed = []
        for command in line.split(" && "):
            if not command.startswith(NOT_RUN):
                printed += shell.run(command.replace("http://127.0.0.1:8123", server.url))
        assert not_printed(shown, printed) == [], "\n".join([f"$ {line}", *printed])
    assert not_named(shell.data) == []


def told(text: str, kind: str) -> list[str]:
    """The single commands of a page's blocks of one kind."""
    lines = [line for block in blocks(text) if block.kind == kind for line, _ in block.commands]
    return [command for line in lines for command in line.split(" && ")]


def test_the_steps_of_the_readme_lead_from_an_export_to_a_post(tmp_path: Path) -> None:
    shell, steps = Shell(tmp_path), told(README, "sh")
    with OAuthServer() as server:
        for place, command in enumerate(steps, start=1):
            if command == "botus init":
                shell.answer(command, server.url)
            elif command not in steps[place:] and not command.startswith(NOT_RUN):
                shell.run(command)
        shell.run("botus post")  # what the container does at its time
        assert len(server.posts) == 1
    assert (tmp_path / "compose.yaml").exists()
    assert not_named(shell.data) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_other_commands_of_a_page_run(page: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.fill()
    ran = {*told(README, "sh"), *(command for text in EVERY.values() for command in told(text, "console"))}
    for command in told(PAGES[page], "sh"):
        if command not in ran and not command.startswith((*NOT_RUN, BY_ITSELF)):
            shell.run(command)
    assert not_named(shell.data) == []


def test_no_more_is_left_out_than_has_to_be() -> None:
    every = [command for text in EVERY.values() for command in commands(text)]
    assert [start for start in NOT_RUN if not any(one.startswith(start) for one in every)] == []


def test_the_little_mastodon_starts_as_the_readme_says() -> None:
    command = next(
        one for one in commands(PAGES["posting.md"]) if one.startswith("python tests/support/servers.py")
    )
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
        (["dry run: would post to x:", "Fog."], ["dry run: would post to x:", "Gulls."], []),
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
