"""`.env` files: what they may look like, which one counts, and what is said of one that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from botus.errors import SettingsError
from botus.settings import SECRETS, load, read
from botus.settings.environment import gather
from tests.support.command import botus, environment
from tests.support.servers import MastodonServer

TOKEN = "swordfish99"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a data folder in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    return tmp_path


def values(text: str | bytes) -> dict[str, str]:
    Path(".env").write_bytes(text if isinstance(text, bytes) else text.encode())
    found = gather({})
    assert found.problems == []
    return found.values


def problems(text: str | bytes) -> list[str]:
    Path(".env").write_bytes(text if isinstance(text, bytes) else text.encode())
    return gather({}).problems


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("CRON=0 */4 * * *", "0 */4 * * *"),
        ("CRON = '0 */4 * * *'  # every four hours", "0 */4 * * *"),
        ('export CRON="0 */4 * * *"', "0 */4 * * *"),
        ("CRON=0 9 * * 1#2 # the second Monday", "0 9 * * 1#2"),
        (r'CRON="a\nb"', "a\nb"),
        ('CRON="a\nb"', "a\nb"),
        ("CRON='$HOME ${HOME}'", "$HOME ${HOME}"),
        ("CRON=$HOME ${HOME}", "$HOME ${HOME}"),
        ("CRON=it's tea", "it's tea"),
        ("CRON=tè", "tè"),
    ],
)
def test_the_forms_of_a_line(here: Path, line: str, value: str) -> None:
    text = f"# a comment\n\n{line}\nTZ=UTC\n"
    assert values(text) == {"CRON": value, "TZ": "UTC"}
    assert values(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())["TZ"] == "UTC"
    assert gather({}).places["TZ"].line == text.count("\n")


def test_nothing_is_set_by_an_empty_value_or_a_comment(here: Path) -> None:
    assert values("CRON=\nTZ=''\n#POST_ONLY=kept\n\n   \nJITTER= # none") == {}
    assert values("") == {}


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("TZ=UTC\n\n\nCRON: @daily\n", 4, "this is no setting like NAME=value"),
        ("swordfish99\n", 1, "this is no setting"),
        ("$env:CRON='@daily'\n", 1, "this is no setting"),
        ("TZ=UTC\nCRON='@daily\n", 2, "the quotation marks do not close"),
        ("CRON='@daily' POST_ONLY=kept\n", 1, "the quotation marks do not close"),
        (b"TZ=UTC\nCRON=t\xe8\n", 2, "this is not UTF-8 (save the file as UTF-8)"),
        ("TZ=UTC\n".encode("utf-16"), 1, "this is not UTF-8"),
        ("TZ=UTC\n".encode("utf-16-le"), 1, "this is not UTF-8"),
    ],
)
def test_a_line_that_is_no_setting_is_named_and_not_shown(
    here: Path, text: str | bytes, where: int, why: str
) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f".env, line {where}: {why}")
    assert "swordfish99" not in problem
    with pytest.raises(SettingsError, match=f"line {where}"):
        load({})


def test_what_stands_there_and_is_no_file_of_settings(here: Path) -> None:
    assert problems(b"CRON=" + b"x" * (1 << 16)) == [".env is too long for a file of settings: 65,541 bytes"]
    Path(".env").unlink()
    os.mkfifo(".env")
    wrong = ".env is a pipe or a device, but botus looks for settings there (rename or remove it)"
    assert gather({}).problems == [wrong]
    Path(".env").unlink()
    Path(".env").mkdir()
    assert gather({}).problems == [wrong.replace("pipe or a device", "folder")]
    Path(".env/pyvenv.cfg").touch()  # many give a virtual environment this name
    assert gather({}).problems == []
    Path("data/.env").symlink_to(".env")
    (problem,) = gather({}).problems
    assert problem.startswith("data/.env cannot be read: too many levels of symbolic links")


def test_a_file_that_may_not_be_read(here: Path) -> None:
    Path(".env").touch(0o000)
    here.chmod(0o755)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may read everything
    try:
        (problem,) = gather({}).problems
    finally:
        os.seteuid(user)
    assert problem.startswith(".env cannot be read: permission denied (botus runs as uid")


def test_exports_win_then_the_data_directory(here: Path) -> None:
    Path(".env").write_text("CRON=a\nTZ=a\nJITTER=a\nBOTUS_DATA=data\n")
    Path("data/.env").write_text("CRON=b\nTZ=b\n")
    found = gather({"CRON": "c", "TZ": " "})  # what is empty is not set
    assert (found.data, found.values) == (
        Path("data"),
        {"CRON": "c", "TZ": "b", "JITTER": "a", "BOTUS_DATA": "data"},
    )
    assert [f"{name}: {place}" for name, place in found.hidden] == [
        "CRON: data/.env, line 1",
        "CRON: .env, line 1",
        "TZ: .env, line 2",
    ]
    assert {name: str(place) for name, place in found.places.items()} == {
        "TZ": "data/.env, line 2",
        "JITTER": ".env, line 3",
        "BOTUS_DATA": ".env, line 4",
    }


def test_a_secret_and_its_file_are_one_setting(here: Path) -> None:
    Path("data/.env").write_text(f"MASTODON_ACCESS_TOKEN={TOKEN}\n")
    Path(".env").write_text("MASTODON_ACCESS_TOKEN_FILE=elsewhere\n")
    assert TOKEN in load({}).secrets
    Path("file").write_text("another-fish")
    found = load({"MASTODON_ACCESS_TOKEN_FILE": "file"})
    assert ("another-fish" in found.secrets, TOKEN in found.secrets) == (True, False)
    Path("data/.env").write_text("MASTODON_ACCESS_TOKEN=a\nMASTODON_ACCESS_TOKEN_FILE=b\n")
    assert read({})[1][0] == (
        "data/.env, line 1: MASTODON_ACCESS_TOKEN and MASTODON_ACCESS_TOKEN_FILE are both set:"
        " keep one of them"
    )


def test_the_current_folders_file_may_name_the_data_directory(here: Path) -> None:
    Path("bot").mkdir()
    Path("bot/.env").write_text("CRON=@daily\nBOTUS_DATA=nowhere\n")
    Path(".env").write_text("BOTUS_DATA=bot\n")
    assert (load({}).data, load({}).cron) == (Path("bot"), "@daily")
    assert load({}, Path("data")).data == Path("data")
    assert load({"BOTUS_DATA": "data"}).data == Path("data")
    assert load({}, Path("bot")).cron == "@daily"
    os.chdir("bot")
    assert gather({}, Path()).repeated == {}  # one file, read once
    assert str(gather({}, here / "bot").places["CRON"]) == f"{here}/bot/.env, line 1"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secrets_file_lies_beside_the_file_that_names_it(here: Path, name: str) -> None:
    urls = {"WEBHOOK_URLS": "json://id/swordfish99", "NOTIFY_URLS": "json://id/swordfish99"}
    Path("data/token").write_text({**urls, "PING_URL": "https://hc.example/swordfish99"}.get(name, TOKEN))
    Path("data/.env").write_text(f"{name}_FILE=token\n")
    assert TOKEN in load({}).secrets


def test_what_is_wrong_with_a_value_is_said_with_its_line(here: Path) -> None:
    Path("data/.env").write_text("TZ=UTC\n\nPOST_ONLY=review\n")
    assert read({})[1] == [
        "data/.env, line 3: POST_ONLY is none of: any, reviewed, kept; did you mean reviewed?"
    ]


def test_a_folder_that_was_removed_and_a_home_that_nobody_has(here: Path) -> None:
    (here / "data/.env").write_text("MASTODON_ACCESS_TOKEN_FILE=~nobody-has-it/token\n")
    problem = "MASTODON_ACCESS_TOKEN_FILE names a file that cannot be read: No such file or directory"
    assert read({}, here / "data")[1] == [f"{here}/data/.env, line 1: {problem}"]
    os.chdir(here / "data")
    (here / "data/.env").unlink()
    (here / "data").rmdir()
    assert load({"CRON": "@daily"}, here).cron == "@daily"


def test_every_command_reads_it_and_hides_its_secrets(tmp_path: Path) -> None:
    with MastodonServer() as server:
        (tmp_path / "bot").mkdir()
        (tmp_path / "bot/tweets.txt").write_text("The kettle is on.\n")
        (tmp_path / ".env").write_text("BOTUS_DATA=bot\n")
        lines = f"MASTODON_BASE_URL={server.url}\nMASTODON_ACCESS_TOKEN={server.token}\nPOST_ONYL=kept\n"
        (tmp_path / "bot/.env").write_text(lines)
        ended = botus("doctor", cwd=tmp_path)
        assert "ok       mastodon: @kettle" in ended.out
        assert "ok       settings of .env: BOTUS_DATA" in ended.out
        assert "ok       settings of bot/.env: MASTODON_ACCESS_TOKEN, MASTODON_BASE_URL" in ended.out
        open_to_all = "bot/.env holds secrets, and anybody on this machine may read it (mode 644)"
        assert f"warning  {open_to_all}\n         -> chmod 600 bot/.env" in ended.out
        (tmp_path / "bot/.env").chmod(0o600)
        assert "holds secrets" not in botus("doctor", cwd=tmp_path).out
        posted = botus("post", cwd=tmp_path)
        assert [post.text for post in server.posts] == ["The kettle is on."]
        misspelt = "bot/.env, line 3: botus does not know POST_ONYL, which is set: is POST_ONLY meant?"
        assert f"warning: {misspelt}" in posted.err
        assert server.token not in ended.out + posted.out + posted.err
        refused = botus("post", "--debug", cwd=tmp_path, MASTODON_BASE_URL=f"ftp://{server.token}")
        assert refused.code == 2
        assert server.token not in refused.err


def test_a_container_with_everything_in_its_data_folder(tmp_path: Path) -> None:
    """The environment there names the folder, and the command is typed elsewhere."""
    data, elsewhere = tmp_path / "data", tmp_path / "app"
    elsewhere.mkdir()
    data.mkdir()
    (data / ".env").write_text("CRON=0 9 * * *\nLOG_FORMAT=json\nMAX_PER_DAY=none\n")
    assert "at 09:00 every day" in botus("schedule", cwd=elsewhere, BOTUS_DATA=str(data), MAX_PER_DAY="3").out
    ended = botus("run", "--data", data, cwd=elsewhere)
    assert (ended.code, ended.err[:9]) == (2, '{"time": ')
    assert f"{data}/.env, line 3: MAX_PER_DAY is not a whole number above 0" in ended.err


def test_the_environment_of_the_process_stays_as_it_is(here: Path) -> None:
    Path(".env").write_text("CRON=@daily\nBOTUS_ODD=1\n")
    before = dict(os.environ)
    load(environment())
    assert dict(os.environ) == before
