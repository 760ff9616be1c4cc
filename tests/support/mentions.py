"""A loopback Mastodon with several accounts that mention each other: notifications, threads, blocks.

The bot's account is that of `MastodonServer`; other people write through `says`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from tests.support.loopback import Post, Reply, Request
from tests.support.servers import MastodonServer, markup

_NAME = re.compile(r"@([\w.-]+(?:@[\w.-]+)?)")


class MentionServer(MastodonServer):
    """A server with the bot's account, `kettle`, and whoever says something.

    Attributes:
        accounts: by name: what is not ordinary about somebody, such as `bot`, `note` or `fields`.
        relations: by name: what a Relationship says of the bot and somebody.
        tokens: whose each token is: the bot's, and of more bots.
        has_notifications: False for a server that tells of none.
    """

    scopes = "read write"
    has_notifications = True

    def __init__(self, *args: Any, **traits: Any) -> None:  # noqa: ANN401
        self.accounts: dict[str, dict[str, Any]] = {"kettle": {}}
        self.relations: dict[str, dict[str, bool]] = {}
        self.tokens = {self.token: "kettle"}
        super().__init__(*args, **traits)

    def says(self, who: str, text: str, to: Post | None = None, **extras: str) -> Post:
        """Somebody posts something: a reply where `to` says to what."""
        self.accounts.setdefault(who, {})
        about = {"who": who, "in_reply_to_id": to.id if to else "", "visibility": "public", **extras}
        return self.commit(text, "", about)

    def replies(self, to: Post) -> list[Post]:
        return [one for one in self.posts if one.extras.get("in_reply_to_id") == to.id and not one.deleted]

    def answers(self) -> list[Post]:
        """What the bots of this server have replied."""
        mine = self.tokens.values()
        return [
            one for one in self.posts if one.key and _who(one) in mine and one.extras.get("in_reply_to_id")
        ]

    def _route(self, request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or request.path.endswith("/instance"):
            return super()._route(request)
        self.me, path = self.tokens[token], request.path.removeprefix("/api/v1/")
        place = next((one for one in ("notifications", "relationships", "context") if one in path), "")
        if not place:
            return self._of_the_account(request)
        scope = {"notifications": "notifications", "relationships": "follows", "context": "statuses"}[place]
        if not {"read", f"read:{scope}"} & set(self.scopes.split()):
            return Reply(403, {"error": "This action is outside the authorized scopes"})
        if self.remaining <= 0:
            return Reply(429, {"error": "Too many requests"})
        self.remaining -= 1
        if place == "notifications":
            return self._notifications(request.query)
        if place == "relationships":
            name = self._name_of(request.query["id[]"])
            return Reply(200, [{"id": request.query["id[]"], **self.relations.get(name, {})}])
        return self._context(path.split("/")[1])

    def _of_the_account(self, request: Request) -> Reply:
        """What `MastodonServer` answers, for whichever bot asks."""
        token, self.token = self.token, next(one for one, who in self.tokens.items() if who == self.me)
        request.path = re.sub(r"(?<=/accounts/)[0-9]+(?=/statuses)", "7", request.path)
        try:
            return super()._route(request)
        finally:
            self.token = token

    def _notifications(self, query: dict[str, str]) -> Reply:
        if not self.has_notifications:
            return Reply(404, {"error": "Record not found"})
        since, until = int(query.get("since_id") or 0), int(query.get("max_id") or 10**18)
        found = []
        for one in reversed(self.posts):
            number = int(one.id) - 10**17 + 1
            if since < number < until and not one.deleted and self.me in _named(one) and _who(one) != self.me:
                created = _time(one)
                user, status = self._user(_who(one)), self._status(one)
                about = {"id": str(number), "type": one.extras.get("type", "mention"), "created_at": created}
                found.append({**about, "account": user, "status": status})
        return Reply(200, found[: int(query.get("limit", "40"))])

    def _context(self, number: str) -> Reply:
        post = self._find(number)
        if post is None:
            return Reply(404, {"error": "Record not found"})
        before, after, parent = [], [post], self._find(post.extras.get("in_reply_to_id", ""))
        while parent:
            before.append(parent)
            parent = self._find(parent.extras.get("in_reply_to_id", ""))
        for one in after:
            after += self.replies(one)
        told = {"ancestors": before[::-1], "descendants": after[1:]}
        return Reply(200, {name: [self._status(one) for one in them] for name, them in told.items()})

    def _find(self, number: str) -> Post | None:
        return next((one for one in self.posts if one.id == number and not one.deleted), None)

    def newest(self, limit: int) -> list[Post]:
        return [one for one in reversed(self.posts) if not one.deleted and _who(one) == self.me][:limit]

    def _post(self, request: Request) -> Reply:
        form = parse_qs(request.body)
        to = form.get("in_reply_to_id", [""])[-1]
        if to and self._find(to) is None:
            return Reply(404, {"error": "Record not found"})
        reply = super()._post(request)
        if reply.status == 200:
            self.posts[-1].extras.setdefault("who", self.me)
        return reply

    def _account(self) -> dict[str, Any]:
        return self._user(self.me) | {"bot": self.bot}

    def _user(self, name: str) -> dict[str, Any]:
        number = "7" if name == "kettle" else str(100 + list(self.accounts).index(name))
        about = {"id": number, "acct": name, "display_name": name.title(), "note": "", "fields": []}
        return {**about, "url": f"{self.url}/@{name}", "bot": False, **self.accounts[name]}

    def _name_of(self, number: str) -> str:
        return next(name for name in self.accounts if self._user(name)["id"] == number)

    def _status(self, post: Post) -> dict[str, Any]:
        named = [one for one in self.accounts if one in _named(post)]
        to = post.extras.get("in_reply_to_id") or None
        return {
            "id": post.id,
            "url": f"{self.url}/@{_who(post)}/{post.id}",
            "created_at": _time(post),
            "content": markup(post.text),
            "account": self._user(_who(post)),
            "visibility": post.extras.get("visibility", "public"),
            "spoiler_text": post.extras.get("spoiler_text", ""),
            "in_reply_to_id": to,
            "mentions": [{"id": self._user(one)["id"], "acct": one} for one in named],
            "reblog": {"id": "1"} if post.extras.get("reblog") else None,
        }


def _who(post: Post) -> str:
    return post.extras.get("who", "kettle")


def _named(post: Post) -> list[str]:
    return _NAME.findall(post.text)


def _time(post: Post) -> str:
    return datetime.fromtimestamp(post.at, UTC).isoformat(timespec="milliseconds")
