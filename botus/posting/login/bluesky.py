"""Finds the server that has a Bluesky account, and tries an app password there.

Sources: the specifications of the AT Protocol for handles and DIDs; the PDS, whose tokens tell in their
`scope` which kind of password they were given for.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from botus.errors import BotusError, CredentialsError, SettingsError
from botus.platforms.rows import BLUESKY
from botus.posting.http.connection import Connection
from botus.posting.http.exchange import Exchange, at, describe
from botus.posting.target import USUAL, Account, Answer, Timing, complaint
from botus.posting.targets.bluesky import Bluesky, is_app_password
from botus.posting.targets.bluesky_server import Server, error_of
from botus.store.sessions import Sessions
from botus.text import address, is_loopback

if TYPE_CHECKING:
    import requests

DIRECTORY = "https://plc.directory"
_OF_BLUESKY = ".host.bsky.network"  # accounts are on many servers there, and one logs in for them all
_LOOK_AT_IT = "is the address right, and is there a network?"
_WHOLE = "com.atproto.access"  # the scope of who logged in with the account's own password


def handle_of(words: str) -> str:
    """The handle, or the DID, that somebody means: also by a profile's address, or by its first part alone.

    Raises:
        SettingsError: nobody can mean an account by it.
    """
    name = re.sub(r"^(?:https?://)?bsky\.app/profile/([^/?#]+).*", r"\1", words.strip()).removeprefix("@")
    if re.fullmatch(r"[A-Za-z0-9-]+", name):
        name = f"{name}.bsky.social"
    read = next(one.read for one in BLUESKY.settings if one.argument == BLUESKY.identity)
    try:
        return str(read(name))
    except ValueError as error:
        raise SettingsError(f"{words} {error}", "it stands below the name in the profile") from error


def server_of(
    handle: str, *, resolver: str = BLUESKY.host, directory: str = DIRECTORY, timing: Timing = USUAL
) -> str:
    """Find the address of the server that has an account, by what is public.

    Args:
        handle: or DID.
        resolver: a server that knows the DIDs of all handles.
        directory: has what is public of the DIDs that begin with `did:plc:`.

    Raises:
        BotusError: there is no such account, or nobody could be asked.
    """

    def same(session: requests.Session) -> requests.Session:
        return session

    connection = Connection(same, timing, [])

    def get(place: str) -> Exchange:
        return connection.ask(lambda session: session.get(place, auth=lambda request: request))

    did = handle
    if not handle.startswith("did:"):
        found = get(f"{resolver}/xrpc/com.atproto.identity.resolveHandle?handle={quote(handle)}")
        if found.status == 400:
            raise CredentialsError(f"there is no account {handle}", "look at the handle in the profile")
        did = str(found.result("did"))
        if not re.fullmatch(r"did:(?:plc:[a-z0-9]+|web:[a-z0-9.-]+)", did):
            raise _not_told(resolver, found)
    is_web = did.startswith("did:web:")
    place = f"https://{did.removeprefix('did:web:')}/.well-known/did.json" if is_web else f"{directory}/{did}"
    found = get(place)
    services = found.result("service")
    for service in services if isinstance(services, list) else []:
        endpoint = at(service, "serviceEndpoint")
        if str(at(service, "id")).endswith("#atproto_pds") and isinstance(endpoint, str):
            return service_of(endpoint)
    raise _not_told(place, found)


def service_of(words: str) -> str:
    """The address by which one logs in at a server, of which somebody may have named a page.

    Raises:
        SettingsError: it has none that can be used.
    """
    try:
        is_here = "://" not in words and is_loopback(urlsplit(f"//{words}").hostname or "")
        parts = urlsplit(address(f"http://{words}" if is_here else words))
    except ValueError as error:
        raise SettingsError(f"{words} {error}", "say the account's server with --service") from error
    found = f"{parts.scheme}://{parts.netloc}"
    host = urlsplit(found).hostname or ""
    if host.endswith(_OF_BLUESKY):
        return BLUESKY.host
    if found.startswith("http:") and not is_loopback(host):
        better = found.replace("http:", "https:")
        raise SettingsError(f"{found} would send the password unencrypted", f"say --service {better}")
    return found


def log_in(handle: str, password: str, service: str, data: Path, timing: Timing = USUAL) -> Account:
    """Try an app password, and keep the session for what posts.

    Args:
        handle: or DID.
        service: the address of the account's server.
        data: the data directory.

    Raises:
        BotusError: it is not taken, or is no app password; nothing is kept.
    """
    if not is_app_password(password):
        raise _own_password()
    sessions = Sessions(data)
    server = Server(service, handle, password, sessions, timing)
    exchange = server.log_in()
    if _scope(exchange.result("accessJwt")) == _WHOLE:
        server.post("com.atproto.server.deleteSession", str(exchange.result("refreshJwt")))
        raise _own_password()
    if error_of(exchange) == "AuthFactorTokenRequired":  # which no app password needs
        raise _own_password()
    session, _ = server.keep(exchange)
    if session is None:
        raise _not_taken(handle, service, exchange, server.refusal(exchange))
    return Bluesky(handle, password, sessions, service=service, timing=timing).verify()


def _own_password() -> BotusError:
    return CredentialsError(
        "this is no app password, and with the account's own a thief could take the account over",
        "make one in Bluesky under Settings, Privacy and security, App passwords:"
        " it looks like abcd-efgh-ijkl-mnop",
    )


def _not_taken(handle: str, service: str, exchange: Exchange, answer: Answer) -> BotusError:
    host = urlsplit(service).netloc
    if error_of(exchange) == "AuthenticationRequired":
        return CredentialsError(
            f"{host} does not take this app password for {handle}", "copy it again, or make a new one"
        )
    if exchange.good or exchange.redirect or exchange.status in (404, 405, 501):
        return SettingsError(f"{host} is no Bluesky server", "say the account's server with --service")
    return complaint(replace(answer, reason=f"{host}: {answer.reason}"), _LOOK_AT_IT)


def _scope(token: object) -> str:
    """What a session's token may do, unverified; "" where it does not tell."""
    try:
        payload = str(token).split(".")[1]
        return str(at(json.loads(base64.urlsafe_b64decode(f"{payload}==")), "scope"))
    except (IndexError, ValueError):
        return ""


def _not_told(place: str, exchange: Exchange) -> BotusError:
    """Say that the account's server could not be found out."""
    host = urlsplit(place).netloc
    if exchange.good:
        return SettingsError(f"{host} does not tell which server the account is on", "say it with --service")
    remedy = (
        "is there a network? An account on a server of its own does without: --service https://pds.example"
    )
    return complaint(Answer("later", reason=f"{host}: {describe(exchange, [])}"), remedy)
