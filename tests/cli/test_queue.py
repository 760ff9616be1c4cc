"""`botus queue`, `botus post ID` and what else shows single posts: as a person or a script meets them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from botus import settings
from botus.cli.main import main
from botus.cli.options import Common
from botus.review.session import open_session
from botus.store.durable import files
from botus.store.queue.tweets import ANSWERS
from botus.text import fingerprint, short_id
from tests.monitoring.queue.test_lines import written
from tests.support.command import COMMAND, Ended, botus, environment, picture, until
from tests.support.servers import MastodonServer

TEA, FOG, ALL = "the tea is ready", "the fog has two ends", "@everyone, tea"


def name(text: str) -> str:
    return short_id(fingerprint(text))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tweets.txt").write_text(f"{TEA}\n{FOG}\n{ALL}\n")
    return folder


@pytest.fixture
def mastodon() -> Iterator[MastodonServer]:
    with MastodonServer() as server:
        yield server


def account(server: MastodonServer) -> dict[str, str]:
    return {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}


Inside = Callable[..., Ended]


@pytest.fixture
def inside(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Runs a command in this process, which is quicker than one of its own."""
    for setting in {*settings.NAMES} & os.environ.keys():
        monkeypatch.delenv(setting)

    def one(*words: str, **variables: str) -> Ended:
        for setting, value in variables.items():
            monkeypatch.setenv(setting, value)
        monkeypatch.setattr(sys, "argv", ["botus", *words, "--data", str(data)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return one


def lines(data: Path) -> list[str]:
    return (data / "tweets.txt").read_text().splitlines()


# list


def test_a_list_has_a_line_for_each(data: Path, inside: Inside) -> None:
    ended = inside("queue", "list")
    assert ended.out.splitlines() == [
        f"{name(TEA)}  by hand     {TEA}",
        f"{name(FOG)}  by hand     {FOG}",
        f"{name(ALL)}  held: pings everybody: '@everyone'  {ALL}",
    ]


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        (["-n", "1"], [TEA]),
        (["TEA"], [TEA, ALL]),
        (["tea", "--state", "held"], [ALL]),
        (["--ready"], [TEA, FOG]),
        (["-n", "1", "--ready", "fog"], [FOG]),
        (["gull"], []),
    ],
)
def test_a_list_can_be_narrowed(data: Path, inside: Inside, options: list[str], texts: list[str]) -> None:
    ended = inside("queue", "list", "--json", *options)
    assert [one["text"] for one in ended.value] == texts
    assert ("there is no such line in tweets.txt" in ended.err) == (not texts)


def test_answers_are_listed_and_taken_out_too(data: Path, inside: Inside) -> None:
    (data / ANSWERS).write_text("ask the kettle\nask the fog\n")
    os.utime(data / ANSWERS, (0, 0))
    assert inside("queue", "list", "--answers").out.count("ask the") == 2
    ended = inside("queue", "remove", "--answers", name("ask the fog"))
    assert "u in botus curate --answers takes it back" in ended.out
    assert (data / ANSWERS).read_text() == "ask the kettle\n"
    assert "shown by: botus queue list --answers\n" in inside("queue", "remove", "--answers", name(TEA)).err


def test_what_a_line_could_do_to_a_terminal_is_shown_harmless(data: Path, inside: Inside) -> None:
    (data / "tweets.txt").write_bytes(b"red \x1b[31m \x07\r\nturned \xe2\x80\xae\r\n")
    for command in (["list"], ["next"], ["show", "red"]):
        shown = inside("queue", *command).out
        assert not set(shown) & set("\x1b\x07\r\u202e"), command
    assert "red \\x1b[31m \\x07" in inside("queue", "list").out


