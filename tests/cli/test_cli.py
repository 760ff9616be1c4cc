"""The command line from outside: real processes, real files, what is printed where, and the exit codes."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

import botus as package
from botus.store.durable import files
from botus.text import counted, fingerprint, short_id
from tests.support.bundle import write_bigrams
from tests.support.command import COMMAND, X_SECRETS, Ended, botus, environment, picture, start, until
from tests.support.servers import XServer

PAGE = b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n"
HEAVY = ("rich", "tweepy", "mastodon", "requests", "ctranslate2", "numpy", "tensorflow", "bs4", "tokenizers")
LOG = '[\n  {"text": "first", "timestamp": 1589472000000}\n]\n'
WELL = ("alpha\nbeta\ngamma\n", LOG)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tweets.txt").write_text(WELL[0])
    (folder / "tweeted.json").write_text(WELL[1])
    return folder


@pytest.fixture
def trained_on(data: Path) -> None:
    """A corpus of one post, with which the demo's posts are compared much sooner than with the demo's own."""
    (data / "corpus.txt").write_text("the kettle sings at dawn\n")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bigrams(tmp_path_factory.mktemp("trained") / "run1", ["hello"], {})


@pytest.fixture
def run(trained: Path, data: Path) -> Path:
    return Path(shutil.copytree(trained, data.parent / "run1"))


# Wrong input: one clear sentence with file and remedy, its exit code, nothing changed.

Break = Callable[[Path, Path], object]


def check_refused(ended: Ended, code: int, *says: str) -> None:
    """One sentence that names what is wrong, and a remedy in the next line; nothing on stdout."""
    assert (ended.code, ended.out) == (code, ""), ended
    *notes, message, hint = ended.err.splitlines()
    assert message.startswith("botus: "), ended.err
    assert hint, ended.err
    assert all(re.match("warning: |no checkpoint", note) for note in notes), ended.err
    assert "Traceback" not in ended.err
    for part in says:
        assert part in message, message


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        pytest.param(lambda run, data: shutil.rmtree(run), "there is no checkpoint at", id="missing"),
        pytest.param(
            lambda run, data: os.truncate(run / "model-7.data-00000-of-00001", 1000),
            "model-7.data-00000-of-00001 is",
            id="half downloaded",
        ),
        pytest.param(lambda run, data: (run / "model-7.index").unlink(), "model-7.index", id="no index"),
        pytest.param(
            lambda run, data: (run / "hparams.json").write_text('{"n_vocab": 12}'),
            "hparams.json: n_ctx, n_embd",
            id="wrong hparams",
        ),
        pytest.param(
            lambda run, data: (run / "model-7.index").write_bytes(PAGE),
            "model-7.index is a web page",
            id="web page for an index",
        ),
        pytest.param(
            lambda run, data: (run / "model-7.data-00000-of-00001").write_bytes(PAGE),
            "model-7.data-00000-of-00001",
            id="web page for tensors",
        ),
        pytest.param(
            lambda run, data: (run / "encoder.json").write_bytes(PAGE),
            "encoder.json is a web page",
            id="web page for a vocabulary",
        ),
    ],
)
def test_generate_refuses_a_broken_checkpoint(run: Path, data: Path, breaks: Break, says: str) -> None:
    breaks(run, data)
    before = picture(data)
    check_refused(botus("generate", "--checkpoint", run, "-n", "2", "--data", data), 3, says)
    assert picture(data) == before


def _utf16(run: Path, data: Path) -> None:
    (data / "tweets.txt").write_text("alpha\n", encoding="utf-16")


def _folder(run: Path, data: Path) -> None:
    (data / "tweets.txt").unlink()
    (data / "tweets.txt").mkdir()


def _torn(run: Path, data: Path) -> None:
    (data / "tweeted.json").write_text(LOG[:40])


def _number(run: Path, data: Path) -> None:
    (data / "tweeted.json").write_text("[1]")


def _empty(run: Path, data: Path) -> None:
    (data / "tweeted.json").write_bytes(b"")


def _object(run: Path, data: Path) -> None:
    (data / "tweeted.json").write_text('{"text": "a", "timestamp": 1}')


def _denylist(run: Path, data: Path) -> None:
    (data / "denylist.txt").write_text("word\n/(/\n")


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        pytest.param(lambda run, data: (data / "tweets.txt").unlink(), "there is no", id="no queue"),
        pytest.param(_utf16, "tweets.txt is UTF-16", id="another encoding"),
        pytest.param(_folder, "a folder, not a file", id="a folder"),
        pytest.param(_torn, "tweeted.json, line 2, column 3", id="torn log"),
        pytest.param(_object, "tweeted.json is not a JSON array", id="an object"),
        pytest.param(_number, "tweeted.json, line 1 (entry 1)", id="a number"),
        pytest.param(_empty, "tweeted.json, line 1", id="empty log"),
        pytest.param(_denylist, "line 2", id="denylist"),
    ],
)
def test_post_refuses_files_that_it_does_not_understand(data: Path, breaks: Break, says: str) -> None:
    breaks(data, data)
    before = picture(data)
    settings = {**X_SECRETS, "X_BASE_URL": "http://127.0.0.1:9", "BOTUS_DATA": str(data)}
    check_refused(botus("post", "--dry-run", **settings), 3, says)
    assert picture(data) == before
    check_refused(botus("post", **settings), 3, says)
    assert {name: content for name, content in picture(data).items() if ".botus" not in name} == before


@pytest.mark.parametrize("command", ["run", "schedule", "status"])
@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("61 * * * *", "minute '61' is outside 0 to 59"),
        ("0 0 * * * *", "has 6 fields"),
    ],
)
def test_an_unknown_cron_field_is_named(data: Path, command: str, cron: str, says: str) -> None:
    before = picture(data)
    (data / "tweeted.json").unlink()
    before.pop("tweeted.json")
    ended = botus("--data", data, command, CRON=cron)
    if command == "status":
        assert ended.code == 2
        assert re.search(f"^schedule    CRON '.*{re.escape(says)}", ended.out, re.MULTILINE), ended.out
        assert "CRON is not set" not in ended.out
        assert botus("--data", data, "--json", "status", CRON=cron).value["schedule_problem"]
    else:
        check_refused(ended, 2, says)
    assert picture(data) == before


@pytest.mark.parametrize("command", [("post",), ("post", "--dry-run"), ("run",)])
def test_an_incomplete_set_of_secrets_names_what_is_missing(data: Path, command: tuple[str, ...]) -> None:
    before = picture(data)
    some = {name: X_SECRETS[name] for name in ("CONSUMER_KEY", "ACCESS_TOKEN")}
    ended = botus(*command, "--data", data, CRON="@daily", **some)
    check_refused(ended, 4, "incomplete credentials", "CONSUMER_SECRET", "ACCESS_TOKEN_SECRET")
    assert picture(data) == before


def test_all_wrong_settings_at_once_by_name_and_never_by_value(data: Path, tmp_path: Path) -> None:
    ended = botus(
        "post",
        "--data",
        data,
        X_LIMIT="swordfish",
        JITTER="swordfish",
        POST_ONLY="swordfish",
        ACCESS_TOKEN_FILE=str(tmp_path / "absent"),
        MASTODON_BASE_URL="https://me:swordfish@example.social",
        CATCH_UP="swordfish",
    )
    assert ended.code == 2
    names = ("X_LIMIT", "JITTER", "POST_ONLY", "ACCESS_TOKEN_FILE", "MASTODON_BASE_URL", "CATCH_UP")
    assert all(name in ended.err for name in names), ended.err
    assert "swordfish" not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "-n", "0"),
        ("generate", "--temp", "0"),
        ("generate", "--max-chars", "0"),
        ("generate", "--without", "everything"),
        ("generate", "--compare", "a,b"),
        ("generate", "--compare", ""),
        ("resolve", "abcd"),
        ("resolve", "abcd", "--posted", "--give-up"),
        ("curate",),
        ("schedule",),
        ("nonsense",),
        ("post", "--nonsense"),
    ],
)
def test_wrong_usage_is_2_and_changes_nothing(data: Path, arguments: tuple[str, ...]) -> None:
    before = picture(data)
    ended = botus(*arguments, *(() if arguments == ("nonsense",) else ("--data", str(data))))
    assert (ended.code, ended.out) == (2, ""), ended
    assert ended.err
    assert "Traceback" not in ended.err
    assert picture(data) == before


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("status", 3),
        ("log show", 3),
        ("log repair", 3),
        ("log accept", 3),
        ("post", 3),
        ("post --dry-run", 3),
        ("run", 3),
        ("curate", 3),
        ("doctor", 3),
        ("resolve abcd --posted", 3),
        ("health", 1),
        ("schedule @daily", 0),
    ],
)
def test_a_mistyped_folder_is_not_made(tmp_path: Path, command: str, code: int) -> None:
    ended = botus("--data", tmp_path / "dta", *command.split(), CRON="@daily")
    assert ended.code == code, ended
    assert code == 0 or "there is no data directory" in ended.out + ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["status", "log show", "schedule @daily", "post --dry-run", "health"])
def test_what_only_reads_changes_nothing(data: Path, command: str) -> None:
    before = picture(data)
    botus("--data", data, *command.split(), CRON="@daily")
    assert picture(data) == before


# The rules of the dry run.


def test_without_credentials_a_post_is_a_dry_run_that_changes_nothing(data: Path) -> None:
    (data / "tweeted.json").unlink()
    before = picture(data)
    ended = botus("post", "--data", data)
    assert ended.code == 0
    assert ended.out.strip() in WELL[0].split()
    assert "no credentials are set: this is a dry run (botus init sets them)" in ended.err
    assert "would post to nowhere, because no credentials are set:\n" in ended.err
    assert ended.out.strip() not in ended.err  # a terminal shows both streams
    assert picture(data) == before


@pytest.mark.parametrize("command", ["post", "run"])
def test_lost_credentials_are_no_dry_run(data: Path, command: str) -> None:
    before = picture(data)
    ended = botus(command, "--data", data, CRON="@daily")
    check_refused(ended, 4, "no credentials are set, but tweeted.json shows")
    assert picture(data) == before
    assert botus("post", "--dry-run", "--data", data).code == 0


def test_one_at_a_time(data: Path) -> None:
    settings = {**X_SECRETS, "X_BASE_URL": "http://127.0.0.1:9", "BOTUS_DATA": str(data)}
    with files.lock(data, "post"), files.lock(data, "generate"):
        for command in ("post", "generate -n 1"):
            ended = botus(*command.split(), **settings)
            assert (ended.code, ended.out) == (7, ""), ended
            assert "is at work on" in ended.err
    assert ((data / "tweets.txt").read_text(), (data / "tweeted.json").read_text()) == WELL


def test_an_empty_queue_is_a_normal_state(data: Path) -> None:
    (data / "tweets.txt").write_bytes(b"\n\r\n  \n")
    ended = botus("post", "--dry-run", "--json", "--data", data)
    assert (ended.code, ended.value) == (0, {"dry_run": True, "text": None})
    assert "nothing to post" in ended.err


# Options, output, streams.


def test_options_before_and_after_the_command(data: Path) -> None:
    before = botus("--data", data, "--json", "log", "show")
    after = botus("log", "show", "--json", "--data", data)
    between = botus("log", "--json", "--data", data, "show")
    assert before == after == between
    assert before.value == json.loads(LOG)
    quiet = [
        botus("-q", "--data", data, "post", "--dry-run"),
        botus("post", "--dry-run", "-q", BOTUS_DATA=str(data)),
    ]
    assert [one.err for one in quiet] == ["", ""]
    assert all(one.out.strip() in WELL[0].split() for one in quiet)


def test_the_flag_wins_over_the_environment(data: Path, tmp_path: Path) -> None:
    assert botus("log", "show", "--data", data, BOTUS_DATA=str(tmp_path / "other")).code == 0
    assert "first" in botus("log", "show", cwd=data.parent).out  # ./data where nothing is said


@pytest.mark.parametrize("command", [(), ("log", "show"), ("generate",)])
def test_help(command: tuple[str, ...]) -> None:
    ended, same = botus(*command, "-h"), botus(*command, "--help")
    assert (ended, ended.code, ended.err) == (same, 0, "")
    assert ended.out.startswith("Usage: ")
    assert "--data DIR" in ended.out


def test_version() -> None:
    assert botus("--version") == Ended(0, f"botus, version {package.__version__}\n", "")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("status", 0),
        ("schedule", 0),
        ("log show", 0),
        ("doctor", 4),
        ("health", 1),
        ("post --dry-run", 0),
        ("log accept", 0),
        ("log repair", 0),
        ("generate -n 2 --seed 1", 0),
    ],
)
def test_every_result_is_json_where_asked(data: Path, command: str, code: int) -> None:
    ended = botus(*command.split(), "--json", "--data", data, CRON="0 9 * * *")
    assert ended.code == code, ended
    assert isinstance(ended.value, dict | list)


@pytest.mark.usefixtures("trained_on")
def test_a_dry_run_of_generate_prints_only_lines(data: Path) -> None:
    command = ("generate", "-n", "2", "--seed", "1", "--dry-run", "--data", str(data))
    before = picture(data)
    ended, told = botus(*command), botus(*command, "--json").value
    assert len(ended.out.splitlines()) == 2
    assert "wrote nothing (dry run)" in ended.err
    assert picture(data) == before  # not even a converted model
    assert told["lines"] == ended.out.splitlines()
    [column] = botus(*command, "--compare", "0.9", "--json").value
    assert (column["temperature"], len(column["lines"])) == (0.9, 2)


def test_control_characters_are_made_visible(data: Path) -> None:
    text = "a\x1b[2J\x07b\x7fc\u202ed\u2028e\nf\x9bg\th"
    (data / "tweeted.json").write_text(json.dumps([{"text": text, "timestamp": 1}]))
    (data / "tweets.txt").write_text(text.replace("\n", "\\n") + "\n")
    ended = botus("log", "show", "--data", data)
    assert ended.out.endswith(" a\\x1b[2J\\x07b\\x7fc\\u202ed\\u2028e\\nf\\x9bg\\x09h\n")
    for command in ("status", "post --dry-run"):
        ended = botus(*command.split(), "--data", data)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", ended.out + ended.err)
    assert botus("log", "show", "--json", "--data", data).value[0]["text"] == text


def test_what_a_log_may_hold_is_shown(data: Path) -> None:
    entries = [
        {"text": "half \ud83d", "timestamp": 1e300},
        {"text": "x", "timestamp": -5, "id": None, "targets": ["a"]},
        {"text": "y", "timestamp": 1, "id": 7, "targets": {"x": 1, "mastodon": {"state": "unknown"}}},
    ]
    (data / "tweeted.json").write_text(json.dumps(entries))
    for command in ("status", "log show"):
        ended = botus(*command.split(), "--data", data)
        assert (ended.code, ended.err) == (0, ""), ended
        assert "half \\ud83d" in ended.out
        told = botus(*command.split(), "--json", "--data", data).value
        assert (told if isinstance(told, list) else told["last"][::-1]) == entries


def test_a_line_of_the_log_says_when_what_and_where(data: Path) -> None:
    targets = {"x": {"state": "posted"}, "mastodon": {"state": "unknown"}, "odd": 7}
    entries = [
        {"text": "fog", "timestamp": 1795230000000},
        {"text": "gull", "timestamp": 1795230000000, "id": "0123456789", "targets": targets},
        {"text": "tide", "timestamp": 1e300},
    ]
    (data / "tweeted.json").write_text(json.dumps(entries))
    assert botus("log", "show", "--data", data, TZ="Europe/Stockholm").out.splitlines() == [
        f"Sat 2026-11-21 04:00 +01:00  {short_id(fingerprint('fog'))}  fog",
        "Sat 2026-11-21 04:00 +01:00  0123456789 x mastodon:unknown  gull",
        f"at no known time             {short_id(fingerprint('tide'))}  tide",
    ]


def test_another_encoding_loses_no_line(data: Path) -> None:
    (data / "tweeted.json").write_text('[{"text": "é 😀", "timestamp": 1}]', encoding="utf-8")
    assert "\\xe9 \\U0001f600" in botus("log", "show", "--data", data, PYTHONIOENCODING="ascii").out
    ended = botus("log", "show", "--json", "--data", data, PYTHONIOENCODING="latin-1")
    assert ended.value[0]["text"] == "é 😀"


def shell(line: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    script = f"set -o pipefail; {line.replace('botus', ' '.join(COMMAND))}"
    return subprocess.run(
        ["bash", "-c", script],
        env=environment(BOTUS_DATA=str(data), **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_reader_that_leaves_early_is_no_error(data: Path) -> None:
    entries = [{"text": f"post {number} " + "x" * 200, "timestamp": number} for number in range(5000)]
    (data / "tweeted.json").write_text(json.dumps(entries))
    for form in ("", "--json"):
        ended = shell(f"botus log show {form} | head -1", data)
        assert (ended.returncode, ended.stderr) == (0, ""), ended


@pytest.mark.usefixtures("trained_on")
def test_a_dry_run_of_generate_ends_with_its_reader(data: Path) -> None:
    started = shell("botus generate -n 1000000 --dry-run --threads 1 -q | head -3", data)
    assert (started.returncode, started.stderr, len(started.stdout.splitlines())) == (0, "", 3)


@pytest.mark.usefixtures("trained_on")
def test_a_generate_that_gets_nowhere_says_what_to_try(data: Path) -> None:
    (data / "denylist.txt").write_text("/./\n")
    ended = botus("generate", "--temp", "9", "--max-chars", "12", "--data", data)
    assert (ended.code, "refused 300 of 300 by reason:" in ended.out) == (2, True), ended
    assert "--temp 9 is far above the usual 0.9" in ended.err.splitlines()[0]
    assert ended.err.splitlines()[-2:] == [
        "botus: stopped: none of the last 300 texts passed",
        "so hot a model hardly writes words: try --temp 0.9",
    ]


@pytest.mark.usefixtures("trained_on")
def test_closed_and_full_outputs(data: Path) -> None:
    before = picture(data)
    assert shell("botus log show >&-", data).returncode == 0
    ended = shell("botus post --dry-run >&- 2>&-", data)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    ended = shell("botus log show >/dev/full", data)
    assert ended.returncode == 3
    assert ended.stderr.startswith("botus: cannot use the output: No space left on device\n")
    assert picture(data) == before
    ended = shell("botus generate -n 1 2>&-", data)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "wrote 1 line" in ended.stdout
    assert shell(f"botus corpus import {data}/tweets.txt --as it >&-", data).returncode == 0


def test_a_closed_input_is_nobody_to_ask(data: Path) -> None:
    (data / "tweets.txt").write_text("good one\n")
    (data / "corpus.txt").write_text("good one\n")
    before = picture(data)
    ended = shell("botus curate --drop-matching good <&-", data)
    assert (ended.returncode, ended.stdout) == (0, "1 match, none dropped: --yes drops them\n")
    assert shell("botus corpus forget <&-", data).returncode == 6
    ended = shell("botus queue add - <&-", data)
    assert ended.returncode == 2
    assert "standard input is closed" in ended.stderr
    assert {name: content for name, content in picture(data).items() if name in before} == before


def test_a_post_is_written_down_though_nobody_listens(data: Path) -> None:
    with XServer() as server:
        settings = {**X_SECRETS, "X_BASE_URL": server.url}
        server.script("503")
        ended = shell("botus post 2>/dev/full >/dev/full", data, **settings)
        assert ended.returncode == 3
        assert shell("botus post 2>/dev/full >/dev/full", data, **settings).returncode == 3
        assert shell("botus post 2>&- | true", data, **settings).returncode == 0
        assert len(server.texts) == 2
    logged = json.loads((data / "tweeted.json").read_text())[1:]
    assert [entry["targets"]["x"]["state"] for entry in logged] == ["unknown", "posted", "posted"]


@pytest.mark.usefixtures("trained_on")
@pytest.mark.parametrize("settings", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_color_and_dumb_terminals(data: Path, settings: dict[str, str]) -> None:
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "generate", "-n", "3", "--seed", "1", "--data", str(data)],
        env={**environment(TERM="xterm-256color"), **settings},  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=30,
    )
    child.expect(pexpect.EOF)
    child.wait()  # closing at once would kill what is about to end
    child.close()
    assert child.exitstatus == 0
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", child.before), child.before  # a colour
    assert "TERM" not in settings or "\x1b" not in child.before
    assert "wrote 3 lines" in child.before
    assert (f"next: botus curate --data {data}" in child.before) == ("TERM" not in settings)


# Exit codes.


def test_an_exit_code_is_named_in_errors_and_nowhere_else() -> None:
    numbers = re.compile(r"\bexit\([^)0]*[1-9]|\bexit_code\W+[0-9]|\bcode=[0-9]")
    folder = Path(package.__file__).parent
    named = {
        str(path.relative_to(folder)) for path in folder.rglob("*.py") if numbers.search(path.read_text())
    }
    assert named == {"errors.py"}


# Secrets.


def test_no_secret_is_shown_not_even_with_debug(data: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("mastodon-swordfish\n")
    settings = {"MASTODON_ACCESS_TOKEN_FILE": str(secret), "MASTODON_BASE_URL": "http://127.0.0.1:9"}
    folder = tmp_path / "mastodon-swordfish"  # so that an error and its traceback hold it
    folder.mkdir()
    (folder / "tweets.txt").write_text("a\n")
    (folder / "tweeted.json").write_text("[")
    for command in ("post", "status", "doctor", "log show", "health"):
        ended = botus("--debug", *command.split(), "--data", folder, **settings)
        assert "tweeted.json" in ended.out + ended.err
        if command in ("post", "log show"):
            assert "Traceback" in ended.err
            assert "***/tweeted.json" in ended.err
            assert "swordfish" not in ended.err


def test_debug_shows_where(data: Path) -> None:
    (data / "tweeted.json").write_text("[")
    assert "Traceback" not in botus("log", "show", "--data", data).err
    ended = botus("log", "show", "--data", data, "--debug")
    assert ended.code == 3
    assert "Traceback" in ended.err
    assert "tweeted.py" in ended.err


# Ctrl-C.


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream
            stream.close()


def test_ctrl_c_in_post_keeps_the_truth(data: Path, started: list[subprocess.Popen[str]]) -> None:
    with XServer() as server:
        settings = {**X_SECRETS, "X_BASE_URL": server.url}
        server.script("commit stall")
        started.append(start("post", "--data", data, **settings))
        until(lambda: bool(server.posts))
        started[0].send_signal(signal.SIGINT)
        _, err = started[0].communicate(timeout=10)
        assert (started[0].returncode, err.strip()) == (130, "interrupted")
        ended = botus("post", "--data", data, **settings)  # finds the open one, and posts another
        assert ended.code == 5
        assert "cannot tell whether" in ended.err
        assert len(server.texts) == len(set(server.texts)) == 2


@pytest.mark.usefixtures("trained_on")
def test_ctrl_c_in_generate_keeps_what_is_written(data: Path, started: list[subprocess.Popen[str]]) -> None:
    started.append(start("generate", "-n", "100000", "--data", data))
    until(lambda: len((data / "tweets.txt").read_text().splitlines()) > 3)
    started[0].send_signal(signal.SIGINT)
    out, err = started[0].communicate(timeout=20)
    assert started[0].returncode == 130
    lines = (data / "tweets.txt").read_text().splitlines()
    assert f"wrote {counted(len(lines) - 3, 'line')} to" in out
    assert f"stopped: {counted(len(lines) - 3, 'line')} went into" in err
    assert "--seed" in err


# What is imported.


def imported(*arguments: str, **settings: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "botus", *arguments],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return named(ended.stderr)


def named(trace: str) -> set[str]:
    """The packages in a trace of imports."""
    names = (line.rpartition("|")[2].strip() for line in trace.splitlines() if "|" in line)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("command", ["--help", "post --help", "status", "post --dry-run", "health"])
def test_light_commands_load_nothing_heavy(data: Path, command: str) -> None:
    found = imported(*command.split(), BOTUS_DATA=str(data), **X_SECRETS)
    assert "botus" in found
    assert not found & set(HEAVY)


def test_run_loads_nothing_heavy_before_its_first_post(data: Path, tmp_path: Path) -> None:
    with XServer() as server, (tmp_path / "trace").open("w") as trace:
        settings = {**X_SECRETS, "X_BASE_URL": server.url, "CRON": "0 0 29 2 *"}
        process = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "botus", "run", "--data", str(data)],
            env=environment(**settings),
            stdout=subprocess.DEVNULL,
            stderr=trace,
        )
        until(lambda: (data / ".botus" / "heartbeat").exists())
        process.terminate()
        assert process.wait(20) == 0
        assert server.requests == []
    found = named((tmp_path / "trace").read_text())
    assert "filelock" in found
    assert not found & set(HEAVY)


def test_posting_loads_the_client_and_not_the_model(data: Path) -> None:
    with XServer() as server:
        found = imported("post", BOTUS_DATA=str(data), **X_SECRETS, X_BASE_URL=server.url)
        assert len(server.texts) == 1
    assert found & set(HEAVY) == {"tweepy", "requests"}


@pytest.mark.proof
@pytest.mark.parametrize("command", ["status", "post"])
def test_too_little_memory_is_said_in_a_sentence(tmp_path: Path, command: str) -> None:
    with (tmp_path / "tweets.txt").open("wb") as file:
        file.truncate(1 << 30)  # a hole, which takes no room
    done = subprocess.run(
        [*COMMAND, command, "--data", str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)),
    )
    assert done.returncode == 1
    assert "there was not enough memory; close other programs" in done.stderr
    assert "fault in botus" not in done.stderr
