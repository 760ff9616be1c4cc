"""Mastodon's side of a login, in the statuses and words of Doorkeeper, and a browser whose person says yes.

By hand: `python tests/support/oauth.py --port N`, and `BROWSER='python tests/support/browser.py %s'`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

if not __package__:  # run by its path, not imported
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.loopback import Reply, Request
from tests.support.servers import MastodonServer

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_KNOWN = {"read", "write", "profile"} | {
    f"{kind}:{what}"
    for kind in ("read", "write")
    for what in ("accounts", "statuses", "notifications", "follows", "media")
}
_DENIED = "The resource owner or authorization server denied the request."
_BAD_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included,"
    " or unsupported authentication method."
)
_BAD_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI"
    " used in the authorization request, or was issued to another client."
)


@dataclass
class Grant:
    """A consent that waits to be exchanged."""

    app: str
    redirect: str
    scopes: str
    challenge: str
    at: float


class OAuthServer(MastodonServer):
    """A Mastodon that registers applications, asks for consent and gives tokens.

    Traits: `person` (who is logged in at its pages), `consents`, `registers`, `tells_endpoints` (False:
    before 4.3), `knows_pkce` (the same), `revokes_at_once` (every new token), `grants` (what it allows
    whatever was asked; "" for what was asked).
    """

    person = "kettle"
    consents = True
    registers = True
    tells_endpoints = True
    knows_pkce = True
    revokes_at_once = False
    grants = ""

    def __init__(self, *args: Any, **traits: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **traits)
        self.apps: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, tuple[str, str]] = {}  # who, scopes
        self.revoked: list[str] = []

    def _route(self, request: Request) -> Reply:
        form = {name: values[-1] for name, values in parse_qs(request.body).items()}
        place = f"{request.method} {request.path}"
        if place == "POST /api/v1/apps":
            return self._register(form)
        if place == "GET /.well-known/oauth-authorization-server" and self.tells_endpoints:
            return Reply(200, self._endpoints())
        if place == "GET /oauth/authorize":
            return self._consent(request.query)
        if place == "POST /oauth/authorize":
            return self._consented(form)
        if place == "GET /oauth/authorize/native":
            return Reply(200, _page(f"<code>{html.escape(request.query['code'])}</code>"))
        if place == "POST /oauth/token":
            return self._exchange(form)
        if place == "POST /oauth/revoke":
            return self._revoke(form)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.tokens:
            self.token = token
            self.person, self.scopes = self.tokens[token]
        return super()._route(request)

    def _account(self) -> dict[str, Any]:
        account = super()._account()
        return {**account, "acct": self.person, "url": f"{self.url}/@{self.person}"}

    def _register(self, form: dict[str, str]) -> Reply:
        if not self.registers:
            return Reply(403, {"error": "This action is not allowed"})
        if not set(form.get("scopes", "read").split()) <= _KNOWN:
            return Reply(422, {"error": "Validation failed: Scopes doesn't match configured on the server."})
        name, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        uris = form["redirect_uris"].split()
        self.apps[name] = {"secret": secret, "redirects": uris, "scopes": form.get("scopes", "read")}
        about = {"id": str(len(self.apps)), "name": form["client_name"], "website": None}
        more = {"scopes": form["scopes"].split(), "redirect_uri": "\n".join(uris), "redirect_uris": uris}
        keys = {"client_id": name, "client_secret": secret, "client_secret_expires_at": 0}
        return Reply(200, {**about, **more, **keys, "vapid_key": "key"})

    def _endpoints(self) -> dict[str, Any]:
        return {
            "issuer": f"{self.url}/",
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "revocation_endpoint": f"{self.url}/oauth/revoke",
            "scopes_supported": sorted(_KNOWN),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _consent(self, query: dict[str, str]) -> Reply:
        """The page where the person says yes or no: its one button is what `consents` says."""
        app = self.apps.get(query.get("client_id", ""))
        if app is None:
            return Reply(401, _page("Client authentication failed due to unknown client."))
        if query.get("redirect_uri") not in app["redirects"]:
            return Reply(400, _page("The redirect uri included is not valid."))
        if not set(query.get("scope", "").split()) <= set(app["scopes"].split()):
            return self._back(query, {"error": "invalid_scope", "error_description": "The scope is unknown."})
        if not self.consents:
            query = {**query, "_method": "delete"}
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        form = f'<form action="/oauth/authorize" method="post">{fields}<button>Go</button></form>'
        return Reply(200, _page(form))

    def _consented(self, form: dict[str, str]) -> Reply:
        if form.get("_method") == "delete":
            return self._back(form, {"error": "access_denied", "error_description": _DENIED})
        code = secrets.token_urlsafe(32)
        challenge = form.get("code_challenge", "") if self.knows_pkce else ""
        self.codes[code] = Grant(
            form["client_id"], form["redirect_uri"], form["scope"], challenge, self.clock()
        )
        return self._back(form, {"code": code})

    def _back(self, form: dict[str, str], brings: dict[str, str]) -> Reply:
        if form["redirect_uri"] == OUT_OF_BAND:
            if "code" not in brings:
                return Reply(200, _page(brings["error_description"]))
            address = f"{self.url}/oauth/authorize/native?{urlencode(brings)}"
        else:
            state = {"state": form["state"]} if form.get("state") else {}
            address = f"{form['redirect_uri']}?{urlencode({**brings, **state})}"
        return Reply(302, _page("You are being redirected."), {"Location": address})

    def _exchange(self, form: dict[str, str]) -> Reply:
        app = self.apps.get(form.get("client_id", ""))
        if app is None or app["secret"] != form.get("client_secret"):
            return Reply(401, {"error": "invalid_client", "error_description": _BAD_CLIENT})
        grant = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_good = (
            grant is not None
            and grant.app == form["client_id"]
            and grant.redirect == form.get("redirect_uri")
            and self.clock() - grant.at < 600
            and grant.challenge in ("", proof.rstrip(b"=").decode())
        )
        if grant is None or not is_good:
            return Reply(400, {"error": "invalid_grant", "error_description": _BAD_GRANT})
        token, scopes = secrets.token_urlsafe(32), self.grants or grant.scopes
        if not self.revokes_at_once:
            self.tokens[token] = self.person, scopes
        about = {"token_type": "Bearer", "scope": scopes, "created_at": int(self.clock())}
        return Reply(200, {"access_token": token, **about})

    def _revoke(self, form: dict[str, str]) -> Reply:
        app = self.apps.get(form.get("client_id", ""))
        if app is None or app["secret"] != form.get("client_secret"):
            return Reply(403, {"error": "unauthorized_client", "error_description": _BAD_CLIENT})
        self.tokens.pop(form["token"], None)
        self.revoked.append(form["token"])
        return Reply(200, {})


def _page(content: str) -> str:
    return f"<!DOCTYPE html><html lang='en'><body>{content}</body></html>"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    server = OAuthServer(parser.parse_args().port)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
