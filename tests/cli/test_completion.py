"""Completion: what a Tab gives in real shells, and the values that are looked for in a data directory."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import get_args

import pexpect
import pytest
from click.shell_completion import CompletionItem, ShellComplete

from botus.cli.main import cli
from botus.generation.sampling.engine import DEVICES, PRECISIONS
from botus.review.taste.order import Order
from botus.store.corpus import Corpus, Post
from botus.store.intents import Delivery, Intent, Intents
from botus.text import fingerprint, short_id
from tests.support.command import botus, environment, until

LAMP = "the lamp has asked for a day off"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tweets.txt").write_text(f"{LAMP}\nthe stairs agree\\nwith nobody\n")
    return folder


def completed(line: str, data: Path | None = None) -> dict[str, str]:
    """What the last word of a line completes to, with what is said of each."""
    return {one.value: one.help or "" for one in items(line, data)}


def items(line: str, data: Path | None = None) -> list[CompletionItem]:
    *words, begun = line.split(" ")[1:]
    words = ["--data", str(data), *words] if data else words
    return ShellComplete(cli, {}, "botus", "_BOTUS_COMPLETE").get_completions(words, begun)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("botus cur", ["curate"]),
        ("botus corpus re", ["remove"]),
        ("botus generate --vocabulary ", ["auto", "all"]),
        ("botus generate --without lo", ["loop"]),
        ("botus generate --without lo --te", ["--temp"]),
        ("botus corpus import --kind tr", ["trump"]),
        ("botus completion f", ["fish"]),
    ],
)
def test_fixed_values(line: str, values: list[str]) -> None:
    assert list(completed(line)) == values


def test_words_in_the_help_are_those_that_are_taken() -> None:
    assert set(completed("botus generate --device ")) == set(DEVICES)
    assert set(completed("botus generate --precision ")) == set(PRECISIONS)
    assert set(completed("botus curate --order ")) == set(get_args(Order))


@pytest.mark.parametrize(
    "line",
    [
        "queue add mo",
        "corpus import mo",
        "finetune --base mo",
        "generate --checkpoint mo",
        "curate --import mo",
    ],
)
def test_paths_are_left_to_the_shell(line: str) -> None:
    assert [one.type for one in items(f"botus {line}")] == ["file"]


def test_lines_of_the_queue_by_their_ids(data: Path) -> None:
    lamp = short_id(fingerprint(LAMP))
    assert completed("botus post ", data)[lamp] == LAMP
    assert "the stairs agree\\nwith nobody" in completed("botus post ", data).values()
    assert list(completed(f"botus post {lamp[:4]}", data)) == [lamp]
    assert completed("botus post zz", data) == {}


def test_posts_and_targets_in_question(data: Path) -> None:
    lost = {"text": "the fog", "timestamp": 1, "id": "0123456789", "targets": {"x": {"state": "unknown"}}}
    well = {"text": "a gull", "timestamp": 2, "id": "9876543210", "targets": {"x": {"state": "posted"}}}
    (data / "tweeted.json").write_text(json.dumps([lost, well]))
    claimed = Intent(fingerprint(LAMP), LAMP, LAMP, 0, deliveries={"mastodon": Delivery()})
    assert Intents(data).claim(claimed)
    open_one = short_id(fingerprint(LAMP))
    assert completed("botus resolve ", data) == {open_one: LAMP, "0123456789": "the fog"}
    assert list(completed(f"botus resolve {open_one} --target ", data)) == ["mastodon", "x"]


def test_sources_of_the_corpus(data: Path) -> None:
    Corpus(data).add([Post("the door creaks at noon", "more.txt")])
    assert list(completed("botus corpus remove m", data)) == ["more.txt"]


def test_what_is_damaged_or_missing_completes_to_nothing(data: Path) -> None:
    (data / "tweeted.json").write_text("[")
    assert completed("botus resolve ", data) == {}
    assert completed("botus post ", data / "nowhere") == {}


@pytest.mark.parametrize(
    ("shell", "start"),
    [
        ("bash", ["--norc", "--noprofile", "-i"]),
        ("zsh", ["-f", "-i"]),
        ("fish", ["--no-config", "-i"]),
    ],
)
def test_a_tab_in_a_real_shell(shell: str, start: list[str], data: Path, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    folder, ran = tmp_path / "bin", tmp_path / "ran"
    folder.mkdir()
    command = f'[ -z "$_BOTUS_COMPLETE" ] && exec echo "$@" >{ran}\nexec {sys.executable} -m botus'
    (folder / "botus").write_text(f"#!/bin/sh\n{command}\n")
    (folder / "botus").chmod(0o755)
    (tmp_path / "script").write_text(botus("completion", shell).out)
    settings = environment(TERM="xterm", HOME=str(tmp_path), BOTUS_DATA=str(data))
    settings["PATH"] = f"{folder}{os.pathsep}{settings['PATH']}"
    child = pexpect.spawn(program, start, env=settings, encoding="utf-8", timeout=20, dimensions=(24, 80))  # type: ignore[arg-type]
    before = "autoload -U compinit; compinit -D; " if shell == "zsh" else ""
    child.sendline(f"{before}. {tmp_path / 'script'}; echo rea''dy")
    child.expect("ready")
    child.send("botus cur\t--order unc\t\r")
    until(lambda: ran.exists() and ran.read_text() != "")
    child.close(force=True)
    assert ran.read_text() == "curate --order uncertain\n"
