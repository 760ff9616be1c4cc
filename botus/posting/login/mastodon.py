"""Gets a token for an account on a Mastodon server: botus registers there, and the owner lets it in.

OAuth 2 with a code (RFC 6749) through Mastodon.py, to which PKCE (RFC 7636) is added: servers before 4.3 pass
over it. Every login registers an application of its own, so nothing but the token has to be kept.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from botus.errors import BotusError, CredentialsError, SettingsError, TemporaryError, network_words
from botus.platforms.rows import token as read_token
from botus.posting.http.bounded import Bounded
from botus.posting.http.exchange import Exchange, describe
from botus.posting.target import USUAL, Answer, Timing, complaint
from botus.text import address as read_address
from botus.text import is_loopback

BY_HAND = "urn:ietf:wg:oauth:2.0:oob"
"""In place of an address to come back to: the server shows the code, and the person types it."""
_LOOK_AT_IT = "is the address right, and is there a network?"
_NO_API = {404, 405, 406, 410}
_LIKE = "it is in your browser's address bar when you are logged in there, as in mastodon.example"


def server_of(words: str) -> str:
    """The address of the server that somebody means: also by a handle, or a page on it.

    Raises:
        SettingsError: nobody can mean a server by it.
    """
    said = words = words.strip()
    try:
        if "://" not in words:
            words = words.rpartition("@")[2] if "/" not in words else words
            words = f"{'http' if is_loopback(urlsplit(f'//{words}').hostname or '') else 'https'}://{words}"
        parts = urlsplit(words)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode()
        name = f"[{host}]" if ":" in host else host
        found = read_address(f"{parts.scheme}://{name}{f':{parts.port}' if parts.port else ''}")
    except ValueError:  # UnicodeError is one
        found = host = ""
    if not re.fullmatch(r"[\w.:-]+", host) or ("." not in host and not is_loopback(host)):
        raise SettingsError(f"{said} is not the address of a server", _LIKE)
    if found.startswith("http:") and not is_loopback(host):
        raise SettingsError(
            f"{found} would send the token unencrypted", f"say {found.replace('http:', 'https:')}"
        )
    return found


class Login:
    """One login at one server.

    Args:
        base_url: its address.
        redirect: where it sends the browser, or `BY_HAND`.
        scopes: what the token is to allow.
    """

    def __init__(self, base_url: str, redirect: str, scopes: Sequence[str], timing: Timing = USUAL) -> None:
        import mastodon

        self.base_url, self._redirect, self._scopes = base_url, redirect, list(scopes)
        self._host = urlsplit(base_url).netloc
        self._wire = _Wire(timing)
        self._register = mastodon.Mastodon.create_app
        self._client = mastodon.Mastodon(
            api_base_url=base_url,
            ratelimit_method="throw",
            mastodon_version="4.3.0",  # else it asks, hundreds of times where it does not like the answer
            session=self._wire.session(),
        )

    def page(self, state: str = "") -> str:
        """Register botus, and return the page where the account's owner lets it in.

        Args:
            state: what the browser is to bring back.

        Raises:
            BotusError: there is no such server, or it does not want to.
        """

        def register() -> str:
            found = self._register(
                "botus",
                scopes=self._scopes,
                redirect_uris=self._redirect,
                api_base_url=self.base_url,
                session=self._client.session,
            )
            # Not by the constructor, which would read a file of that name.
            self._client.client_id, self._client.client_secret = map(_plain, found)
            challenge = hashlib.sha256(self._wire.verifier.encode()).digest()
            pkce = {
                "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
            page: str = self._client.auth_request_url(
                redirect_uris=self._redirect,
                scopes=self._scopes,
                force_login=True,
                state=state,
                lang="",
                allow_http=self._may_be_http,
            )
            return _plain(f"{page}&{urlencode(pkce)}")

        return self._try(register, self._not_registered)

    def token(self, code: str) -> str:
        """Exchange the code for a token.

        Raises:
            BotusError: the server does not take the code.
        """

        def exchange() -> str:
            self._client.access_token = ""
            with suppress(Exception):  # what the server answers counts, not what the library makes of it
                self._client.log_in(
                    code=code, redirect_uri=self._redirect, scopes=self._scopes, allow_http=self._may_be_http
                )
            return read_token(str(self._client.access_token))

        return self._try(exchange, self._no_token)

    def revoke(self) -> bool:
        """Make the token useless again, because nobody is going to keep it; whether the server did so."""
        try:
            self._client.revoke_access_token(allow_http=self._may_be_http)
        except Exception:
            return False
        return True

    @property
    def _may_be_http(self) -> bool:
        return self.base_url.startswith("http:")

    def _try(self, call: Callable[[], str], trouble: Callable[[Exchange], BotusError]) -> str:
        """Make a call of the library; where it fails, the answer says why, not the library's exception."""
        try:
            with warnings.catch_warnings(action="ignore"):  # which are for the authors of libraries
                return call()
        except Exception as error:
            exchange = self._wire.exchange
            if exchange.redirect:
                raise SettingsError(
                    f"{self._host} points to {exchange.redirect}",
                    f"if that is your server: botus login mastodon {exchange.redirect}",
                ) from error
            reason = f"{self._host}: {describe(exchange, [])}"
            if exchange.status is None:
                raise complaint(Answer("later", reason=reason), _LOOK_AT_IT) from error
            if exchange.status == 429 or exchange.status >= 500:
                raise TemporaryError(reason, "try again later") from error
            raise trouble(exchange) from error

    def _not_registered(self, exchange: Exchange) -> BotusError:
        if exchange.good or exchange.status in _NO_API:
            return SettingsError(f"{self._host} does not speak Mastodon's API", f"is it your server? {_LIKE}")
        by_hand = "make a token there in your browser: docs/tokens.md"
        return CredentialsError(f"{self._host} does not register botus: {describe(exchange, [])}", by_hand)

    def _no_token(self, exchange: Exchange) -> BotusError:
        if exchange.json("error") == "invalid_grant":
            words = "takes a code once, and within ten minutes: this one it does not take"
        else:
            words = "gave no token" if exchange.good else f"gave no token: {describe(exchange, [])}"
        return CredentialsError(f"{self._host} {words}", "say the same command again, for a new code")


