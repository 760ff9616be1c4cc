"""`botus login`: who one is logged in as, what is written where, and nothing where it comes to nothing."""

from __future__ import annotations

import importlib
import io
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect
import pytest

from botus.cli.main import main
from botus.cli.setting_up.logging_in import token_for, write
from botus.platforms.rows import BLUESKY, MASTODON
from botus.settings import load
from botus.settings.environment import EnvFile
from tests.support.browser import BROWSER, browse
from tests.support.command import COMMAND, Ended, environment, picture
from tests.support.oauth import OAuthServer
from tests.support.servers import BlueskyServer

Run = Callable[..., Ended]


@pytest.fixture(scope="module", autouse=True)
def _browser() -> None:
    importlib.reload(webbrowser)  # which reads BROWSER once


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run botus in this process; `typed` is what is piped in."""

    def run(*words: str, typed: str = "", **settings: str) -> Ended:
        with monkeypatch.context() as patch:
            for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "MASTODON_BASE_URL"):
                patch.delenv(name, raising=False)
            for name, value in {"NO_PROXY": "*", **settings}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["botus", *words])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        return Ended(int(str(ended.value.code)), out, err)

    return run


@pytest.fixture
def server() -> Iterator[OAuthServer]:
    with OAuthServer() as server:
        yield server


@pytest.fixture
def bluesky() -> Iterator[BlueskyServer]:
    with BlueskyServer() as server:
        yield server


def written(folder: str = ".") -> dict[str, str]:
    return EnvFile(Path(folder, ".env")).values


def token_of(server: OAuthServer) -> str:
    (token,) = server.tokens
    return token


def test_mastodon_through_the_browser(server: OAuthServer, run: Run, data: Path) -> None:
    done = run("login", "mastodon", f"{server.url}/web/home", BROWSER=BROWSER)
    assert done.code == 0, done.err
    host = server.url.removeprefix("http://")
    assert done.out == (
        f"logged in as @kettle@{host}\n"
        ".env has what posting there needs; it is a secret\n"
        "next: botus init, which asks when to post\n"
    )
    assert "as the bot, not as yourself" in done.err
    token = token_of(server)
    assert written() == {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": token}
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert token not in done.out + done.err
    assert server.tokens[token] == ("kettle", "write:statuses read:accounts read:statuses")
    assert load({}).accounts["mastodon"]["token"] == token


def test_a_post_goes_out_then_without_an_export(server: OAuthServer, run: Run, data: Path) -> None:
    run("login", "mastodon", server.url, BROWSER=BROWSER)
    (data / "tweets.txt").write_text("The kettle sings at noon.\n")
    assert run("post").code == 0
    assert server.texts == ["The kettle sings at noon."]


def test_who_has_a_schedule_is_sent_to_the_doctor(server: OAuthServer, run: Run, data: Path) -> None:
    done = run("login", "mastodon", server.url, BROWSER=BROWSER, CRON="0 9 * * *")
    assert done.out.endswith("\nnext: botus doctor\n")


@pytest.mark.parametrize(("words", "setting"), [(["--answers"], {}), ([], {"ANSWER": "mentions"})])
def test_answers_take_two_scopes_more(
    words: list[str], setting: dict[str, str], server: OAuthServer, run: Run
) -> None:
    assert run("login", "mastodon", server.url, *words, BROWSER=BROWSER, **setting).code == 0
    assert server.tokens[token_of(server)][1].endswith("read:statuses read:notifications read:follows")


def test_what_to_do_about_the_account_is_said(server: OAuthServer, run: Run) -> None:
    server.bot = False
    done = run("login", "mastodon", server.url, "--json", BROWSER=BROWSER)
    assert "not marked as a bot" in done.value["warnings"][0]
    assert done.value["account"].startswith("@kettle@")


@pytest.mark.parametrize(
    ("traits", "code", "said"),
    [
        ({"consents": False}, 4, "came back with a no"),
        ({"revokes_at_once": True}, 4, "HTTP 401"),
        ({"grants": "read:accounts read:statuses"}, 4, "the token may not post"),
        ({"registers": False}, 4, "does not register botus"),
    ],
)
def test_where_it_comes_to_nothing_nothing_is_written(
    traits: dict[str, object], code: int, said: str, server: OAuthServer, run: Run, data: Path
) -> None:
    for name, value in traits.items():
        setattr(server, name, value)
    Path(".env").write_bytes(b"TZ=UTC\n")
    done = run("login", "mastodon", server.url, BROWSER=BROWSER)
    assert (done.code, said in done.err) == (code, True), done.err
    assert Path(".env").read_bytes() == b"TZ=UTC\n"


def test_another_account_takes_the_place_only_if_one_says_so(
    server: OAuthServer, run: Run, data: Path
) -> None:
    server.tells_endpoints = False
    run("login", "mastodon", server.url, BROWSER=BROWSER)
    before = written()
    server.person = "lighthouse"
    done = run("login", "mastodon", server.url, BROWSER=BROWSER)
    host = server.url.removeprefix("http://")
    assert done.code == 6
    assert f"botus still posts as @kettle@{host}\nwith --yes it posts as @lighthouse@{host}" in done.err
    assert written() == before
    assert list(server.tokens) == [before["MASTODON_ACCESS_TOKEN"]]  # the other was given back
    assert run("login", "mastodon", server.url, "--yes", BROWSER=BROWSER).code == 0
    assert server.tokens[written()["MASTODON_ACCESS_TOKEN"]][0] == "lighthouse"


def test_an_account_that_is_let_in_no_more_is_no_question(server: OAuthServer, run: Run) -> None:
    run("login", "mastodon", server.url, BROWSER=BROWSER)
    server.tokens.clear()
    server.person = "lighthouse"
    assert run("login", "mastodon", server.url, BROWSER=BROWSER).code == 0


def test_the_same_account_again_is_no_question(server: OAuthServer, run: Run, data: Path) -> None:
    run("login", "mastodon", server.url, BROWSER=BROWSER)
    first = written()
    assert run("login", "mastodon", server.url, BROWSER=BROWSER).code == 0
    assert written() != first


def test_other_lines_stay_and_so_does_the_place_of_a_secret(
    server: OAuthServer, run: Run, data: Path
) -> None:
    lines = "# the kettle\nMASTODON_ACCESS_TOKEN_FILE=token\nCRON='@daily'\n"
    Path(".env").write_text(lines)
    assert run("login", "mastodon", server.url, BROWSER=BROWSER).code == 0
    assert set(lines.splitlines()) < set(Path(".env").read_text().splitlines())
    assert Path("token").read_text() == f"{token_of(server)}\n"
    assert stat.S_IMODE(Path("token").stat().st_mode) == 0o600


@pytest.mark.parametrize("how", ["option", "setting", "file"])
def test_a_data_folder_that_is_named_or_has_a_file_has_the_token_in_it(
    how: str, server: OAuthServer, run: Run, data: Path
) -> None:
    words = ["--data", "data"] if how == "option" else []
    if how == "file":
        data.mkdir()
        (data / ".env").write_text("TZ=UTC\n")
    setting = {"BOTUS_DATA": "data"} if how == "setting" else {}
    done = run(*words, "login", "mastodon", server.url, BROWSER=BROWSER, **setting)
    assert "data/.env has what" in done.out
    assert written("data")["MASTODON_ACCESS_TOKEN"] == token_of(server)
    assert not Path(".env").exists()


@pytest.mark.parametrize("name", ["MASTODON_ACCESS_TOKEN", "MASTODON_ACCESS_TOKEN_FILE"])
def test_what_is_exported_counts_more_and_that_is_said(name: str, server: OAuthServer, run: Run) -> None:
    done = run("login", "mastodon", server.url, BROWSER=BROWSER, **{name: "/old-token"})
    assert f"{name} of this shell's environment counts more than .env: unset {name}\n" in done.out


def test_a_folder_that_cannot_be_written_is_said_before_the_browser_opens(
    server: OAuthServer, run: Run, data: Path
) -> None:
    data.write_text("no folder")
    done = run("login", "mastodon", server.url, BROWSER=BROWSER)
    assert done.code == 3
    assert str(data.name) in done.err
    assert not server.requests


def test_so_is_one_that_belongs_to_somebody_else(
    server: OAuthServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("login", "mastodon", "http://127.0.0.1:1", "--no-browser")  # nothing is left to be imported
    with TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        Path("data/.botus").mkdir(parents=True)
        for path in (Path(), Path("data"), Path("data/.botus")):
            path.chmod(0o555 if path == Path() else 0o777)
        os.seteuid(65534 if not os.geteuid() else os.geteuid())
        try:
            done = run("login", "mastodon", server.url, "--no-browser")
        finally:
            os.seteuid(os.getuid())
        Path().chmod(0o755)
    assert done.code == 3
    assert "cannot write .env: Permission denied" in done.err
    assert not server.requests


def test_of_two_logins_at_once_neither_loses_what_the_other_wrote(data: Path) -> None:
    names = [one.name for one in (*BLUESKY.settings, *MASTODON.settings)]
    settings = load({})
    threads = [threading.Thread(target=write, args=[settings, Path(), {name: "word"}]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written() == dict.fromkeys(names, "word")


def test_nobody_to_ask(server: OAuthServer, run: Run, data: Path) -> None:
    done = run("login", "mastodon", server.url)
    assert done.code == 2
    assert "nobody answers: The code that it shows then" in done.err
    done = run("login", "mastodon")
    assert done.code == 2
    assert "nobody answers: The bot's server" in done.err
    assert written() == {}


def test_ctrl_c_while_the_browser_is_away_leaves_nothing(server: OAuthServer, data: Path) -> None:
    data.mkdir()
    variables = environment(BROWSER="true %s")
    with subprocess.Popen(
        [*COMMAND, "--data", str(data), "login", "mastodon", server.url],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        before = {}
        for line in process.stderr:
            if "redirect_uri" in line:
                before = picture(data)
            if "Ctrl-C" in line:
                break
        process.send_signal(signal.SIGINT)
        patience = threading.Timer(30, process.kill)
        patience.start()
        assert process.wait() == 130
        patience.cancel()
        assert picture(data) == before
    assert not server.tokens


def test_by_hand_on_a_terminal(server: OAuthServer, data: Path) -> None:
    server.tokens["of-before"] = "lighthouse", "read write"
    Path(".env").write_text(f"MASTODON_BASE_URL={server.url}\nMASTODON_ACCESS_TOKEN=of-before\n")
    words = [*COMMAND[1:], "login", "mastodon", "--no-browser"]
    child = pexpect.spawn(
        COMMAND[0], words, cwd=str(data.parent), env=environment(), encoding="utf-8", dimensions=(24, 500)
    )
    child.expect("The bot's server, such as mastodon.example:")
    child.sendline(server.url)
    child.expect(r"(http://\S+/authorize\S+)\s")
    assert child.match
    found = re.search("<code>(.*)</code>", browse(child.match[1])[1])
    assert found
    child.expect("The code that it shows then:")
    child.sendline(found[1])
    child.expect(r"botus posts as @lighthouse@\S+ now. Post as @kettle@\S+ instead\? \[y/N\]:")
    child.sendline("y")
    child.expect(r"logged in as @kettle@")
    child.expect(pexpect.EOF)
    assert list(written()) == ["MASTODON_BASE_URL", "MASTODON_ACCESS_TOKEN"]


def test_bluesky_with_an_app_password(bluesky: BlueskyServer, run: Run, data: Path) -> None:
    typed = f"{bluesky.password}\n"
    done = run("login", "bluesky", "@Kettle.Test", "--service", bluesky.url, typed=typed)
    assert done.code == 0, done.err
    assert done.out.startswith("logged in as @kettle.test\n")
    names = {"BLUESKY_HANDLE": "kettle.test", "BLUESKY_APP_PASSWORD": bluesky.password}
    assert written() == {**names, "BLUESKY_SERVICE": bluesky.url}
    assert bluesky.password not in done.out + done.err
    (data / "tweets.txt").write_text("The kettle sings at noon.\n")
    assert run("post").code == 0
    assert bluesky.texts == ["The kettle sings at noon."]
    assert bluesky.logins == 1  # the kept one is used


def test_a_password_that_is_not_taken_is_not_written(bluesky: BlueskyServer, run: Run, data: Path) -> None:
    words = ("login", "bluesky", "kettle.test", "--service", bluesky.url)
    for typed, said in (
        ("wron-wron-wron-wron", "does not take this app password"),
        ("horse", "no app password"),
    ):
        done = run(*words, typed=typed)
        assert (done.code, said in done.err) == (4, True), done.err
        assert typed not in done.out + done.err
    assert written() == {}
    assert not (data / ".botus/bluesky.json").exists()


def test_another_account_on_bluesky_takes_the_place_only_if_one_says_so(
    bluesky: BlueskyServer, run: Run, data: Path
) -> None:
    words = ("login", "bluesky", "kettle.test", "--service", bluesky.url)
    run(*words, typed=bluesky.password)
    bluesky.handle = "lighthouse.test"
    done = run("login", "bluesky", "lighthouse.test", *words[3:], typed=bluesky.password)
    assert done.code == 6
    assert "botus still posts as @kettle.test\nwith --yes it posts as @lighthouse.test" in done.err
    assert written()["BLUESKY_HANDLE"] == "kettle.test"
    assert run("login", "bluesky", "lighthouse.test", *words[3:], "--yes", typed=bluesky.password).code == 0
    assert written()["BLUESKY_HANDLE"] == "lighthouse.test"


def test_an_app_password_is_not_shown_while_it_is_typed(bluesky: BlueskyServer, data: Path) -> None:
    words = [*COMMAND[1:], "login", "bluesky", "kettle.test", "--service", bluesky.url]
    child = pexpect.spawn(
        COMMAND[0], words, cwd=str(data.parent), env=environment(), encoding="utf-8", dimensions=(24, 200)
    )
    child.expect("The app password:")
    child.sendline(bluesky.password)
    child.expect(pexpect.EOF)
    assert "logged in as @kettle.test" in str(child.before)
    assert bluesky.password not in str(child.before)


def test_a_token_of_a_setup_that_comes_to_nothing_is_given_back(
    server: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", BROWSER)
    monkeypatch.setenv("NO_PROXY", "*")
    importlib.reload(webbrowser)  # which reads BROWSER once
    with ExitStack() as undo:
        base_url, token = token_for(server.url, answers=False, undo=undo)
        assert (base_url, token) == (server.url, token_of(server))
    assert (server.tokens, server.revoked) == ({}, [token])