def test_a_reader_that_has_enough_ends_it(data: Path) -> None:
    (data / "tweets.txt").write_text("".join(f"kettle {number}\n" for number in range(20_000)))
    for form in ("", "--json"):
        script = f"set -o pipefail; {' '.join(COMMAND)} queue list {form} | head -n 1"
        ended = subprocess.run(
            ["bash", "-c", script],
            env=environment(BOTUS_DATA=str(data)),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (ended.returncode, ended.stderr, len(ended.stdout.splitlines())) == (0, "", 1)


@pytest.mark.parametrize("as_json", [False, True])
def test_no_more_is_looked_at_than_is_read(monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    rows = iter(range(1000))
    with os.fdopen(writer, "w") as nobody_reads:
        monkeypatch.setattr(sys, "stdout", nobody_reads)
        Common(as_json=as_json).each(rows, lambda row: [str(row)], lambda row: row)
    assert next(rows) < 4


@pytest.mark.parametrize("command", ["list", "next", "show fog", "list --answers"])
def test_looking_changes_nothing(data: Path, inside: Inside, command: str) -> None:
    before = picture(data)
    ended = inside("queue", *command.split())
    assert (ended.code, picture(data)) == (0, before), ended


def test_where_there_is_no_queue(data: Path, inside: Inside) -> None:
    (data / "tweets.txt").unlink()
    listed = inside("queue", "list", "--json")
    assert (listed.value, listed.err) == ([], "there is no line in tweets.txt\n")
    assert "it is empty" in inside("queue", "next").out
    for command in (["show", "tea"], ["remove", "abcd"]):
        ended = inside("queue", *command)
        assert (ended.code, ended.out) == (2, ""), ended
    assert not (data / "tweets.txt").exists()


# remove


def test_what_is_removed_is_dropped_and_can_be_taken_back(data: Path, inside: Inside) -> None:
    ended = inside("queue", "remove", name(TEA), fingerprint(FOG).upper()[:8])
    assert ended.out.splitlines() == [
        f"removed {name(TEA)} {TEA}",
        f"removed {name(FOG)} {FOG}",
        "u in botus curate takes it back",
    ]
    assert lines(data) == [ALL]
    (data / "tweets.txt").write_text(f"{ALL}\n{TEA}\n")  # an editor brings it back
    assert f"{name(TEA)}  dropped     {TEA}" in inside("queue", "list").out
    assert inside("queue", "remove", name(TEA)).out == f"removed {name(TEA)} {TEA}\n"  # that is no step
    assert lines(data) == [ALL]
    with open_session(data) as session:
        session.take_back()
    assert lines(data) == [TEA, FOG, ALL]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["ffff"], "there is no post ffff in tweets.txt"),
        (["abc", "TEA"], "there is no post abc in tweets.txt"),
    ],
)
def test_an_id_of_nothing_removes_nothing(data: Path, inside: Inside, names: list[str], says: str) -> None:
    ended = inside("queue", "remove", name(TEA), *names)
    assert (ended.code, ended.out, lines(data)) == (2, "", [TEA, FOG, ALL])
    assert says in ended.err
    assert "botus queue list" in ended.err


def test_an_id_of_several_says_which(data: Path, inside: Inside) -> None:
    texts: dict[str, str] = {}
    other = text = ""
    for number in range(10_000):
        text = f"gull {number}"
        if (other := texts.setdefault(fingerprint(text)[:4], text)) != text:
            break
    (data / "tweets.txt").write_text(f"{text}\n{other}\n")
    for command in (["queue", "remove"], ["queue", "show"], ["post"]):
        ended = inside(*command, fingerprint(text)[:4])
        assert ended.code == 2
        assert "begins 2 posts" in ended.err
        assert name(text) in ended.err
        assert name(other) in ended.err
    assert lines(data) == [text, other]


def test_a_removal_waits_for_no_review_that_goes_on(data: Path, inside: Inside) -> None:
    with files.lock(data, "curate"):
        ended = inside("queue", "remove", name(TEA))
    assert (ended.code, lines(data)) == (7, [TEA, FOG, ALL])


def test_another_program_edits_the_queue_meanwhile(data: Path, inside: Inside) -> None:
    random.seed(1)
    texts = [f"kettle {number}" for number in range(300)]
    (data / "tweets.txt").write_text("".join(f"{text}\n" for text in texts))
    editor = subprocess.Popen(
        ["sh", "-c", f'i=0; while [ $i -lt 60 ]; do echo "late $i" >>{data}/tweets.txt; i=$((i+1)); done']
    )
    gone = random.sample(texts, 40)
    ended = inside("queue", "remove", *map(name, gone))
    assert (editor.wait(), ended.code) == (0, 0)
    inside("queue", "remove", name(texts[0]) if texts[0] not in gone else name(texts[1]))
    left = lines(data)
    assert [line for line in left if line in gone] == []
    assert [line for line in left if line.startswith("late")] == [f"late {number}" for number in range(60)]


