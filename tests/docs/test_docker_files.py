"""The files around the image agree with each other and with botus; docker/smoke proves what it does."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import botus
from botus import settings
from botus.cli.main import cli
from botus.schedule.slots import describe, schedule_of

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text()
SCRIPTS = ["docker/base-image", "docker/smoke", ".ci/run"]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), comments gone and continued lines joined."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", "")
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines.splitlines()) if name]


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage by its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    stage: list[tuple[str, str]] = []
    for name, rest in instructions():
        if name == "FROM":
            stage = found.setdefault(rest.partition(" AS ")[2], [])
        stage.append((name, rest))
    return found


def value(stage: str, name: str) -> str:
    return next(rest for found, rest in stages()[stage] if found == name)


def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]["botus"]
    return parsed


def test_what_is_built_without_a_target_is_post() -> None:
    assert list(stages())[-1] == "post"
    assert "generate" in stages()


def test_extras_reach_every_stage_that_installs() -> None:
    installing = [stage for stage in stages().values() if any("pip" in rest for _, rest in stage)]
    assert len(installing) == 3
    assert all(("ARG", "EXTRAS=") in stage for stage in installing)


@pytest.mark.parametrize(
    ("stage", "name"),
    [("base", "ENTRYPOINT"), ("post", "CMD"), ("generate", "CMD"), ("web", "CMD"), ("post", "HEALTHCHECK")],
)
def test_no_shell_stands_between(stage: str, name: str) -> None:
    words = json.loads(
        value(stage, name).partition("CMD ")[2] if name == "HEALTHCHECK" else value(stage, name)
    )
    named = [word for word in words if word != "botus"]
    assert len(named) >= len(words) - 1
    if named:
        cli.commands[named[0]].make_context("botus", named[1:])


def test_the_labels_tell_the_version_of_the_package() -> None:
    assert ("ARG", f"VERSION={botus.__version__}") in stages()["base"]
    labels = re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', value("base", "LABEL"))
    assert {name for name, _ in labels} == {"title", "description", "version", "licenses"}
    assert ("licenses", "MIT") in labels


def test_the_image_is_nobody_special_and_writes_to_the_volume_only() -> None:
    assert int(value("base", "USER").partition(":")[0]) > 0
    assert value("base", "STOPSIGNAL") == "SIGTERM"
    volume = value("base", "VOLUME")
    assert f"BOTUS_DATA={volume}" in value("base", "ENV").split()
    assert volume in [mount.partition(":")[2] for mount in compose()["volumes"]]


def test_the_poster_has_nothing_of_the_model() -> None:
    source = re.search(r"--from=(\S+)", value("post", "COPY"))
    assert source is not None
    commands = " ".join(rest for name, rest in [*stages()["build"], *stages()[source[1]]] if name == "RUN")
    assert "generate" not in commands
    assert "botus/demo/" in commands


def test_the_base_has_a_python_that_botus_runs_on() -> None:
    wanted = re.search(r"^python_requires = >=3\.(\d+)$", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
    given = re.search(r"^ARG PYTHON_IMAGE=\S+/python:3\.(\d+)-slim", DOCKERFILE, re.MULTILINE)
    assert wanted is not None
    assert given is not None
    assert int(given[1]) >= int(wanted[1])


def test_the_build_sees_the_package_and_nothing_of_the_bot() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    taken_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert taken_in == {"botus", "pyproject.toml", "setup.cfg", "README.md", "LICENSE"}
    assert "**/*.py[co]" in rules


def test_compose_is_short_and_its_settings_are_good(tmp_path: Path) -> None:
    assert sum("#" not in line for line in COMPOSE.splitlines()) < 20
    (tmp_path / "token").write_text("a-token")
    environment = {name: str(given) for name, given in compose()["environment"].items()}
    (secret,) = compose()["secrets"]
    assert environment["MASTODON_ACCESS_TOKEN_FILE"] == f"/run/secrets/{secret}"
    environment["MASTODON_ACCESS_TOKEN_FILE"] = str(tmp_path / "token")
    found = settings.load(environment, tmp_path)
    found.require_complete()
    assert found.accounts["mastodon"]["token"] == "a-token"
    assert found.post_only == "reviewed"
    plan = schedule_of(found)
    assert plan.posts_per_day(found.max_per_day) == 6
    assert not plan.warnings(found.max_per_day)
    assert list(describe(plan, datetime(2026, 1, 1, tzinfo=UTC), 1, found.max_per_day))


def test_the_other_services_need_only_their_marks_taken_away() -> None:
    lines = [re.sub(r"^  # (web:|answers:|  )", r"  \1", line) for line in COMPOSE.splitlines()]
    services = yaml.safe_load("\n".join(lines))["services"]
    page, answers, poster = services["web"], services["answers"], services["botus"]
    for other in (page, answers):
        for name in ("user", "restart", "read_only", "cap_drop", "security_opt", "volumes"):
            assert other[name] == poster[name], name
        assert all(port.startswith("127.0.0.1:") for port in other["ports"])
        assert other["build"]["target"] in stages()
    assert page["environment"]["CRON"] == poster["environment"]["CRON"]
    assert answers["command"][0] in cli.commands
    assert answers["environment"].keys() <= settings.NAMES


def test_compose_gives_no_rights_away() -> None:
    service = compose()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == "45s"
    assert service["user"].partition(":")[0] != "0"
    assert (ROOT / "docker" / service["build"] / "Dockerfile").resolve() == ROOT / "Dockerfile"
    assert yaml.safe_load(COMPOSE)["secrets"].keys() == set(service["secrets"])


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_run(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    interpreter = path.read_text().splitlines()[0].rpartition(" ")[2]
    if interpreter == "bash":
        subprocess.run(["bash", "-n", str(path)], check=True)
    else:
        compile(path.read_text(), script, "exec")


def test_ci_calls_the_readme_s_test_command_and_all_the_rest() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    set_up = "python3 -m venv .venv && . .venv/bin/activate"
    command = f"{set_up} && pip install -e '.[test]' && python -m pytest\n"
    assert command in script
    assert command in (ROOT / "README.md").read_text()
    assert "set -euo pipefail" in script
    order = [script.index(f'\nstep "{name}') for name in ("tests", "tests with T", "style", "types", "image")]
    assert order == sorted(order)
