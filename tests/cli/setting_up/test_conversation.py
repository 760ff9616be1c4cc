"""What `botus init` asks, and what it makes of the answers; the person is a list of answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from botus.cli.setting_up.conversation import Conversation
from botus.cli.setting_up.draft import Draft
from botus.cli.setting_up.trial import trial
from botus.cli.setting_up.values import zone_of_machine
from botus.cli.setting_up.writing import write
from botus.errors import FileError, SettingsError
from botus.posting.login.mastodon import BY_HAND, Login, server_of
from botus.posting.targets.mastodon_entities import POSTING
from botus.settings import load
from tests.support.browser import browse
from tests.support.loopback import Fault
from tests.support.oauth import OAuthServer
from tests.support.servers import BlueskyServer, MastodonServer

NOW = datetime(2026, 11, 21, 5, 4, tzinfo=UTC)
USUAL = {"CRON": "0 */4 * * *", "TZ": "Europe/Stockholm", "POST_ONLY": "reviewed"}
RETURN = ""


@dataclass
class Person:
    """Answers in turn; a `Talk`."""

    answers: list[str]
    asked: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def ask(self, question: str, default: str = "", *, shown: str = "", is_secret: bool = False) -> str:
        self.asked.append(f"{question} [{shown}]")
        self.heard.append(self.asked[-1])
        return self.answers.pop(0) or default

    def tell(self, line: str) -> None:
        self.heard.append(line)

    head = tell


@pytest.fixture
def mastodon() -> Iterator[MastodonServer]:
    with MastodonServer() as server:
        yield server


def talk(folder: Path, *answers: str, usual: dict[str, str] | None = None) -> Person:
    """Hold a conversation to its end, and write what came of it."""
    draft, person = Draft(folder), Person([*answers])
    Conversation(draft, person, usual or USUAL, partial(trial, clock=time.time), NOW).hold()
    assert person.answers == []
    [*write(draft)]
    return person


def test_a_bot_on_mastodon(tmp_path: Path, mastodon: MastodonServer) -> None:
    person = talk(
        tmp_path,
        "mastadon",  # asked again
        "mastodon",
        "ftp://here",
        mastodon.url,
        "wrong token",
        "wrong-token",
        "public",
        "yes",  # the server refused it: once more
        RETURN,
        mastodon.token,
        RETURN,
        "0 9 * *",
        "CRON='0 9 * * *'",  # as a hint has it
        "Stockholm",
        "Europe/Stockholm",
        "review",
        RETURN,
        RETURN,
        RETURN,
        "perhaps",
        "no",
    )
    heard = "\n".join(person.heard)
    assert "That is none of: x, mastodon, bluesky, webhook, none; did you mean mastodon?" in heard
    assert "MASTODON_BASE_URL is not a web address like https://example.social" in heard
    assert "MASTODON_ACCESS_TOKEN holds white space or letters that no secret has" in heard
    assert "problem  mastodon: " in heard
    assert "access token [***, as you just gave it]" in heard
    assert "ok       mastodon: @kettle" in heard
    assert "That is at 09:00 every day." in heard
    assert "did you mean 'Europe/Stockholm'?" in heard
    assert "The next posts: Sat 2026-11-21 09:00 +01:00, Sun" in heard
    assert "POST_ONLY is none of: any, reviewed, kept; did you mean reviewed?" in heard
    assert "That is neither yes nor no" in heard
    assert mastodon.token not in heard
    assert (tmp_path / ".env").read_text() == (
        "# The settings of this bot. What is exported wins; docs/settings.md of botus has all of them.\n\n"
        f"# Mastodon\nMASTODON_BASE_URL={mastodon.url}\nMASTODON_ACCESS_TOKEN={mastodon.token}\n"
        "MASTODON_VISIBILITY=public\n\n"
        "# when, which lines, and who is told\nCRON=0 9 * * *\nTZ=Europe/Stockholm\nPOST_ONLY=reviewed\n"
    )
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_a_token_through_the_browser(tmp_path: Path) -> None:
    with OAuthServer() as server:

        def log_in(address: str) -> tuple[str, str]:
            base_url = server_of(address)
            login = Login(base_url, BY_HAND, POSTING)
            found = re.search("<code>(.*)</code>", browse(login.page())[1])
            assert found
            return base_url, login.token(found[1])

        server.script(Fault("answer", 503, "{}", on="/api/v1/apps"))
        person = Person(["mastodon", f"{server.url}/web/home", *[RETURN] * 9])
        draft = Draft(tmp_path)
        Conversation(draft, person, USUAL, partial(trial, clock=time.time), NOW, log_in).hold()
        assert person.asked[2] == "access token [through the browser]"
        assert "HTTP 503 (try again later)" in "\n".join(person.heard)
        assert "ok       mastodon: @kettle" in "\n".join(person.heard)
        assert draft.values["MASTODON_BASE_URL"] == server.url
        assert draft.values["MASTODON_ACCESS_TOKEN"] in server.tokens


def test_asked_again_only_what_one_changes_changes(tmp_path: Path, mastodon: MastodonServer) -> None:
    before = (
        f"export MASTODON_BASE_URL={mastodon.url} # home\nMASTODON_ACCESS_TOKEN_FILE=token\n\n"
        "LAMP='lit'\n# nine\nCRON='0 9 * * *' # o'clock\nTZ=UTC\nPOST_ONLY=kept\n"
    )
    (tmp_path / ".env").write_text(before)
    (tmp_path / "token").write_text(mastodon.token)
    person = talk(tmp_path, *[RETURN] * 9)
    assert person.asked[0].endswith("[mastodon]")
    assert person.asked[1].endswith(f"[{mastodon.url}]")
    assert person.asked[2] == "access token [***, as it is]"
    assert (tmp_path / ".env").read_text() == before
    talk(tmp_path, RETURN, RETURN, "another-token", RETURN, "no", "@daily", *[RETURN] * 4)
    assert (tmp_path / ".env").read_text() == before.replace("'0 9 * * *'", "@daily")
    assert (tmp_path / "token").read_text() == "another-token\n"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_a_platform_that_is_left_out(tmp_path: Path, mastodon: MastodonServer) -> None:
    (tmp_path / ".env").write_text(f"MASTODON_BASE_URL={mastodon.url}\nMASTODON_ACCESS_TOKEN=a\n")
    talk(tmp_path, "none", *[RETURN] * 5)
    assert not load({}, tmp_path).has_targets
    assert (
        (tmp_path / ".env")
        .read_text()
        .startswith(f"# MASTODON_BASE_URL={mastodon.url}\n# MASTODON_ACCESS_TOKEN=a\n")
    )
    person = talk(tmp_path, "mastodon", mastodon.url, RETURN, *[RETURN] * 5)
    assert "No answer: Mastodon is left out." in person.heard
    assert not load({}, tmp_path).missing


def test_several_platforms_with_their_secrets_in_files(tmp_path: Path) -> None:
    with MastodonServer() as mastodon, BlueskyServer() as bluesky:
        person = talk(
            tmp_path,
            *("bluesky, mastodon", mastodon.url, mastodon.token, RETURN),
            *(bluesky.url, bluesky.handle, bluesky.password),
            *(*[RETURN] * 4, "https://hc-ping.com/a-lamp", "yes"),
        )
        assert f"ok       bluesky: @{bluesky.handle}" in "\n".join(person.heard)
    found = load({}, tmp_path)
    assert found.accounts.keys() == {"mastodon", "bluesky"}
    assert {mastodon.token, bluesky.password, "https://hc-ping.com/a-lamp"} <= set(found.secrets)
    names = ["bluesky_app_password", "mastodon_access_token", "ping_url"]
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == names
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert "MASTODON_ACCESS_TOKEN_FILE=secrets/mastodon_access_token\n" in (tmp_path / ".env").read_text()
    assert not (tmp_path / "data/.botus/bluesky.json").exists()  # the login of the trial is not kept


def test_a_server_that_is_away_keeps_nobody_from_going_on(tmp_path: Path) -> None:
    person = talk(tmp_path, "mastodon", "http://127.0.0.1:9", "a-token", RETURN, "no", *[RETURN] * 6)
    assert "problem  mastodon: no connection" in "\n".join(person.heard)
    assert load({}, tmp_path).accounts["mastodon"]["token"] == "a-token"


def test_what_is_exported_is_suggested(tmp_path: Path, mastodon: MastodonServer) -> None:
    exported = {"MASTODON_BASE_URL": mastodon.url, "MASTODON_ACCESS_TOKEN": mastodon.token}
    talk(tmp_path, *[RETURN] * 10, usual=USUAL | exported)
    assert load({}, tmp_path).accounts["mastodon"]["token"] == mastodon.token


def test_a_file_that_cannot_be_read_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CRON: @daily\n")
    with pytest.raises(SettingsError, match="line 1: this is no setting") as refused:
        Draft(tmp_path)
    assert "botus init" not in str(refused.value.hint)  # botus login says so too


def test_a_link_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/.env").symlink_to("../of-somewhere-else")
    (tmp_path / "of-somewhere-else").write_text("CRON=@daily\n")
    with pytest.raises(FileError, match="is a symbolic link"):
        Draft(tmp_path)


def test_the_time_zone_of_the_machine(tmp_path: Path) -> None:
    for place, zone in (
        ("/usr/share/zoneinfo/Europe/Stockholm", "Europe/Stockholm"),
        ("/usr/share/zoneinfo/Etc/UTC", "UTC"),
        ("/usr/share/zoneinfo/Lighthouse", "UTC"),
        ("/etc/nothing", "UTC"),
    ):
        (tmp_path / "localtime").unlink(missing_ok=True)
        (tmp_path / "localtime").symlink_to(place)
        assert zone_of_machine(tmp_path / "localtime") == zone


def test_what_stands_in_the_data_folder_is_changed_there(tmp_path: Path, mastodon: MastodonServer) -> None:
    """Where a login has put a token, and where it counts more."""
    (tmp_path / "data").mkdir()
    (tmp_path / ".env").write_text("CRON=@daily\nTZ=UTC\nPOST_ONLY=kept\nMASTODON_ACCESS_TOKEN=old\n")
    (tmp_path / "data/.env").write_text(f"MASTODON_BASE_URL={mastodon.url}\nMASTODON_ACCESS_TOKEN=a-token\n")
    talk(tmp_path, RETURN, RETURN, mastodon.token, RETURN, RETURN, RETURN, RETURN, RETURN, RETURN)
    lines = (tmp_path / "data/.env").read_text().splitlines()
    assert lines == [f"MASTODON_BASE_URL={mastodon.url}", f"MASTODON_ACCESS_TOKEN={mastodon.token}"]
    assert "MASTODON_ACCESS_TOKEN=old" in (tmp_path / ".env").read_text()
    talk(tmp_path, "none", *[RETURN] * 5)
    assert not load({}, tmp_path).accounts
    assert "# MASTODON_ACCESS_TOKEN=old" in (tmp_path / ".env").read_text()