# post


def test_a_line_that_is_held_needs_saying(data: Path, inside: Inside, mastodon: MastodonServer) -> None:
    refused = inside("post", name(ALL), **account(mastodon))
    assert (refused.code, mastodon.texts) == (6, [])
    assert "pings everybody" in refused.err
    assert f"botus post {name(ALL)} --anyway" in refused.err
    done = inside("post", name(ALL).upper(), "--anyway", **account(mastodon))
    assert (done.code, mastodon.texts) == (0, [ALL])
    assert lines(data) == [TEA, FOG]
    again = inside("post", name(ALL), "--anyway", **account(mastodon))
    assert (again.code, mastodon.texts) == (6, [ALL])
    assert "it has been posted" in again.err
    (data / "tweets.txt").write_text(f"{ALL}\n")
    again = inside("post", name(ALL), "--anyway", **account(mastodon))
    assert (again.code, mastodon.texts) == (6, [ALL])


@pytest.mark.parametrize("text", ["x" * 501, "dropped"])
def test_no_word_helps_what_never_goes_out(
    data: Path, inside: Inside, mastodon: MastodonServer, text: str
) -> None:
    (data / "tweets.txt").write_text(f"{text}\n")
    if text == "dropped":
        inside("queue", "remove", name(text))
        (data / "tweets.txt").write_text(f"{text}\n")
    ended = inside("post", name(text), "--anyway", **account(mastodon))
    assert (ended.code, mastodon.texts) == (6, [])


def test_a_line_that_nobody_has_read_says_so(data: Path, inside: Inside, mastodon: MastodonServer) -> None:
    written(data, TEA)
    looked = inside("post", name(TEA), "--dry-run", **account(mastodon))
    assert (looked.code, looked.out) == (0, f"{TEA}\n")
    assert "nobody has reviewed it" in looked.err
    refused = inside("post", name(TEA), **account(mastodon))
    assert (refused.code, mastodon.texts) == (6, [])
    assert "nobody has reviewed it" in refused.err
    with open_session(data) as session:
        session.decide([(fingerprint(TEA), "keep")])
    assert inside("post", name(TEA), **account(mastodon)).code == 0
    assert mastodon.texts == [TEA]
    assert inside("post", "--anyway").code == 2
    empty = inside("post", "", "--dry-run")  # as in: botus post "$id"
    assert (empty.code, empty.out) == (2, "")
    assert "there is no post '' in tweets.txt" in empty.err


Spawn = Callable[..., pexpect.spawn]


@pytest.fixture
def spawn(data: Path) -> Iterator[Spawn]:
    """Starts a command on a terminal."""
    children: list[pexpect.spawn] = []

    def one(*words: str, **settings: str) -> pexpect.spawn:
        child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *words, "--data", str(data)],
            env=environment(TERM="xterm-256color", **settings),  # type: ignore[arg-type]
            encoding="utf-8",
            timeout=30,
            dimensions=(24, 80),
        )
        children.append(child)
        return child

    yield one
    for child in children:
        child.close(force=True)


def ended(child: pexpect.spawn) -> str:
    child.expect(pexpect.EOF)
    child.wait()
    return str(child.before)


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_asks(data: Path, mastodon: MastodonServer, spawn: Spawn, answer: str) -> None:
    child = spawn("post", name(ALL), **account(mastodon))
    child.expect_exact(f"{name(ALL)} {ALL}")
    child.expect_exact("Pings everybody: '@everyone'. Post it all the same? [y/N]")
    child.sendline(answer)
    said = ended(child)
    assert child.exitstatus == 0
    assert mastodon.texts == ([ALL] if answer == "y" else [])
    assert ("nothing was posted" in said) == (answer == "n")


# log show


POSTED = {"state": "posted", "url": "https://a.example/1"}


