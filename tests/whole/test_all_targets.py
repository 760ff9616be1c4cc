"""Bluesky and a webhook, as a person meets them: the real commands, from the doctor to the status."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import ROOT, botus, start
from tests.support.servers import BlueskyServer, HookServer


@pytest.fixture
def bluesky() -> Iterator[BlueskyServer]:
    with BlueskyServer() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


@pytest.fixture
def targets(bluesky: BlueskyServer, hook: HookServer, tmp_path: Path) -> dict[str, str]:
    """Settings with both, and a queue."""
    (tmp_path / "tweets.txt").write_text("".join(f"line {number}\n" for number in range(9)))
    return {
        "BOTUS_DATA": str(tmp_path),
        "CRON": "* * * * *",
        "BLUESKY_HANDLE": bluesky.handle,
        "BLUESKY_APP_PASSWORD": bluesky.password,
        "BLUESKY_SERVICE": bluesky.url,
        "WEBHOOK_URLS": hook.url.replace("http", "json") + "/hook-token",
    }


def test_the_doctor_logs_in_once_and_posts_nothing(
    targets: dict[str, str], bluesky: BlueskyServer, hook: HookServer, tmp_path: Path
) -> None:
    for _ in range(2):
        ended = botus("doctor", **targets)
        assert ended.code == 0, ended.out
    assert "ok       bluesky: @kettle.test https://bsky.app/profile/kettle.test\n" in ended.out
    assert "ok       bluesky: 300 characters, 3000 bytes\n" in ended.out
    kept = tmp_path / ".botus" / "bluesky.json"
    assert f"the session is kept in {kept}\n" in ended.out
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert re.search(r"^ok       webhook-json-[0-9a-f]{6}: JSON$", ended.out, re.MULTILINE)
    assert "a webhook cannot be tried without posting" in ended.out
    assert bluesky.logins == 1
    assert not bluesky.posts + hook.posts


def test_a_wrong_password_is_said_without_it(targets: dict[str, str], bluesky: BlueskyServer) -> None:
    bluesky.password = "another-password"
    for command in ("doctor", "post"):
        ended = botus(command, **targets)
        assert ended.code == 4
        assert "Invalid identifier or password" in ended.out + ended.err
        assert targets["BLUESKY_APP_PASSWORD"] not in ended.out + ended.err


def test_post_status_and_schedule(
    targets: dict[str, str], bluesky: BlueskyServer, hook: HookServer, tmp_path: Path
) -> None:
    bluesky.script("on=putRecord commit drop")
    assert botus("post", **targets).code == 0
    hook.script("500")
    ended = botus("post", **targets)
    assert (ended.code, "was not confirmed: HTTP 500; it is not sent again" in ended.err) == (5, True)
    assert len(bluesky.texts) == len(set(bluesky.texts)) == 2
    assert len(hook.texts) == 1
    entries = json.loads((tmp_path / "tweeted.json").read_text())
    (name,) = entries[0]["targets"].keys() - {"bluesky"}
    assert [entry["targets"][name]["state"] for entry in entries] == ["posted", "unknown"]

    ended = botus("status", **targets)
    assert (ended.code, "attention" in ended.out) == (0, False)
    assert f"posts to    bluesky at {bluesky.url}, kettle.test, 300 characters; " in ended.out
    assert f"           {name} once each; what fails is not sent again\n" in ended.out
    assert f"1 not confirmed by {name}" in ended.out
    assert botus("--json", "status", **targets).value["unconfirmed"] == {name: 1}
    ended = botus("schedule", **targets)
    assert f"posts to bluesky at {bluesky.url}" in ended.out
    assert set(botus("--json", "schedule", **targets).value["targets"]) == {"bluesky", name}
    assert "hook-token" not in ended.out

    assert botus("resolve", entries[1]["id"], "--not-posted", **targets).code == 0
    assert botus("post", **targets).code == 0
    assert entries[1]["text"] in hook.texts


def test_the_start_page_and_the_log_keep_the_secrets(
    targets: dict[str, str], bluesky: BlueskyServer, hook: HookServer
) -> None:
    hook.script("500")
    process = start("run", **targets)
    said = []
    try:
        assert process.stdout
        for line in process.stdout:
            said.append(line)
            if "was not confirmed" in line:
                break
    finally:
        process.terminate()
        process.communicate(timeout=20)
    text = "".join(said)
    assert f"posts to bluesky at {bluesky.url}, kettle.test" in text
    assert re.search(r"posts to webhook-json-[0-9a-f]{6} once each", text)
    assert not [
        secret for secret in (bluesky.password, "hook-token", "access-", "refresh-") if secret in text
    ]


def test_webhooks_without_the_extra(targets: dict[str, str], tmp_path: Path) -> None:
    """As in the base image: a module of that name that is not there."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import sys; sys.modules['apprise'] = None\n")
    ended = botus("status", **targets | {"PYTHONPATH": f"{site}:{ROOT}"})
    assert ended.code == 2
    assert "pip install 'botus[webhook]'" in ended.err
    assert "hook-token" not in ended.err
