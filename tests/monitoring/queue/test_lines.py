"""Each line of the queue with what becomes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from botus.cli.commands.queue import queue_list
from botus.cli.display.queue import line_shown
from botus.monitoring.queue.lines import QueueLine, answers, having, queued
from botus.settings import Settings
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions.entries import Decision, Step
from botus.store.decisions.journal import Decisions
from botus.store.queue.tweets import ANSWERS, Queue
from botus.text import fingerprint
from tests.support.fakes import FakeTarget, Platform, World

OF_ALL_KINDS = {
    "a kettle that sings": "starred",
    "a kettle that hums": "kept",
    "a kettle by hand": "by hand",
    "a kettle of the model": "unreviewed",
    "a kettle with a flag": "held",
    "@everyone, tea": "held",
    "a kettle that was posted": "used",
    "a kettle that was dropped": "dropped",
    "k" * 281: "too long",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, FakeTarget(Platform(), "one"))


def decided(data: Path, file: str = "tweets.txt", **texts: str) -> None:
    """Note decisions, each by its kind."""
    for number, (kind, text) in enumerate(texts.items(), 1):
        Decisions(data, file).append(Step(number, 0, (Decision(kind, fingerprint(text), text),)))  # type: ignore[arg-type]


def written(data: Path, text: str, *flags: str) -> None:
    one = Candidate(text, 0, 0.5, {}, -1.0, None, flags, ())
    Candidates(data).append(Origin("run1", 1, 0.9, 0, 1.0, "", 1), [one], len(text))


def seen(world: World) -> list[QueueLine]:
    return list(queued(world.run().queue.lines(), world.run().selection()))


def fill(world: World) -> None:
    """Put a line of every kind into the queue."""
    world.lines("a kettle that was posted")
    world.run().post()
    world.lines(*OF_ALL_KINDS, "a kettle  by hand")
    with (world.data / "tweets.txt").open("ab") as file:
        file.write(b"a kettle \xff\nhalf a kett")
    written(world.data, "a kettle of the model")
    written(world.data, "a kettle with a flag", "odd")
    decided(
        world.data, star="a kettle that sings", keep="a kettle that hums", drop="a kettle that was dropped"
    )


def test_every_state_of_a_line(world: World) -> None:
    fill(world)
    found = seen(world)
    assert [(one.text, one.state) for one in found] == [
        *OF_ALL_KINDS.items(),
        ("a kettle  by hand", "double"),
        ("a kettle \\xff", "not UTF-8"),
        ("half a kett", "unfinished"),
    ]
    assert [one.number for one in found] == list(range(1, 13))
    assert [one.state for one in found if one.ready] == ["starred", "kept", "by hand", "unreviewed"]
    assert [bool(one.why) for one in found] == [not one.ready for one in found]
    whys = {one.state: one.why for one in found}
    assert (whys["held"], whys["too long"]) == (
        "pings everybody: '@everyone'",
        "281 characters, one takes 280",
    )
    [states] = [one.type.choices for one in queue_list.params if one.name == "state"]  # type: ignore[attr-defined]
    assert {one.state for one in found} | {"invalid"} == set(states)  # which can be seen by nobody


def test_a_line_that_waits_for_the_settings_says_so(world: World) -> None:
    world.lines("a kettle of the model")
    written(world.data, "a kettle of the model")
    world.settings = Settings(world.data, post_only="reviewed")
    [line] = seen(world)
    assert (line.state, line.ready) == ("unreviewed", False)
    assert line.why == "nobody has kept it, and POST_ONLY is reviewed"


def test_only_the_first_of_a_post_that_may_go_out_is_single(world: World) -> None:
    world.lines("tea", "tea", "@everyone", "@everyone")
    assert [one.state for one in seen(world)] == ["by hand", "double", "held", "held"]


def test_the_lines_for_answers(tmp_path: Path) -> None:
    lines = [
        "steam, said the kettle",
        "ask the fog",
        "@everyone, no",
        "gone",
        "by the model",
        "in the queue",
    ]
    (tmp_path / ANSWERS).write_text("\n".join(lines))
    (tmp_path / "tweets.txt").write_text("in the queue\n")
    with (tmp_path / ANSWERS).open("ab") as file:
        file.write(b"\n\xff\n\xe2\x80\x8b\n")
    written(tmp_path, "by the model")
    decided(tmp_path, ANSWERS, keep="ask the fog", drop="gone")
    os.utime(tmp_path / ANSWERS, (0, 0))
    assert [(one.text, one.state, one.ready) for one in answers(Settings(tmp_path))] == [
        ("steam, said the kettle", "by hand", True),
        ("ask the fog", "kept", True),
        ("@everyone, no", "held", False),
        ("gone", "dropped", False),
        ("by the model", "unreviewed", False),
        ("in the queue", "held", False),
        ("\\xff", "not UTF-8", False),
        ("\u200b", "invalid", False),
    ]


def test_a_search_takes_words_and_ids(world: World) -> None:
    world.lines("The KETTLE  sings", "fog")
    kettle, fog = seen(world)
    for words in ("kettle sings", "KETTLE", kettle.post[:6], kettle.post.upper()):
        assert list(having([kettle, fog], words)) == [kettle], words
    assert list(having([kettle, fog], "tea")) == []


@pytest.mark.parametrize("width", [None, 40, 80, 200])
def test_a_line_fits_the_terminal(width: int | None) -> None:
    line = QueueLine(
        "0123456789" * 3, 1, "a long way to the lamp " * 20, "held", False, "flagged: " + "odd, " * 30
    )
    shown = line_shown(line, width)
    assert len(shown) <= (width or 10_000)
    assert shown.startswith("0123456789  held: flag")
    assert ("…" in shown) == (width is not None)


def test_letters_that_take_two_columns_are_cut_by_columns() -> None:
    for text in ("灯台の霧は二つの端を持っている" * 9, "\x1b" * 90):
        shown = line_shown(QueueLine("0" * 32, 1, text, "kept", True, ""), 80)
        assert 70 <= cell_len(shown) <= 80
        assert "\x1b" not in shown


def test_of_a_line_that_nobody_could_post_only_the_beginning_is_shown() -> None:
    shown = line_shown(QueueLine("", 1, "k" * 10_000_000, "too long", False, "no platform takes it"), None)
    assert len(shown) < 300


def test_looking_holds_no_more_than_a_line(world: World) -> None:
    world.lines("tea", "fog")
    found = queued(world.run().queue.lines(), world.run().selection())
    assert next(found).text == "tea"
    assert [line.text for line in Queue(world.data).lines()] == ["tea", "fog"]
