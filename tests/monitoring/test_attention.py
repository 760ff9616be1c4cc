"""What becomes of posts that are in progress, and what a person can type."""

from __future__ import annotations

import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from botus.monitoring.attention import OpenPost, open_posts
from botus.store.intents import Delivery, Intent
from botus.store.state import PostingState, TargetState
from tests.support.command import ROOT
from tests.support.fakes import FakeTarget, Platform

NOW = 1_800_000_000.0
UTC = ZoneInfo("UTC")
TARGETS = {"x": FakeTarget(Platform(), "x")}
STOPPED = PostingState(targets={"x": TargetState(account="account-1", stopped="401")})


def told(part: Delivery, memory: PostingState | None = None, owner: str = "") -> OpenPost:
    intent = Intent("0123456789abcdef", "a post", "a post", 1, owner, deliveries={"x": part})
    (found,) = open_posts([intent], TARGETS, memory or PostingState(), NOW, UTC)
    return found


@pytest.mark.parametrize(
    ("part", "fate", "words"),
    [
        (Delivery(), "goes out with the next post", "--give-up"),
        (Delivery(until=NOW - 1), "goes out with the next post", "--give-up"),
        (
            Delivery(until=NOW + 60),
            "goes out with the first post after Fri 2027-01-15 08:01 +00:00",
            "--give-up",
        ),
        (
            Delivery("sending", until=NOW + 60),
            "botus looks for it after Fri 2027-01-15 08:01 +00:00",
            "--posted [URL] | --not-posted | --give-up",
        ),
        (
            Delivery("sending"),
            "botus looks for it with the next post",
            "--posted [URL] | --not-posted | --give-up",
        ),
    ],
)
def test_what_becomes_of_a_post(part: Delivery, fate: str, words: str) -> None:
    found = told(part)
    assert (found.fate, found.command) == (fate, f"botus resolve 0123456789 --target x {words}")


def test_a_target_that_has_stopped() -> None:
    assert (
        told(Delivery(error="401"), STOPPED).fate == "waits until x goes on: fix that, then run botus doctor"
    )
    another = PostingState(targets={"x": TargetState(account="another", stopped="401")})
    assert told(Delivery(error="401"), another).fate == "goes out with the next post"


@pytest.mark.parametrize("state", ["pending", "sending"])
def test_a_target_that_is_no_longer_set(state: str) -> None:
    intent = Intent("0123456789abcdef", "a post", "a post", 1, deliveries={"y": Delivery(state)})  # type: ignore[arg-type]
    (found,) = open_posts([intent], TARGETS, PostingState(), NOW, UTC)
    assert found.fate.startswith("y is no longer in the settings: ")
    assert "--target y" in found.command


def test_a_post_on_its_way_needs_nobody() -> None:
    code = "from botus.store.durable.owner import this_process; print(this_process(), flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert other.stdout
    name = other.stdout.readline().strip()
    found = told(Delivery("sending"), owner=name)
    other.communicate("\n", timeout=20)
    assert (found.fate, found.command) == ("is being sent now", "")
    assert told(Delivery("sending"), owner=name).command  # it is gone
