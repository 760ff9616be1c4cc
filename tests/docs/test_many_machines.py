"""docs/many-machines.md: its scripts give each machine a share of its own, and its commands can be parsed.

The scripts run as they stand, with a `botus` that only notes what it is asked, and an `ssh` of this machine.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import yaml
from distributed.cli.dask_scheduler import main as dask_scheduler
from distributed.cli.dask_worker import main as dask_worker

from botus.cli.main import cli
from botus.generation import share
from tests.support.pages import PAGES, ROOT

PAGE = PAGES["many-machines.md"]
SCRIPTS = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
JOB = yaml.safe_load((ROOT / "docker" / "indexed-job.yaml").read_text())
BOTUS = """#!/bin/sh
mkdir -p data/.botus
case "$*" in generate*) echo "$HOST" >data/tweets.txt; : >data/.botus/candidates.jsonl ;; esac
printf '%s\\n' "$*" >>"$NOTES"
"""
SSH = """#!/bin/sh
HOST=$1
export HOST
shift
cd "hosts/$HOST" && exec sh -c "$*"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    for name, script in (("botus", BOTUS), ("ssh", SSH)):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    for data in (tmp_path / "data", *(tmp_path / "hosts" / f"pc{i}" / "bot" / "data" for i in (1, 2, 3))):
        data.mkdir(parents=True)
        (data / "corpus.txt").write_text("the kettle sings\n")
    return tmp_path


def run(place: Path, script: str, **variables: str) -> list[list[str]]:
    """Run a script, and return what botus was asked, in the order of the words."""
    notes = place / "notes"
    notes.write_text("")
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "NOTES": str(notes), "HOST": "here"} | variables
    subprocess.run(["bash", "-euc", script], cwd=place, env=environment, check=True, timeout=60)
    return sorted(shlex.split(line) for line in notes.read_text().splitlines())


def script_with(words: str) -> str:
    (found,) = [script for script in SCRIPTS if words in script]
    return found


def parsed(words: list[str]) -> dict[str, object]:
    """The options of a command, as click reads them."""
    context = cli.make_context("botus", list(words), resilient_parsing=True)
    command = cli.get_command(context, words[2] if words[0] == "--data" else words[0])
    assert command is not None
    return command.make_context("botus", words[words.index(command.name or "") + 1 :]).params


def test_slurm_gives_each_task_its_share(place: Path) -> None:
    shares = []
    for number in range(1, 9):
        environment = {"SLURM_ARRAY_TASK_ID": str(number)}
        ((*words,),) = run(place, script_with("#SBATCH"), **environment)
        assert words[:2] == ["--data", f"shares/{number}"]
        assert (place / "shares" / str(number) / "corpus.txt").exists()
        shares.append(share.read(str(parsed(words)["share"]), environment))
    assert [one.number for one in shares] == list(range(1, 9))
    assert "--array=1-8 " in script_with("#SBATCH")
    merged = run(place, script_with("for share in"))
    assert merged == [["queue", "add", f"shares/{number}"] for number in range(1, 9)]


def test_kubernetes_gives_each_pod_its_share(place: Path) -> None:
    (container,) = JOB["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "-euc"]
    assert JOB["spec"]["completionMode"] == "Indexed"
    shares = []
    for index in range(JOB["spec"]["completions"]):
        environment = {"JOB_COMPLETION_INDEX": str(index)}
        script = container["args"][0].replace("/app/data", str(place / "data"))
        ((*words,),) = run(place, script, **environment)
        assert words[:2] == ["--data", f"{place}/data/shares/{index}"]
        shares.append(share.read(str(parsed(words)["share"]), environment))
    assert [one.number for one in shares] == list(range(1, 9))


def test_the_loop_over_ssh_gives_each_machine_its_share_and_merges(place: Path) -> None:
    asked = run(place, script_with('ssh "$host" "cd bot'))
    generated = [words for words in asked if words[0] == "generate"]
    assert sorted(str(parsed(words)["share"]) for words in generated) == ["1/3", "2/3", "3/3"]
    assert asked[3:] == [["queue", "add", f"shares/pc{i}"] for i in (1, 2, 3)]
    for i in (1, 2, 3):
        assert (place / "shares" / f"pc{i}" / "tweets.txt").read_text() == f"pc{i}\n"
        assert (place / "shares" / f"pc{i}" / ".botus" / "candidates.jsonl").exists()


def test_dask_has_the_options_that_are_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    for name in ("cluster.pem", "cluster.key"):
        Path(name).write_text("")
    said = re.findall(r"\b(dask (?:scheduler|worker) [^`\n]+)", PAGE)
    tools: dict[str, click.Command] = {"scheduler": dask_scheduler, "worker": dask_worker}
    for line in said:
        _, tool, *words = shlex.split(line)
        tools[tool].make_context(tool, words)
    assert len(said) == 4


def test_the_variables_for_tls_are_dasks() -> None:
    import dask.config
    import distributed

    assert distributed
    names = re.findall(r"DASK_(DISTRIBUTED__\w+)=", PAGE)
    assert len(names) == 4
    for name in names:
        key = name.lower().replace("__", ".").replace("_", "-")
        assert dask.config.get(key, default="none") != "none", key