@pytest.fixture
def logged(data: Path) -> Path:
    entries = [
        {
            "text": f"post {day}",
            "timestamp": (1795230000 + 86400 * day) * 1000,
            "id": f"{day}",
            "targets": {"x": POSTED},
        }
        for day in range(5)
    ]
    entries[3]["targets"] = {"x": {"state": "unknown", "error": "timed out"}, "mastodon": POSTED}
    (data / "tweeted.json").write_text(json.dumps(entries))
    return data


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (["-n", "2"], [3, 4]),
        (["-n", "9"], [0, 1, 2, 3, 4]),
        (["--since", "2026-11-24"], [3, 4]),
        (["--since", "2026-11-24 04:00"], [3, 4]),
        (["--since", "2026-11-24 04:01", "-n", "3"], [4]),
        (["--since", "2027-01-01"], []),
        (["--since", "30000d"], [0, 1, 2, 3, 4]),
    ],
)
def test_a_part_of_the_log(logged: Path, inside: Inside, options: list[str], days: list[int]) -> None:
    told = inside("log", "show", "--json", *options, TZ="Europe/Stockholm")
    assert [entry["text"] for entry in told.value] == [f"post {day}" for day in days]
    assert ("nothing was posted since" in told.err) == (not days)


@pytest.mark.parametrize("since", ["yesterday", "2027", "5", "1.2.3d", "2026-13-01"])
def test_what_is_no_time_is_said(logged: Path, inside: Inside, since: str) -> None:
    told = inside("log", "show", "--since", since)
    assert (told.code, told.out) == (2, "")
    assert "is no time like 6h, 3d, 2026-11-21" in told.err


def test_the_log_says_where_each_post_is(logged: Path, inside: Inside, spawn: Spawn) -> None:
    shown = inside("log", "show", "-n", "2").out.splitlines()
    assert shown[0].endswith("3          x:unknown mastodon https://a.example/1  post 3")
    assert shown[1].endswith("4          x https://a.example/1  post 4")
    on_terminal = ended(spawn("log", "show", "-n", "2"))
    assert "  x unknown (timed out): may be there or not;\r\n    botus resolve 3 --target x" in on_terminal
    assert "  mastodon posted https://a.example/1\r\n" in on_terminal


# status


def test_a_watched_status_is_drawn_anew_and_ends_quietly(data: Path, spawn: Spawn) -> None:
    child = spawn("status", "--watch")
    child.expect_exact("Ctrl-C ends")
    child.expect_exact("2 ready: 2 by hand")
    with (data / "tweets.txt").open("a") as file:
        file.write("a third kettle\n")
    child.expect_exact("3 ready: 3 by hand")
    child.sendintr()
    said = ended(child)
    assert said.endswith("\x1b[?1049l")  # the terminal is as it was
    assert "Traceback" not in said
    assert child.exitstatus == 0


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_status_cannot_be_watched_in_a_pipe(data: Path, form: tuple[str, ...]) -> None:
    refused = botus("status", "--watch", *form, "--data", data)
    assert (refused.code, refused.out) == (2, "")
    assert "--watch needs a terminal" in refused.err


def test_status_says_whether_run_is_alive_and_that_there_are_two(data: Path) -> None:
    def told() -> str:
        return botus("status", "--data", data).out

    def start() -> subprocess.Popen[bytes]:
        words = [*COMMAND, "run", "--data", str(data)]
        with said.open("w") as output:
            process = subprocess.Popen(words, env=environment(CRON="0 0 1 1 *"), stdout=output)
        until(lambda: told().count(f"process {process.pid}") == 1 or process.poll() is not None)
        return process

    said = data.with_name("said")
    assert "run         not running\n" in told()
    first = start()
    assert "run         running since " in told()
    assert "another botus run" not in said.read_text()
    second = start()
    until(lambda: f"process {first.pid}): stop one of them" in said.read_text())
    assert "another one is at work on this folder since" in told()
    second.terminate()
    second.wait(20)
    assert "another one" not in told()
    assert botus("health", "--data", data).code == 0
    first.terminate()
    first.wait(20)
    assert "run         not running: it ended " in told()
    health = botus("health", "--data", data)
    assert (health.code, health.out[:21]) == (1, "botus run has ended, ")
    third = start()
    third.kill()
    third.wait()
    assert "not running: it was killed, or crashed" in told()
    assert "botus run was killed" in botus("health", "--data", data).out
