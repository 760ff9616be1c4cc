"""Loopback servers that behave like Mastodon, X, Bluesky and webhooks, as far as posting goes.

For tests, `with MastodonServer() as server:`, and by hand
`python tests/support/servers.py mastodon|x|bluesky|hook --port N [--log FILE] [--fault FAULT]...`.
Standard library only, so that it also runs in a bare container (with `loopback.py` beside it).
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

if not __package__:  # run by its path, not imported
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.loopback import Fault, Loopback, Post, Reply, Request


class MastodonServer(Loopback):
    """Mastodon's side of posting: statuses, keys kept for an hour, limits, scopes, the own timeline.

    Traits: `token`, `scopes`, `version`, `limit`; `v1_only` (no /api/v2), `keeps_keys` (False: snac2),
    `replay_500` (releases of 2026), `integer_reset` (GoToSocial), `bot`, `note`, `name`; `tells_scopes`
    (False: before 4.3).
    """

    token = "mastodon-token"
    scopes = "read write"
    version = "4.5.3"
    limit = 500
    v1_only = False
    keeps_keys = True
    replay_500 = False
    integer_reset = False
    bot = True
    note = "<p>I am a bot.</p>"
    name = "Kettle"
    tells_scopes = True

    def answer(self, request: Request) -> Reply:
        reply = self._route(request)
        reset = self.clock() + 300
        iso = datetime.fromtimestamp(reset, UTC).isoformat().replace("+00:00", "Z")
        value = self.reset if self.reset is not None else str(int(reset)) if self.integer_reset else iso
        reply.headers |= {"X-RateLimit-Remaining": str(self.remaining), "X-RateLimit-Reset": value}
        return reply

    def _route(self, request: Request) -> Reply:
        place = f"{request.method} {request.path}"
        if place in ("GET /api/v1/instance", "GET /api/v2/instance"):
            return self._instance(request.path)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return Reply(401, {"error": "The access token is invalid"})
        if place == "GET /api/v1/apps/verify_credentials":
            scopes = {"scopes": self.scopes.split()} if self.tells_scopes else {}
            return Reply(200, {"name": "botus", **scopes})
        if not self._allows(request):
            return Reply(403, {"error": "This action is outside the authorized scopes"})
        if self.remaining <= 0:
            return Reply(429, {"error": "Too many requests"})
        self.remaining -= 1
        if place == "GET /api/v1/accounts/verify_credentials":
            return Reply(200, self._account())
        if place == "GET /api/v1/accounts/7/statuses":
            newest = self.newest(int(request.query.get("limit", "20")))
            return Reply(200, [self._status(post) for post in newest])
        if place == "POST /api/v1/statuses":
            return self._post(request)
        return Reply(404, {"error": "Record not found"})

    def _allows(self, request: Request) -> bool:
        whole = "write" if request.method == "POST" else "read"
        part = "accounts" if request.path.endswith("verify_credentials") else "statuses"
        return bool({whole, f"{whole}:{part}"} & set(self.scopes.split()))

    def _instance(self, path: str) -> Reply:
        if self.v1_only and "v2" in path:
            return Reply(404, "<html><body>404</body></html>")
        statuses = {"max_characters": self.limit, "characters_reserved_per_url": 23}
        return Reply(200, {"version": self.version, "configuration": {"statuses": statuses}})

    def _account(self) -> dict[str, Any]:
        shown = {"display_name": self.name, "note": self.note, "fields": []}
        return {"id": "7", "acct": "kettle", "url": f"{self.url}/@kettle", "bot": self.bot, **shown}

    def _post(self, request: Request) -> Reply:
        form = {name: values[-1] for name, values in parse_qs(request.body).items()}
        key = request.headers.get("Idempotency-Key", "")
        if earlier := self._replay(key):
            if earlier.deleted:
                return Reply(404, {"error": "Record not found"})
            return Reply(500, "<html>oops</html>") if self.replay_500 else Reply(200, self._status(earlier))
        text = form.pop("status", "")
        if not text.strip():
            return Reply(422, {"error": "Validation failed: Text can't be blank"})
        if len(text) > self.limit:
            return Reply(422, {"error": f"Validation failed: Text character limit of {self.limit} exceeded"})
        return Reply(200, self._status(self.commit(text, key, form)))

    def _replay(self, key: str) -> Post | None:
        kept = [post for post in self.posts if key and post.key == key and self.clock() - post.at < 3600]
        return kept[0] if kept and self.keeps_keys else None

    def _status(self, post: Post) -> dict[str, Any]:
        created = datetime.fromtimestamp(post.at, UTC).isoformat(timespec="milliseconds")
        url = f"{self.url}/@kettle/{post.id}"
        return {"id": post.id, "url": url, "created_at": created, "content": markup(post.text)}


class XServer(Loopback):
    """X's side of posting: posts, the rule against duplicates, credits, the own timeline.

    Traits: `consumer_key`, `token`, `credits`, `duplicates` (whether the rule is kept), `access` (the token's
    level, "" to keep it to itself), `subscription`, `checks_time` (of signatures).
    """

    access = "read-write"
    subscription = "None"
    checks_time = False

    consumer_key = "x-key"
    token = "42-token"
    credits = True
    duplicates = True

    def answer(self, request: Request) -> Reply:
        place = f"{request.method} {request.path}"
        signed = request.headers.get("Authorization", "")
        names = (f'oauth_consumer_key="{self.consumer_key}"', f'oauth_token="{self.token}"')
        if not all(name in signed for name in names):
            return _problem(401, "Unauthorized")
        signed_at = re.search(r'oauth_timestamp="([0-9]+)"', signed)
        if self.checks_time and signed_at and abs(int(signed_at[1]) - self.clock()) > 300:
            return _problem(401, "Unauthorized")
        reply = self._authorized(request, place)
        if self.access:
            reply.headers["x-access-level"] = self.access
        return reply

    def _authorized(self, request: Request, place: str) -> Reply:
        if self.remaining <= 0:
            headers = {} if self.reset is None else {"x-rate-limit-reset": self.reset}
            return Reply(429, {"title": "Too Many Requests", "detail": "Too Many Requests"}, headers)
        self.remaining -= 1
        if not self.credits:
            return _problem(402, "Your enrolled account does not have any credits to fulfill this request.")
        if place == "GET /2/users/me":
            about = {"subscription_type": self.subscription} if self.subscription else {}
            return Reply(200, {"data": {"id": "42", "username": "kettle", "name": "Kettle", **about}})
        if place == "GET /2/users/42/tweets":
            return self._timeline(request.query)
        if place == "POST /2/tweets" and self.access == "read":
            detail = "Your client app is not configured with the appropriate oauth1 app permissions"
            return _problem(403, f"{detail} for this endpoint.")
        if place == "POST /2/tweets":
            return self._post(json.loads(request.body).get("text", ""))
        return _problem(404, "Not Found")

    def _timeline(self, query: dict[str, str]) -> Reply:
        since = datetime.fromisoformat(query["start_time"]).timestamp() if "start_time" in query else 0
        found = [post for post in self.newest(int(query.get("max_results", "10"))) if post.at >= since]
        meta = {"meta": {"result_count": len(found)}}
        return Reply(200, {"data": [_tweet(post) for post in found], **meta} if found else meta)

    def _post(self, text: str) -> Reply:
        if not text or len(text) > 280:
            return _problem(400, "Your Tweet text is too long.")
        if self.duplicates and text in self.texts:
            return _problem(403, "You are not allowed to create a Tweet with duplicate content.")
        post = self.commit(text)
        answer = {name: _tweet(post)[name] for name in ("id", "text", "edit_history_tweet_ids")}
        return Reply(201, {"data": answer})


_LINK = re.compile(r"https?://\S+")


def markup(text: str) -> str:
    """A post as Mastodon shows it: paragraphs, breaks, links cut into visible and invisible parts."""

    def link(found: re.Match[str]) -> str:
        scheme, rest = found[0].split("//", 1)
        return (
            f'<a href="{found[0]}" rel="nofollow"><span class="invisible">{scheme}//</span>'
            f'<span class="ellipsis">{rest[:30]}</span><span class="invisible">{rest[30:]}</span></a>'
        )

    marked = _LINK.sub(link, html.escape(text))
    return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in marked.split("\n\n"))


class BlueskyServer(Loopback):
    """A server of Bluesky's kind: sessions that expire, records under keys, the swap rule of putRecord.

    Traits: `handle`, `password`, `did`, `profile`. `logins` and `renewals` are counted. What the real one
    does is proven in tests/pds.
    """

    handle = "kettle.test"
    password = "abcd-efgh-ijkl-mnop"
    did = "did:plc:kettle"

    def __init__(self, *args: Any, **traits: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **traits)
        self.records: dict[str, dict[str, Any]] = {}
        self.profile: dict[str, Any] = {"description": "I am a bot.", "labels": {"values": [{"val": "bot"}]}}
        self.logins = self.renewals = 0
        self.tokens = {"access-0": "good", "refresh-0": "good"}

    def expire(self, kind: str, word: str = "expired") -> None:
        """End the tokens of a kind: `expired` or `revoked`."""
        self.tokens |= {token: word for token in self.tokens if token.startswith(kind)}

    def answer(self, request: Request) -> Reply:
        if self.remaining <= 0:
            headers = {} if self.reset is None else {"RateLimit-Reset": self.reset}
            return Reply(429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, headers)
        method = request.path.removeprefix("/xrpc/com.atproto.")
        body = json.loads(request.body or "{}")
        if method == "server.createSession":
            if (body["identifier"], body["password"]) != (self.handle, self.password):
                return _xrpc(401, "AuthenticationRequired", "Invalid identifier or password")
            self.logins += 1
            return self._session()
        if method == "repo.getRecord":
            return self._record(request.query)
        kind = "refresh" if method == "server.refreshSession" else "access"
        if refusal := self._refused(request, kind):
            return refusal
        if method == "server.refreshSession":
            self.renewals += 1
            return self._session()
        if method == "server.getSession":
            return Reply(200, {"did": self.did, "handle": self.handle})
        return self._put(body) if method == "repo.putRecord" else _xrpc(501, "MethodNotImplemented", "no")

    def _refused(self, request: Request, kind: str) -> Reply | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        state = self.tokens.get(token, "unknown") if token.startswith(kind) else "unknown"
        if state == "good":
            return None
        if state == "expired":
            return _xrpc(400, "ExpiredToken", "Token has expired")
        return _xrpc(400, "InvalidToken", "Token could not be verified")

    def _session(self) -> Reply:
        number = self.logins + self.renewals
        pair = {"accessJwt": f"access-{number}", "refreshJwt": f"refresh-{number}"}
        self.tokens |= dict.fromkeys(pair.values(), "good")
        return Reply(200, {"did": self.did, "handle": self.handle, **pair})

    def _record(self, query: dict[str, str]) -> Reply:
        if query["collection"] == "app.bsky.actor.profile":
            value: dict[str, Any] | None = self.profile
        else:
            value = self.records.get(query["rkey"])
        if value is None:
            return _xrpc(400, "RecordNotFound", "Could not locate record")
        uri = f"at://{self.did}/{query['collection']}/{query['rkey']}"
        return Reply(200, {"uri": uri, "cid": "bafy", "value": value})

    def _put(self, body: dict[str, Any]) -> Reply:
        key, record = body["rkey"], body["record"]
        if len(record["text"].encode()) > 3000:
            return _xrpc(400, "InvalidRequest", "Invalid app.bsky.feed.post record: too long")
        present = self.records.get(key)
        if present not in (None, record) and "swapRecord" in body:
            return _xrpc(400, "InvalidSwap", "Record was at bafy")
        if present is None:
            self.commit(record["text"], key).id = key
        self.records[key] = record
        return Reply(200, {"uri": f"at://{self.did}/{body['collection']}/{key}", "cid": "bafy"})


class HookServer(Loopback):
    """What takes webhooks: Discord's, Slack's and Telegram's form, and Apprise's own JSON. Says `ok`."""

    def answer(self, request: Request) -> Reply:
        if request.method == "GET":  # where a redirect leads
            return Reply(200, "ok")
        body = json.loads(request.body)
        if "attachments" in body and "message" not in body:
            text = body["attachments"][0]["text"]
        else:
            text = body.get("content") or body.get("text") or body.get("message", "")
        self.commit(text)
        return Reply(204 if "content" in body else 200, "" if "content" in body else "ok")


def _xrpc(status: int, error: str, message: str) -> Reply:
    return Reply(status, {"error": error, "message": message})


def _tweet(post: Post) -> dict[str, Any]:
    """A post as X gives it back: escaped as HTML, each link replaced by one to t.co."""
    shown, links = html.escape(post.text, quote=False), []
    for number, link in enumerate(_LINK.findall(post.text)):
        short = f"https://t.co/{number:010d}"
        shown = shown.replace(html.escape(link, quote=False), short, 1)
        links.append({"url": short, "expanded_url": link})
    created = datetime.fromtimestamp(post.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tweet = {"id": post.id, "text": shown, "edit_history_tweet_ids": [post.id]}
    return {**tweet, "created_at": created, "entities": {"urls": links}}


def _problem(status: int, detail: str) -> Reply:
    return Reply(status, {"title": detail, "detail": detail, "type": "about:blank", "status": status})


KINDS = {"mastodon": MastodonServer, "x": XServer, "bluesky": BlueskyServer, "hook": HookServer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="append each accepted post as a JSON line")
    parser.add_argument("--fault", action="append", default=[], help=Fault.parse.__doc__)
    options = parser.parse_args()
    server = KINDS[options.kind](options.port, options.log, host=options.host)
    server.script(*options.fault)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
