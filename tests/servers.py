"""Loopback servers that behave like Mastodon and X, as far as posting goes.

For tests, `with MastodonServer() as server:`, and by hand
`python tests/servers.py mastodon|x --port N [--log FILE] [--fault FAULT]...`.
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
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.loopback import Fault, Loopback, Post, Reply, Request


class MastodonServer(Loopback):
    """Mastodon's side of posting: statuses, keys kept for an hour, limits, scopes, the own timeline.

    Traits: `token`, `scopes`, `version`, `limit`; `v1_only` (no /api/v2), `keeps_keys` (False: snac2),
    `replay_500` (releases of 2026), `integer_reset` (GoToSocial), `bot`, `note`.
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
            return Reply(200, {"name": "botus"})
        if ("write" if request.method == "POST" else "read") not in self.scopes.split():
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

    def _instance(self, path: str) -> Reply:
        if self.v1_only and "v2" in path:
            return Reply(404, "<html><body>404</body></html>")
        statuses = {"max_characters": self.limit, "characters_reserved_per_url": 23}
        return Reply(200, {"version": self.version, "configuration": {"statuses": statuses}})

    def _account(self) -> dict[str, Any]:
        return {"id": "7", "acct": "kettle", "url": f"{self.url}/@kettle", "bot": self.bot, "note": self.note}

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

    Traits: `consumer_key`, `token`, `credits`, `duplicates` (whether the rule is kept).
    """

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
        if self.remaining <= 0:
            headers = {} if self.reset is None else {"x-rate-limit-reset": self.reset}
            return Reply(429, {"title": "Too Many Requests", "detail": "Too Many Requests"}, headers)
        self.remaining -= 1
        if not self.credits:
            return _problem(402, "Your enrolled account does not have any credits to fulfill this request.")
        if place == "GET /2/users/me":
            return Reply(200, {"data": {"id": "42", "username": "kettle", "name": "Kettle"}})
        if place == "GET /2/users/42/tweets":
            return self._timeline(request.query)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["mastodon", "x"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="append each accepted post as a JSON line")
    parser.add_argument("--fault", action="append", default=[], help=Fault.parse.__doc__)
    options = parser.parse_args()
    kind = MastodonServer if options.kind == "mastodon" else XServer
    server = kind(options.port, options.log, host=options.host)
    server.script(*options.fault)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
