"""`botus init` as a command: with `--yes`, and one whole conversation in a pseudo-terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
import yaml

from botus.cli.setting_up.compose import compose, source_of
from botus.cli.setting_up.draft import Draft
from botus.cli.setting_up.writing import next_step, write
from botus.monitoring.doctor import examine
from botus.settings import PostOnly, Settings
from tests.support.browser import BROWSER
from tests.support.command import COMMAND, ROOT, botus, environment, picture
from tests.support.oauth import OAuthServer
from tests.support.servers import MastodonServer

DOCKER = yaml.safe_load((Path(ROOT) / "docker/compose.yaml").read_text())["services"]["botus"]


@pytest.fixture
def mastodon() -> Iterator[MastodonServer]:
    with MastodonServer() as server:
        yield server


def settings(server: MastodonServer) -> list[str]:
    return [f"MASTODON_BASE_URL={server.url}", f"MASTODON_ACCESS_TOKEN={server.token}"]


# --- with --yes


def test_a_script_sets_up_a_bot_that_posts(tmp_path: Path, mastodon: MastodonServer) -> None:
    ended = botus("init", "bot", "--yes", *settings(mastodon), "TZ=UTC", cwd=tmp_path)
    assert ended.code == 0, ended.out
    assert "ok       mastodon: @kettle" in ended.out
    assert ended.out.splitlines()[-1] == "next, write posts: cd bot && botus generate"
    assert ended.err.splitlines() == ["bot/.env was written", "bot/compose.yaml was written"]
    assert mastodon.token not in ended.out + ended.err
    (tmp_path / "bot/data/tweets.txt").write_text("The lamp is lit.\n")
    assert botus("post", cwd=tmp_path / "bot").code == 0
    assert [post.text for post in mastodon.posts] == ["The lamp is lit."]
    before = picture(tmp_path / "bot")
    other = botus("--json", "init", "--yes", "CRON=0 9 * * *", "POST_ONLY=any", "TZ=", cwd=tmp_path / "bot")
    changed = before[".env"].replace(b"0 */4 * * *", b"0 9 * * *").replace(b"=reviewed", b"=any")  # type: ignore[union-attr]
    assert (tmp_path / "bot/.env").read_bytes() == changed.replace(b"TZ=", b"# TZ=")
    assert other.value["written"] == [".env was changed", "compose.yaml is as it was"]
    assert {"message", "hint", "level", "code"} == set(other.value["findings"][0])


@pytest.mark.parametrize(
    ("text", "post_only", "accounts", "command"),
    [
        ("", "any", {}, "botus generate"),
        ("The lamp is lit.\n", "kept", {}, "botus curate"),
        ("@everyone, the lamp is lit.\n", "any", {}, "botus curate"),
        ("The lamp is lit.\n", "any", {}, "botus post --dry-run"),
        ("The lamp is lit.\n", "any", {"mastodon": {}}, "botus run"),
    ],
)
def test_the_next_command_is_the_one_that_the_queue_needs(
    tmp_path: Path, text: str, post_only: PostOnly, accounts: dict[str, dict[str, str]], command: str
) -> None:
    (tmp_path / "tweets.txt").write_text(text)
    there = Settings(tmp_path, post_only=post_only, accounts=accounts)
    assert f": {command}" in next_step("", lambda: there, [])


def test_a_script_takes_what_is_exported(tmp_path: Path, mastodon: MastodonServer) -> None:
    exported = dict(one.split("=", 1) for one in settings(mastodon)) | {"CRON": "@daily", "TZ": "UTC"}
    ended = botus("init", "--yes", "--secret-files", "CRON=@hourly", cwd=tmp_path, **exported)
    assert (tmp_path / "secrets/mastodon_access_token").read_text() == f"{mastodon.token}\n"
    assert "MASTODON_ACCESS_TOKEN_FILE=secrets/mastodon_access_token" in (tmp_path / ".env").read_text()
    assert "CRON=@hourly" in (tmp_path / ".env").read_text()
    assert "warning: CRON is exported here with another value, which wins over .env" in ended.err


@pytest.mark.parametrize(
    ("words", "code", "sentences"),
    [
        (["--yes", "CRON=soon", "POST_ONYL=kept", "JITTER=x"], 2, ["CRON", "is POST_ONLY meant?", "JITTER"]),
        (["--yes", "POST_ONLY=review"], 2, ["did you mean reviewed?"]),
        (["--yes", "PING_URL=https://a", "PING_URL_FILE=b"], 2, ["PING_URL and PING_URL_FILE are both set"]),
        (["--yes", "one", "two"], 2, ["name one folder"]),
        (["--yes", "--data", "there"], 2, ["leave --data out"]),
        ([], 2, ["run it in a terminal, or with --yes"]),
    ],
)
def test_nothing_is_written_where_something_is_wrong(
    tmp_path: Path, words: list[str], code: int, sentences: list[str]
) -> None:
    ended = botus("init", *words, cwd=tmp_path)
    assert ended.code == code
    assert [one for one in sentences if one not in ended.err] == [], ended.err
    assert picture(tmp_path) == {}


def test_a_path_means_the_same_file_wherever_it_is_typed(tmp_path: Path, mastodon: MastodonServer) -> None:
    (tmp_path / "token").write_text(mastodon.token)
    words = [settings(mastodon)[0], "MASTODON_ACCESS_TOKEN_FILE=token", "BOTUS_DATA=a bot/log"]
    ended = botus("init", "a bot", "--yes", *words, cwd=tmp_path)
    assert ended.out.splitlines()[-1] == "next, write posts: cd 'a bot' && botus generate"
    assert "MASTODON_ACCESS_TOKEN_FILE=../token\n" in (tmp_path / "a bot/.env").read_text()
    assert "ok       mastodon: @kettle" in ended.out
    assert "token is not in a bot: a container does not see it" in ended.err
    service = yaml.safe_load((tmp_path / "a bot/compose.yaml").read_text())["services"]["botus"]
    assert service["volumes"] == [".:/app:ro", "./log:/app/data"]


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = botus("init", "file/bot", "--yes", cwd=tmp_path)
    assert (ended.code, ended.err.splitlines()[0]) == (3, f"botus: {tmp_path}/file is not a folder")


def test_what_is_edited_meanwhile_stays(tmp_path: Path) -> None:
    draft = Draft(tmp_path)
    draft.change("CRON", "@daily")
    (tmp_path / ".env").write_text("TZ=UTC # here\n")
    [*write(draft)]
    assert (tmp_path / ".env").read_text() == "TZ=UTC # here\nCRON=@daily\n"


@pytest.mark.parametrize("last", ["MASTODON_ACCESS_TOKEN", "MASTODON_ACCESS_TOKEN_FILE"])
def test_what_was_answered_last_counts(tmp_path: Path, last: str) -> None:
    draft = Draft(tmp_path)
    for name, value in (("MASTODON_ACCESS_TOKEN", ""), ("MASTODON_ACCESS_TOKEN", "a"), (last, "b")):
        draft.change(name, value)
    assert draft.values == {last: "b"}
    [*write(draft)]
    assert list(Draft(tmp_path).values) == [last]


# --- compose.yaml


@pytest.mark.parametrize("source", [None, Path(ROOT)])
@pytest.mark.parametrize("extras", ["", "webhook"])
def test_the_container_has_the_rights_of_the_one_in_docker(source: Path | None, extras: str) -> None:
    text = compose("./data", (1000, 1000), source, extras)
    service = yaml.safe_load(text)["services"]["botus"]
    for name in ("user", "restart", "stop_grace_period", "read_only", "cap_drop", "security_opt"):
        assert service[name] == DOCKER[name], name
    assert service["volumes"] == [".:/app:ro", "./data:/app/data"]
    assert service.get("build", {}).get("context") == (str(source) if source else None)
    assert ("EXTRAS" in text) == bool(extras)


def test_the_image_is_built_from_a_folder_of_botus_only(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    assert source_of(tmp_path) is None
    for content in (b"[metadata]\nname = kettle\n", b"[metadata]\nauthor = Ren\xe9\n"):
        (tmp_path / "setup.cfg").write_bytes(content)
        assert source_of(tmp_path) is None
    assert source_of(tmp_path, Path(ROOT)) == Path(ROOT)


def test_a_compose_file_of_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("services: {}\n")
    ended = botus("init", "--yes", cwd=tmp_path)
    assert "docker-compose.yml stays as it is: remove it to have it written anew" in ended.err
    assert not (tmp_path / "compose.yaml").exists()


def test_where_generate_cannot_run_it_says_what_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    needs = "which needs: pip install 'botus[generate]'; for a container, in botus's folder: docker build"
    bot = Settings(tmp_path)
    assert next_step("", lambda: bot, []).startswith(f"next, write posts: botus generate, {needs}")
    hints = [one.hint for one in examine(bot, {})]
    assert any(hint.startswith(f"write one with: botus generate, {needs}") for hint in hints)


# --- in a terminal


def test_a_whole_conversation(tmp_path: Path, mastodon: MastodonServer) -> None:
    def begun() -> pexpect.spawn:
        words, variables = [*COMMAND[1:], "init", "bot"], environment(TERM="xterm", TZ="UTC")
        return pexpect.spawn(COMMAND[0], words, cwd=tmp_path, env=variables, encoding="utf-8", timeout=60)

    def answer(question: str, text: str) -> None:
        child.expect(question)
        child.expect(": ")
        child.sendline(text)

    child = begun()
    answer("Where does it post", "")
    child.expect("Server, such as")
    child.sendintr()
    while child.expect(["interrupted", pexpect.TIMEOUT], timeout=2):
        child.sendintr()  # the first came just before it began to read
    assert str(child.before).endswith("^C\r\nnothing was written\r\n")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, picture(tmp_path)) == (130, {})
    child = begun()
    answer("Where does it post", "")
    answer("Server, such as", mastodon.url)
    answer("Access token .it is not shown.", mastodon.token)
    answer("Who sees the posts", "")
    child.expect("ok       mastodon: @kettle")
    answer("When to post", "every now and then")
    answer("When to post", "0 9 * * *")
    child.expect("at 09:00 every day")
    answer("Whose clock", "")
    answer("Which lines", "")
    answer("Who is told", "")
    answer("Address to call", "")
    answer("files of their own", "")
    child.expect("bot/.env was written")
    child.expect("ok       mastodon: @kettle")
    child.expect("next, write posts: cd bot && botus generate")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert mastodon.token in (tmp_path / "bot/.env").read_text()


def test_a_token_that_could_not_be_written_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("no folder")
    with OAuthServer() as server:
        words = [*COMMAND[1:], "init", f"MASTODON_BASE_URL={server.url}"]
        variables = environment(TERM="xterm", TZ="UTC", BROWSER=BROWSER, NO_PROXY="*")
        child = pexpect.spawn(
            COMMAND[0], words, cwd=tmp_path, env=variables, encoding="utf-8", timeout=60, dimensions=(24, 200)
        )
        for question in ("Where does it", "Server", "Access token", "Who sees", "When", "Whose", "Which"):
            child.expect(f"{question}[^\n]*: ")
            child.sendline("")
        for question, answer in (("Who is told", ""), ("Address to call", ""), ("files of their own", "yes")):
            child.expect(f"{question}[^\n]*: ")
            child.sendline(answer)
        child.expect("botus: ")
        child.expect(pexpect.EOF)
        assert (server.tokens, len(server.revoked)) == ({}, 1)
    assert not (tmp_path / ".env").exists()
