"""The real thing, through a pseudo-terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pexpect
import pytest

import botus
from botus.store.decisions.journal import Decisions
from botus.store.durable import jsonl
from tests.support.command import until

PROGRAM = """
import sys
from pathlib import Path
from botus.errors import BotusError
from botus.settings import load
from botus.review.terminal.loop import closing, review
try:
    print("\\n".join(closing(review(load({}, Path(sys.argv[1])), "file"))))
except BotusError as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(error.exit_code)
"""
ROOT = str(Path(botus.__file__).parent.parent)
POSTS = 60
PATIENCE = 120  # seconds, of a machine that is very busy: whatever is waited for comes long before
UP, LEFT = "\x1b[A", "\x1b[D"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "tweets.txt").write_text("".join(f"post {number:03d}\n" for number in range(POSTS)))
    return tmp_path


@pytest.fixture
def opened() -> Iterator[list[pexpect.spawn]]:
    children: list[pexpect.spawn] = []
    yield children
    for child in children:
        child.close(force=True)


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    return kept | {"PYTHONPATH": ROOT, "TERM": "xterm-256color"} | changes


def spawned(arguments: list[str], size: tuple[int, int] = (24, 80), **changes: str) -> pexpect.spawn:
    child = pexpect.spawn(
        sys.executable,
        arguments,
        dimensions=size,
        env=environment(**changes),
        encoding="utf-8",
        timeout=PATIENCE,
    )
    child.delaybeforesend = None
    return child


def curate(
    data: Path, size: tuple[int, int] = (24, 80), program: str = PROGRAM, **changes: str
) -> pexpect.spawn:
    return spawned(["-c", program, str(data)], size, **changes)


def command(data: Path, *arguments: str, size: tuple[int, int] = (24, 80), **changes: str) -> pexpect.spawn:
    program = "from botus.cli.main import main; main()"
    return spawned(["-c", program, "--data", str(data), "curate", *arguments], size, **changes)


def held_curate(data: Path) -> tuple[pexpect.spawn, list[object]]:
    """A review, and the modes of its terminal before it began."""
    child = curate(data, program="input()\n" + PROGRAM)
    before = termios.tcgetattr(child.child_fd)
    child.sendline("")
    return child, before


def queue(data: Path) -> str:
    return (data / "tweets.txt").read_bytes().decode()


def verdicts(data: Path) -> list[str]:
    return [one.kind for step in Decisions(data).history().done for one in step.decisions]


def typed(child: pexpect.spawn, *steps: tuple[str, str]) -> None:
    """Send keys, each once the screen shows what was to come of those before."""
    for keys, seen in steps:
        child.send(keys)
        child.expect(seen)


def ended(child: pexpect.spawn) -> tuple[str, int | None]:
    child.expect(pexpect.EOF)
    child.wait()  # closing at once would kill what is still about to end
    child.close()
    return str(child.before), child.exitstatus


def test_a_moves_lines_to_the_answers_which_are_reviewed_by_themselves(
    data: Path, opened: list[pexpect.spawn]
) -> None:
    child = curate(data, size=(24, 100))
    opened.append(child)
    typed(
        child,
        ("", r"\[1ma\x1b.* answer"),
        ("a", "post 001"),
        ("a", "post 002"),
        ("u", "Taken back: for answers"),
        ("?", r"it moves to answers\.txt"),
        (" ", "post 001"),
        ("q", "This time: 1 for answers"),
    )
    ended(child)
    assert (data / "answers.txt").read_text() == "post 000\n"
    assert "post 000" not in queue(data)
    (data / "answers.txt").write_text("post 000\nby hand\n")
    child = command(data, "--answers", size=(24, 100))
    opened.append(child)
    typed(
        child, ("", "by hand"), ("a", "These are the answers"), ("d", "Nothing is left"), ("q", "1 dropped")
    )
    assert ended(child)[1] == 0
    assert (data / "answers.txt").read_text() == "post 000\n"


def test_single_keys_decide_without_enter(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data)
    opened.append(child)
    typed(
        child,
        ("", "post 000"),
        ("k", "post 001"),
        ("d", "post 002"),
        (LEFT, "post 003"),
        (" ", "post 004"),
        ("s", "post 005"),
        ("\r", "Enter does nothing"),
        ("u", "Taken back: starred"),
        ("r", "Done again: starred"),
        (UP, "4.* of 60.*starred"),
        ("?", "back to the very first"),
        ("x", "post 004"),
    )
    child.send("q")
    last, code = ended(child)
    assert "This time: 1 kept, 1 starred, 2 dropped, 1 later." in last
    assert code == 0
    assert verdicts(data) == ["keep", "drop", "drop", "later", "star"]
    assert queue(data).splitlines()[:3] == ["post 000", "post 003", "post 004"]


def test_an_edit_with_a_paste_and_wide_characters(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data)
    opened.append(child)
    typed(
        child,
        ("", "post 000"),
        ("e", "Ctrl-J"),
        ("🌊", "x 10/280"),
        ("\x1b[200~kd\rq\x1b[201~", "x 14/280"),
        ("\né", "x 16/280"),
        ("\r", "still to be decided"),
        ("k", "post 001"),
    )
    child.send("q")
    ended(child)
    assert queue(data).splitlines()[0] == "post 000🌊kd\\nq\\né"
    assert verdicts(data) == ["edit", "keep"]


def test_a_page_a_group_a_filter_and_a_search(data: Path, opened: list[pexpect.spawn]) -> None:
    (data / "tweets.txt").write_text(queue(data) + "the sea is late\nthe sea is later\n")
    child = curate(data)
    opened.append(child)
    typed(
        child,
        ("", "post 000"),
        ("\t", "drop all 10"),
        ("2", "keep 1 and drop the other 9"),
        ("d", "post 010.*drop all 10"),
        ("\t", "10 at once: 9 dropped, 1 kept"),
        ("/", "Search:"),
        ("s", "0ms"),
        ("e", "0mse"),
        ("a", "0msea"),
        ("\r", "1 of 2 with .sea."),
        ("m", "sea is later.*drop all 2"),
        ("d", "post 010"),
        ("f", "flagged"),
        ("k", "post 001"),
        ("q", "This time: 1 kept, 11 dropped."),
    )
    ended(child)
    assert queue(data).splitlines() == ["post 001", *[f"post {number:03d}" for number in range(10, POSTS)]]


def test_an_edit_in_ones_own_editor(data: Path, opened: list[pexpect.spawn], tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsleep 0.01\necho 'more to say' >> \"$1\"\n")
    editor.chmod(0o755)
    child = curate(data, VISUAL=str(editor))
    opened.append(child)
    typed(child, ("", "post 000"), ("E", "still to be decided"), ("k", "post 001"))
    child.send("q")
    ended(child)
    assert queue(data).splitlines()[0] == "post 000\\nmore to say"


@pytest.mark.parametrize("editor", ["false", "vi 'unclosed", "rm", "cp {}/latin.txt"])
def test_an_editor_that_fails_changes_nothing(data: Path, opened: list[pexpect.spawn], editor: str) -> None:
    (data / "latin.txt").write_bytes("the café".encode("latin-1"))
    child = curate(data, VISUAL=editor.format(data))
    opened.append(child)
    typed(child, ("", "post 000"), ("E", "Not changed"))
    child.send("q")
    assert ended(child)[1] == 0
    assert queue(data).startswith("post 000\n")


def test_what_was_dropped_is_brought_back_by_hand(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data)
    opened.append(child)
    typed(child, ("", "post 000"), ("dd", "post 002"))
    child.send("q")
    ended(child)
    child = command(data, "--dropped")
    opened.append(child)
    typed(child, ("", "Only the 2 dropped"), ("k", "post 000"))
    child.send("q")
    ended(child)
    assert queue(data).splitlines()[:2] == ["post 001", "post 002"]


def test_the_order_is_learned_while_one_reads(tmp_path: Path, opened: list[pexpect.spawn]) -> None:
    words = ["sea", "lamp"]
    lines = [f"the {words[number % 2]} counts {number}" for number in range(80)]
    (tmp_path / "tweets.txt").write_text("".join(f"{line}\n" for line in lines))
    child = command(tmp_path, size=(24, 90))
    opened.append(child)
    child.expect("by score; 30 decisions teach it your taste")
    child.send("kd")
    for number in range(2, 30):
        child.expect(rf"{number + 1}\x1b\S* of 80.*the (sea|lamp) counts.*keys")
        assert child.match
        child.send("k" if child.match[1] == "sea" else "d")
    typed(
        child,
        ("", "taste trusted [0-9]+ %"),
        ("?", "puts the one you'd keep first [0-9]+ times in 100"),
        ("x", "keys"),
    )
    child.send("q")
    assert ended(child)[1] == 0


def test_escape_leaves_an_edit(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data)
    opened.append(child)
    typed(child, ("", "post 000"), ("e", "Ctrl-J"), ("dd", ""), ("\x1b", "Edit cancelled"))
    child.send("q")
    ended(child)
    assert verdicts(data) == []


@pytest.mark.parametrize("pasted", ["\x1b[200~kdkd\rdd\x1b[201~", "all keys: kds\rdddd\r"])
def test_pasted_text_decides_nothing(data: Path, opened: list[pexpect.spawn], pasted: str) -> None:
    child = curate(data)
    opened.append(child)
    typed(child, ("", "post 000"), (pasted, "Pasted text does nothing|Enter does nothing"))
    child.send("q")
    ended(child)
    assert verdicts(data) == []


def test_a_candidate_cannot_steer_the_terminal(tmp_path: Path, opened: list[pexpect.spawn]) -> None:
    evil = "\x1b]0;title\x07 \x1b[2J \x9b31m \u202e end"
    (tmp_path / "tweets.txt").write_text(f"{evil}\n{evil}2\n")
    child = curate(tmp_path)
    opened.append(child)
    child.expect("end.*keys")
    painted = child.before + child.after
    child.send("d")
    child.expect("end2.*dropped.*end.*keys")
    painted += child.before + child.after
    child.send("q")
    ended(child)
    assert "␛]0;title␇ ␛[2J ‹U+009B›31m ‹U+202E› end" in re.sub(r"\x1b\[[0-9;]*m", "", painted)
    for part in ("\x1b]", "\x07", "\x1b[2J", "\x9b", "\u202e"):
        assert part not in painted


def test_the_window_may_change_its_size(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data, (20, 40))
    opened.append(child)
    child.expect("─{40}")
    child.setwinsize(30, 100)
    child.expect("─{100}")
    child.setwinsize(1, 1)
    child.send("k")
    child.setwinsize(24, 80)
    child.expect("─{80}.*post 001")
    child.send("q")
    assert ended(child)[1] == 0


def test_no_color_and_dumb_terminals(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data, NO_COLOR="1")
    opened.append(child)
    child.expect("keys")
    child.send("k")
    child.expect("kept.*keys")
    assert not re.search(r"\x1b\[[0-9;]*3[0-8]m", child.before + child.after)
    child.send("q")
    ended(child)
    child = curate(data, TERM="dumb")
    opened.append(child)
    child.expect("keys")
    child.send("d")
    child.expect("dropped.*keys")
    child.send("q")
    assert "\x1b" not in child.before + child.after + ended(child)[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_terminal_is_restored_after_a_signal(
    data: Path, opened: list[pexpect.spawn], number: int
) -> None:
    child, before = held_curate(data)
    opened.append(child)
    typed(child, ("", "post 000"), ("k", "post 001"))
    assert termios.tcgetattr(child.child_fd) != before
    child.kill(number)
    child.expect("Interrupted: stopped by")
    assert child.before.endswith("\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l")
    assert termios.tcgetattr(child.child_fd) == before
    assert ended(child)[1] == 130
    assert Decisions(data).history().last is None


def test_the_terminal_is_restored_after_an_error(data: Path, opened: list[pexpect.spawn]) -> None:
    child, before = held_curate(data)
    opened.append(child)
    child.expect("post 000")
    real = data / "real.txt"
    (data / "tweets.txt").rename(real)
    (data / "tweets.txt").symlink_to(real)
    child.send("dd")
    child.expect("FileError: .*symbolic link")
    assert "\x1b[?1049l" in child.before
    assert termios.tcgetattr(child.child_fd) == before
    assert ended(child)[1] == 3


def test_it_can_be_suspended(data: Path, opened: list[pexpect.spawn]) -> None:
    child, before = held_curate(data)
    opened.append(child)
    child.expect("post 000")
    child.kill(signal.SIGTSTP)
    child.expect_exact("\x1b[?1049l")
    stat = Path(f"/proc/{child.pid}/stat")
    until(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T", PATIENCE)
    assert termios.tcgetattr(child.child_fd) == before
    child.kill(signal.SIGCONT)
    typed(child, ("", "post 000.*keys"), ("k", "post 001"))
    child.send("q")
    assert ended(child)[1] == 0


def test_a_terminal_that_goes_away_ends_the_review(data: Path) -> None:
    child = curate(data)
    typed(child, ("", "post 000"), ("k", "post 001"))
    os.close(child.child_fd)
    until(lambda: os.waitpid(child.pid, os.WNOHANG)[0] == child.pid, PATIENCE)
    assert verdicts(data) == ["keep"]
    assert Decisions(data).history().last is None


def test_a_terminal_that_goes_away_under_an_editor_ends_the_review(data: Path) -> None:
    editor = data / "editor"
    editor.write_text("#!/bin/sh\necho opened\nread line\n")
    editor.chmod(0o755)
    child = curate(data, EDITOR=str(editor))
    typed(child, ("", "post 000"), ("kE", "opened"))
    os.close(child.child_fd)
    until(lambda: os.waitpid(child.pid, os.WNOHANG)[0] == child.pid, PATIENCE)
    assert verdicts(data) == ["keep"]
    assert Decisions(data).history().last is None


def test_the_limits_are_those_of_the_targets(data: Path, opened: list[pexpect.spawn]) -> None:
    secrets = {"MASTODON_BASE_URL": "https://example.org", "MASTODON_ACCESS_TOKEN": "secret"}
    child = command(data, "--order", "file", **secrets)
    opened.append(child)
    child.expect("keys")
    assert "mastodon 8/500" in child.before
    assert " 8/280" not in child.before
    child.send("q")
    assert ended(child)[1] == 0
    child = command(data, "--order", "best")
    opened.append(child)
    last, code = ended(child)
    assert code == 2
    assert "'best' is not known" in last


def test_off_a_terminal_it_says_what_to_use_instead(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(data)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE,
        check=False,
    )
    assert "SettingsError: botus curate needs a terminal" in done.stdout
    assert done.returncode == 2


def test_an_empty_queue_is_a_normal_state(tmp_path: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(tmp_path)
    opened.append(child)
    last, code = ended(child)
    assert "There is nothing to review" in last
    assert "\x1b" not in last
    assert code == 0


@pytest.mark.proof
def test_killed_at_random_moments_nothing_decided_is_lost_or_doubled(
    data: Path, opened: list[pexpect.spawn]
) -> None:
    before = queue(data)
    decide_and_kill(data, opened, decisions=40, seed=7)
    take_everything_back(data, opened)
    assert queue(data) == before
    assert Decisions(data).verdicts() == {}


def take_everything_back(data: Path, opened: list[pexpect.spawn]) -> None:
    child = curate(data)
    opened.append(child)
    taken_back = [("u", "Taken back")] * len(Decisions(data).history().done)
    typed(child, ("", "keys"), *taken_back, ("u", "Nothing to take back"))
    child.send("q")
    ended(child)


KINDS: dict[str, list[tuple[str, str]]] = {  # keys, each with what the screen shows when it is done
    "keep": [("k", r"\+ kept +")],
    "drop": [("d", "- dropped +")],
    "star": [("s", r"\* starred +")],
    "later": [(" ", "~ later +")],
    "edit": [("e", "Ctrl-J"), ("!", "Ctrl-J"), ("\r", "still to be decided")],
    "page": [("\t", "drop all"), ("2", "drop the other"), ("d", "drop all"), ("\t", "at once: ")],
    "undo": [("u", "Taken back|Nothing to take back")],
    "redo": [("r", "Done again|Nothing to do again")],
}


def decide_and_kill(data: Path, opened: list[pexpect.spawn], decisions: int, seed: int) -> None:
    """Decide, kill within a few milliseconds after a key, and compare what was seen with what was written."""
    rng = Random(seed)
    sure: list[str] = []
    made = 0
    while made < decisions:
        child = curate(data)
        opened.append(child)
        child.expect("keys")
        for _ in range(rng.randrange(3, 12)):
            sure += decide(child, data, rng.choice(list(KINDS)), sure)
            made += 1
        assert written(data) == sure
        last, key = rng.choice([("drop", "d"), ("undo", "u"), ("star", "s")])
        child.send(key)
        time.sleep(rng.random() * 0.02)
        child.kill(signal.SIGKILL)
        child.close()
        made += 1
        assert written(data) in (sure, [*sure, last])
        sure = written(data)


def written(data: Path) -> list[str]:
    """What the journal has: a page as often as it decided posts."""
    return [record["kind"] for record in jsonl.read(Decisions(data).path) if record["kind"] != "end"]


def decide(child: pexpect.spawn, data: Path, kind: str, sure: list[str]) -> list[str]:
    """Press keys, wait until the screen shows what came of them, and return what must be written by then."""
    typed(child, *KINDS[kind])
    nothing = str(child.after).startswith("Nothing")
    child.expect("keys")
    if kind == "page":
        return written(data)[len(sure) :]
    return [] if nothing else [kind]
