"""No command prints a password or a token that stands in an address, whichever setting it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.log import censor
from botus.settings import read
from tests.support.command import botus

WORD = "Zq9passw"
TOKEN = "fog7fog7fog7"
HOST = "127.0.0.1:1"  # where nobody listens
GOOD = {
    "CONSUMER_KEY": "key-of-the-app",
    "CONSUMER_SECRET": "secret-of-the-app",
    "ACCESS_TOKEN": "42-token",
    "ACCESS_TOKEN_SECRET": "secret-of-the-token",
    "X_READ": "yes",
    "X_BASE_URL": f"http://{HOST}/{TOKEN}",
    "MASTODON_BASE_URL": f"http://{HOST}/{TOKEN}",
    "MASTODON_ACCESS_TOKEN": "token-of-mastodon",
    "BLUESKY_HANDLE": "kettle.test",
    "BLUESKY_APP_PASSWORD": "word-word-word-word",
    "BLUESKY_SERVICE": f"http://{HOST}/{TOKEN}",
    "PING_URL": f"http://kettle:{WORD}@{HOST}/ping?token={TOKEN}",
    "WEBHOOK_URLS": f"json://kettle:{WORD}@{HOST}/{TOKEN}",
    "NOTIFY_URLS": f"json://kettle:{WORD}@{HOST}/?token={TOKEN}",
    "CRON": "0 * * * *",
}
WRONG = {
    "CRON": f"http://kettle:{WORD}@{HOST}/",
    "TZ": f"http://kettle:{WORD}@{HOST}/?token={TOKEN}",
    "MASTODON_BASE_URL": f"https://kettle:{WORD}@{HOST}/",
    "X_BASE_URL": f"https://{HOST}/?token={TOKEN}",
}
PROXIES = {
    "HTTP_PROXY": f"http://kettle:{WORD}@{HOST}",
    "https_proxy": f"kettle:{WORD}@{HOST}/",
    "ALL_PROXY": f"socks5://kettle:{WORD}@{HOST}",
}
COMMANDS = (
    "doctor",
    "doctor --notify --json",
    "status",
    "status --json",
    "health",
    "schedule",
    "post --debug",
)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(GOOD, id="good"),
        pytest.param(GOOD | WRONG, id="wrong", marks=pytest.mark.proof),
        pytest.param(GOOD | PROXIES, id="through a proxy", marks=pytest.mark.proof),
    ],
)
def test_no_command_prints_a_password_of_an_address(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("the kettle sings\n")
    for command in COMMANDS:
        ended = botus(*command.split(), BOTUS_DATA=str(tmp_path), **{"NO_PROXY": "", **settings})
        told = ended.out + ended.err
        assert told, command
        assert WORD not in told, command
        assert TOKEN not in told, command


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://kettle:Zq9passw@fog.example/a", "at https://***@fog.example/a"),
        ("at https://Zq9passw@fog.example, twice", "at https://***@fog.example, twice"),
        ("https://fog.example/a?b=1&token=Zq9&c=2", "https://fog.example/a?b=1&token=***&c=2"),
        ("('https://fog.example/?api_key=Zq9',)", "('https://fog.example/?api_key=***',)"),
        ("socks5h://u:Zq9@h:1/ and http://u:Zq9@h", "socks5h://***@h:1/ and http://***@h"),
        ("ask @kettle@fog.example?token=1", "ask @kettle@fog.example?token=1"),
        ("https://fog.example/@kettle/1?page=2", "https://fog.example/@kettle/1?page=2"),
    ],
)
def test_what_an_address_shows_to_be_secret(text: str, shown: str) -> None:
    assert censor(text, ()) == shown


@pytest.mark.parametrize("value", ["http://kettle:Zq9passw@fog.example:8080", "kettle:Zq9passw@fog.example/"])
def test_the_password_of_a_proxy_is_a_secret(value: str) -> None:
    assert "Zq9passw" in read({"HTTPS_PROXY": value})[0].secrets


def test_the_words_of_an_address_are_none() -> None:
    assert read({"X_BASE_URL": "https://lighthouse.example/twitter-proxy"})[0].secrets == ()