class _Wire(Bounded):
    """Remembers the last answer that a server gave, and adds to the code what proves whose it is.

    Attributes:
        verifier: PKCE's.
    """

    def __init__(self, timing: Timing) -> None:
        self.verifier = secrets.token_urlsafe(48)
        self._timing = timing
        super().__init__(max_retries=0)

    def session(self) -> requests.Session:
        """A session that follows no redirect and takes no password from a .netrc."""
        session = requests.Session()
        session.max_redirects = 0
        session.auth = lambda request: request
        for scheme in ("https://", "http://"):
            session.mount(scheme, self)
        return session

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:  # noqa: ANN401
        """Send a prepared request; called by `requests` only."""
        form = request.body
        if isinstance(form, str) and "grant_type=authorization_code" in form:
            request.prepare_body(f"{form}&code_verifier={self.verifier}", None)
        exchange = self.exchange = Exchange(ends=time.monotonic() + self._timing.deadline)
        options["timeout"] = self._timing.timeouts
        try:
            response = self.fetch(request, options)
        except Exception as error:
            exchange.failure = network_words(error)
            raise
        exchange.headers = {name.lower(): value for name, value in response.headers.items()}
        exchange.status, exchange.body = response.status_code, response.content
        return response


def _plain(word: object) -> str:
    """A name or a secret that a server made, which goes into addresses."""
    if not isinstance(word, str) or not re.fullmatch(r"[!-~]{1,4000}", word):
        raise ValueError("not a word")
    return word
