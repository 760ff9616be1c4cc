"""A login on Bluesky: whom one means, where the account is, and what is no app password."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.errors import BotusError, CredentialsError, SettingsError, TemporaryError
from botus.posting.login.bluesky import handle_of, log_in, server_of, service_of
from botus.store.sessions import Sessions
from tests.support.loopback import Fault, Loopback, Reply, Request
from tests.support.servers import BlueskyServer

WORD = BlueskyServer.password


@pytest.mark.parametrize(
    ("words", "handle"),
    [
        ("kettle.bsky.social", "kettle.bsky.social"),
        (" @Kettle.Bsky.Social", "kettle.bsky.social"),
        ("kettle", "kettle.bsky.social"),
        ("https://bsky.app/profile/kettle.example/post/3k", "kettle.example"),
        ("bsky.app/profile/kettle.example", "kettle.example"),
        ("did:plc:kettle", "did:plc:kettle"),
    ],
)
def test_the_account_that_is_meant(words: str, handle: str) -> None:
    assert handle_of(words) == handle


@pytest.mark.parametrize("words", ["kettle@mail.example", "", "the kettle", "https://kettle.example/"])
def test_what_is_no_account(words: str) -> None:
    with pytest.raises(SettingsError, match="is not a handle like"):
        handle_of(words)


class Public(Loopback):
    """What is public of accounts: the DIDs of handles, and the directory of DIDs. Trait: `endpoint`."""

    endpoint: object = "https://pds.kettle.example"

    def answer(self, request: Request) -> Reply:
        if request.path == "/xrpc/com.atproto.identity.resolveHandle":
            if request.query["handle"] != "kettle.example":
                return Reply(400, {"error": "InvalidRequest", "message": "Unable to resolve handle"})
            return Reply(200, {"did": "did:plc:kettle"})
        if request.path != "/did:plc:kettle":
            return Reply(404, {"message": f"DID not registered: {request.path}"})
        labels = {"id": "#labels", "type": "AtprotoLabeler", "serviceEndpoint": "https://labels.example"}
        pds = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.endpoint}
        return Reply(200, {"id": "did:plc:kettle", "service": [labels, pds] if self.endpoint else []})


@pytest.fixture
def public() -> Iterator[Public]:
    with Public() as public:
        yield public


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        ("https://pds.kettle.example", "https://pds.kettle.example"),
        ("https://morel.us-east.host.bsky.network", "https://bsky.social"),
        ("http://127.0.0.1:2583", "http://127.0.0.1:2583"),
    ],
)
@pytest.mark.parametrize("name", ["kettle.example", "did:plc:kettle"])
def test_the_server_that_has_the_account(name: str, endpoint: str, service: str, public: Public) -> None:
    public.endpoint = endpoint
    assert server_of(name, resolver=public.url, directory=public.url) == service


@pytest.mark.parametrize(
    ("words", "service"),
    [
        ("https://pds.kettle.example/profile/kettle", "https://pds.kettle.example"),
        ("pds.kettle.example/", "https://pds.kettle.example"),
        ("http://127.0.0.1:2583/xrpc", "http://127.0.0.1:2583"),
        ("localhost:2583", "http://localhost:2583"),
        ("bsky.social/profile", "https://bsky.social"),
    ],
)
def test_a_server_is_named_by_any_page_of_it_and_this_machine_without_http(words: str, service: str) -> None:
    assert service_of(words) == service


@pytest.mark.parametrize(
    ("name", "endpoint", "fault", "kind", "said"),
    [
        ("kettel.example", "", None, CredentialsError, "there is no account kettel.example"),
        ("kettle.example", "", None, SettingsError, "does not tell which server"),
        ("kettle.example", "http://pds.kettle.example", None, SettingsError, "send the password unencrypted"),
        ("kettle.example", 7, None, SettingsError, "does not tell"),
        ("kettle.example", "no address", None, SettingsError, "is not a web address"),
        ("kettle.example", "", Fault("answer", 200, "<html>", on="resolve"), SettingsError, "does not tell"),
        ("kettle.example", "", Fault("answer", 503, "", on="resolve"), TemporaryError, "HTTP 503"),
        ("kettle.example", "", Fault("drop", on="did:plc"), TemporaryError, "the answer was lost"),
        (
            "kettle.example",
            "",
            Fault("answer", 200, '{"did": "did:plc:../kettle"}', on="resolve"),
            SettingsError,
            "does not tell",
        ),
    ],
)
def test_what_has_no_server(
    name: str, endpoint: object, fault: Fault | None, kind: type[BotusError], said: str, public: Public
) -> None:
    public.endpoint = endpoint
    public.script(*([fault] if fault else []))
    with pytest.raises(kind, match=said):
        server_of(name, resolver=public.url, directory=public.url)


def test_where_the_server_cannot_be_looked_up_it_can_be_said(public: Public) -> None:
    public.script(Fault("answer", 503, "", on="resolve"))
    with pytest.raises(TemporaryError) as error:
        server_of("kettle.example", resolver=public.url, directory=public.url)
    assert "--service https://pds.example" in error.value.hint


@pytest.fixture
def server() -> Iterator[BlueskyServer]:
    with BlueskyServer() as server:
        yield server


def test_an_app_password_is_tried_and_the_login_is_kept(server: BlueskyServer, tmp_path: Path) -> None:
    account = log_in(server.handle, WORD, server.url, tmp_path)
    assert account.handle == "@kettle.test"
    assert server.logins == 1
    session = Sessions(tmp_path).load(f"{server.handle} at {server.url}")
    assert session
    assert session.access == "access-1"


def test_a_login_that_is_kept_already_says_nothing_about_the_password(
    server: BlueskyServer, tmp_path: Path
) -> None:
    log_in(server.handle, WORD, server.url, tmp_path)
    with pytest.raises(CredentialsError, match="does not take this app password"):
        log_in(server.handle, "wron-wron-wron-wron", server.url, tmp_path)


def test_what_does_not_look_like_an_app_password_is_sent_to_nobody(
    server: BlueskyServer, tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError, match="no app password") as error:
        log_in(server.handle, "correct horse", server.url, tmp_path)
    assert "abcd-efgh-ijkl-mnop" in error.value.hint
    assert not server.requests


def token(scope: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"scope": scope}).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def test_an_own_password_of_that_form_is_told_by_the_session_and_not_kept(
    server: BlueskyServer, tmp_path: Path
) -> None:
    body = {"did": server.did, "accessJwt": token("com.atproto.access"), "refreshJwt": "refresh-0"}
    server.script(Fault("answer", 200, json.dumps(body)))
    with pytest.raises(CredentialsError, match="no app password"):
        log_in(server.handle, WORD, server.url, tmp_path)
    assert [one.path for one in server.requests][-1] == "/xrpc/com.atproto.server.deleteSession"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (
            Fault("answer", 401, '{"error": "AuthFactorTokenRequired", "message": "A code was sent"}'),
            CredentialsError,
            "no app password",
        ),
        (
            Fault("answer", 401, '{"error": "AuthenticationRequired", "message": "Invalid"}'),
            CredentialsError,
            "does not take this app password for kettle.test",
        ),
        (Fault("answer", 200, "<html>Welcome</html>"), SettingsError, "is no Bluesky server"),
        (Fault("answer", 404, "<html>404</html>"), SettingsError, "is no Bluesky server"),
        (Fault("answer", 302, "", {"Location": "https://x.example/"}), SettingsError, "no Bluesky server"),
        (
            Fault("answer", 400, '{"error": "AccountTakedown", "message": "Account has been taken down"}'),
            CredentialsError,
            "taken down",
        ),
        (Fault("answer", 429, "{}"), TemporaryError, "rate limit"),
        (Fault("drop"), TemporaryError, "the answer was lost"),
    ],
)
def test_what_is_not_let_in(
    fault: Fault, kind: type[BotusError], said: str, server: BlueskyServer, tmp_path: Path
) -> None:
    server.script(fault)
    with pytest.raises(kind, match=re.escape(said)):
        log_in(server.handle, WORD, server.url, tmp_path)
    assert not (tmp_path / ".botus/bluesky.json").exists()
