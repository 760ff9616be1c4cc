"""A login at a Mastodon server: whom one means, what is asked for, what is said where it does not work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.answering.mentions.mastodon import _SCOPES
from botus.errors import BotusError, CredentialsError, SettingsError, TemporaryError
from botus.posting.login.mastodon import BY_HAND, Login, server_of
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.mastodon_entities import ANSWERING, POSTING
from tests.support.browser import browse
from tests.support.loopback import Fault
from tests.support.oauth import OAuthServer


@pytest.fixture
def server() -> Iterator[OAuthServer]:
    with OAuthServer() as server:
        yield server


def code_of(login: Login) -> str:
    found = re.search("<code>(.*)</code>", browse(login.page())[1])
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("mastodon.example", "https://mastodon.example"),
        (" Mastodon.Example. ", "https://mastodon.example"),
        ("https://mastodon.example/", "https://mastodon.example"),
        ("https://mastodon.example/web/home", "https://mastodon.example"),
        ("mastodon.example/@kettle", "https://mastodon.example"),
        ("https://mastodon.example/@kettle/1?x=1#top", "https://mastodon.example"),
        ("@kettle@mastodon.example", "https://mastodon.example"),
        ("kettle@mastodon.example", "https://mastodon.example"),
        ("mastodon.example:8443", "https://mastodon.example:8443"),
        ("leuchtfeuer-küste.example", "https://xn--leuchtfeuer-kste-vzb.example"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://localhost:3000/web/home", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_the_server_that_is_meant(words: str, address: str) -> None:
    assert server_of(words) == address


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("mastodon", "mastodon is not the address of a server"),
        ("@kettle", "@kettle is not the address of a server"),
        ("@kettle@", "@kettle@ is not the address of a server"),
        ("[::1", "[::1 is not the address of a server"),
        ("*.example", "*.example is not the address of a server"),
        ("", "not the address of a server"),
        ("ftp://mastodon.example", "not the address of a server"),
        ("mast odon.example", "not the address of a server"),
        ("https://mastodon.example:sea", "not the address of a server"),
        ("a..example", "not the address of a server"),
        ("http://mastodon.example", "http://mastodon.example would send the token unencrypted"),
    ],
)
def test_what_cannot_be_a_server(words: str, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        server_of(words)


def test_the_scopes_are_those_of_the_calls_that_botus_makes() -> None:
    assert set(POSTING) | set(ANSWERING) == {"write:statuses", *_SCOPES.values()}


def test_a_token_that_may_do_what_was_asked_for_and_no_more(server: OAuthServer) -> None:
    login = Login(server.url, BY_HAND, POSTING)
    token = login.token(code_of(login))
    assert server.tokens == {token: ("kettle", "write:statuses read:accounts read:statuses")}
    account = Mastodon(server.url, token).verify()
    assert account.problems == ()
    assert "the token may: read:accounts read:statuses write:statuses" in account.notes


@pytest.mark.parametrize("modern", [True, False])
def test_a_code_is_of_no_use_without_what_proves_whose_it_is(server: OAuthServer, modern: bool) -> None:
    server.knows_pkce = server.tells_endpoints = modern
    login = Login(server.url, BY_HAND, POSTING)
    code = code_of(login)
    grant = server.codes[code]
    assert bool(grant.challenge) == modern
    login._wire.verifier = "of somebody else"
    if modern:
        with pytest.raises(CredentialsError, match="this one it does not take"):
            login.token(code)
    else:
        assert login.token(code) in server.tokens


def test_a_code_is_good_once_and_for_ten_minutes(server: OAuthServer) -> None:
    login = Login(server.url, BY_HAND, POSTING)
    code = code_of(login)
    login.token(code)
    with pytest.raises(CredentialsError, match="once, and within ten minutes"):
        login.token(code)
    late = code_of(login)
    server.codes[late].at -= 600
    with pytest.raises(CredentialsError, match="once, and within ten minutes"):
        login.token(late)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault("answer", 200, "<html>Welcome</html>"), SettingsError, "does not speak Mastodon's API"),
        (Fault("answer", 200, '{"client_id": 7}'), SettingsError, "does not speak Mastodon's API"),
        (Fault("answer", 404, "<html>404</html>"), SettingsError, "does not speak Mastodon's API"),
        (Fault("answer", 405, ""), SettingsError, "does not speak Mastodon's API"),
        (
            Fault("answer", 301, "", {"Location": "https://www.mastodon.example/api/v1/apps"}),
            SettingsError,
            "points to https://www.mastodon.example",
        ),
        (
            Fault("answer", 403, '{"error": "not here"}'),
            CredentialsError,
            "does not register botus: .*not here",
        ),
        (Fault("answer", 429, "{}"), TemporaryError, "rate limit reached"),
        (Fault("answer", 503, "<html>down</html>"), TemporaryError, "HTTP 503"),
        (Fault("drop"), TemporaryError, "the answer was lost"),
        (Fault("cut"), TemporaryError, "HTTP 500|the answer was lost"),
    ],
)
def test_what_is_no_server_or_does_not_want_to(
    fault: Fault, kind: type[BotusError], said: str, server: OAuthServer
) -> None:
    server.script(fault)
    with pytest.raises(kind, match=said) as error:
        Login(server.url, BY_HAND, POSTING).page()
    assert error.value.hint


def test_nobody_listens_there() -> None:
    with pytest.raises(TemporaryError, match="no connection: connection refused") as error:
        Login("http://127.0.0.1:1", BY_HAND, POSTING).page()
    assert "is the address right" in error.value.hint


def test_scopes_that_an_old_server_does_not_know(server: OAuthServer) -> None:
    with pytest.raises(CredentialsError, match="Scopes doesn't match"):
        Login(server.url, BY_HAND, ["write:kettles"]).page()


@pytest.mark.parametrize("body", ["<html>Welcome</html>", '{"access_token": "two words"}', "{}", "[]"])
def test_a_server_whose_token_is_none(body: str, server: OAuthServer) -> None:
    login = Login(server.url, BY_HAND, POSTING)
    code = code_of(login)
    server.script(Fault("answer", 200, body, on="/oauth/token"))
    with pytest.raises(CredentialsError, match="gave no token"):
        login.token(code)


def test_a_token_that_is_given_back_is_of_no_use(server: OAuthServer) -> None:
    login = Login(server.url, BY_HAND, POSTING)
    token = login.token(code_of(login))
    assert login.revoke()
    assert server.revoked == [token]
    assert not server.tokens


def test_names_that_a_server_makes_are_no_files(server: OAuthServer, tmp_path: Path) -> None:
    secret = tmp_path / "id"
    secret.write_text("a secret of this machine\nand another\n")
    body = f'{{"client_id": "{secret}", "client_secret": "word"}}'
    server.script(Fault("answer", 200, body, on="/api/v1/apps"))
    assert "a+secret" not in Login(server.url, BY_HAND, POSTING).page()
