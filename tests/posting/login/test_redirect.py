"""The browser that comes back: only the one that knows the state counts, once; then the port is closed."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

import pytest

from botus.errors import CredentialsError, TemporaryError
from botus.posting.login.redirect import Redirect, has_browser
from tests.support.browser import browse


def is_open(uri: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", urlsplit(uri).port or 0)) == 0


def test_the_code_of_the_one_who_knows_the_state() -> None:
    with Redirect() as redirect:
        assert browse(f"{redirect.uri}?code=stolen&state=guessed")[0] == 400
        assert browse(f"{redirect.uri}?code=stolen")[0] == 400
        assert browse(redirect.uri.replace("/botus", "/favicon.ico"))[0] == 404
        status, page = browse(f"{redirect.uri}?code=good&state={redirect.state}")
        assert status == 200
        assert "You may close this page" in page
        assert "good" not in page
        assert redirect.wait(5) == "good"


def test_a_second_one_comes_too_late() -> None:
    with Redirect() as redirect:
        browse(f"{redirect.uri}?code=first&state={redirect.state}")
        assert browse(f"{redirect.uri}?code=second&state={redirect.state}")[0] == 410
        assert redirect.wait(5) == "first"


def test_a_connection_that_says_nothing_holds_up_nobody() -> None:
    with Redirect() as redirect, socket.create_connection(("127.0.0.1", urlsplit(redirect.uri).port or 0)):
        browse(f"{redirect.uri}?code=good&state={redirect.state}")
        assert redirect.wait(5) == "good"


def test_the_port_is_closed_afterwards_however_it_ends() -> None:
    with Redirect() as redirect:
        assert is_open(redirect.uri)
    assert not is_open(redirect.uri)
    with pytest.raises(KeyboardInterrupt), Redirect() as redirect:
        raise KeyboardInterrupt
    assert not is_open(redirect.uri)


def test_two_at_once_have_a_port_and_a_state_each() -> None:
    with Redirect() as one, Redirect() as other:
        assert browse(f"{one.uri}?code=mine&state={other.state}")[0] == 400
        browse(f"{one.uri}?code=one&state={one.state}")
        browse(f"{other.uri}?code=other&state={other.state}")
        assert (one.wait(5), other.wait(5)) == ("one", "other")


@pytest.mark.parametrize(
    ("brings", "words"),
    [
        ("error=access_denied&error_description=No.", "came back with a no"),
        ("error=invalid_scope&error_description=Not%0Ahere.", "the server refused: Not here."),
        ("error=server_error&code=odd", "the server refused: server_error"),
        ("error_description=nothing", "the server refused: nothing"),
        ("", "the server refused: it gave no code"),
    ],
)
def test_a_no_is_said_and_the_page_does_not_thank(brings: str, words: str) -> None:
    with Redirect() as redirect:
        page = browse(f"{redirect.uri}?{brings}&state={redirect.state}")[1]
        assert "botus was not let in" in page
        with pytest.raises(CredentialsError, match=words):
            redirect.wait(5)


def test_who_never_comes_is_not_waited_for_without_end() -> None:
    with Redirect() as redirect, pytest.raises(TemporaryError, match="did not come back within 0 seconds"):
        redirect.wait(0.0)


def test_a_browser_that_comes_later_is_waited_for() -> None:
    with Redirect() as redirect:
        late = threading.Thread(target=browse, args=[f"{redirect.uri}?code=late&state={redirect.state}"])
        late.start()
        assert redirect.wait(10) == "late"
        late.join()


@pytest.mark.parametrize(
    ("variables", "platform"),
    [
        ({}, "linux"),
        ({"SSH_CONNECTION": "10.0.0.1 2 10.0.0.2 22", "DISPLAY": ":10"}, "linux"),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin"),
    ],
)
def test_without_a_screen_of_ones_own_there_is_no_browser(variables: dict[str, str], platform: str) -> None:
    assert not has_browser(variables, platform)
