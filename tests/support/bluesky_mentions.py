"""A loopback Bluesky server that also tells who mentions the bot, as the AppView behind a real one does."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from tests.support.loopback import Reply, Request
from tests.support.servers import BlueskyServer


def cid(record: object) -> str:
    """Hash a record as its servers do, though of other bytes: a version, a codec, SHA-256, in base 32."""
    digest = hashlib.sha256(json.dumps(record).encode()).digest()
    return "b" + base64.b32encode(b"\x01\x71\x12\x20" + digest).decode().lower().rstrip("=")


class BlueskyMentionServer(BlueskyServer):
    """A server with the bot's account, and other people on other servers.

    Attributes:
        people: by DID: what is not ordinary about somebody, such as `description`, `labels` or `viewer`.
        mentions: the notifications, oldest first.
        viewer: what getPostThread says of a post to the bot, by its address.
        has_view: False for a server without an AppView.
    """

    has_view = True

    def __init__(self, *args: Any, **traits: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **traits)
        self.people: dict[str, dict[str, Any]] = {}
        self.mentions: list[dict[str, Any]] = []
        self.others: dict[str, dict[str, Any]] = {}  # their posts, by address
        self.viewer: dict[str, dict[str, Any]] = {}

    def says(self, who: str, text: str, to: str = "", reason: str = "", **extras: Any) -> str:  # noqa: ANN401
        """Somebody posts something, in reply to the post of an address; returns its own."""
        uri = f"at://{who}/app.bsky.feed.post/3kt{len(self.others):010d}"
        record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": text, **extras}
        if to:
            root = (self._record_at(to).get("reply") or {"root": self.reference(to)})["root"]
            record["reply"] = {"root": root, "parent": self.reference(to)}
        self.others[uri] = record
        at = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds")
        told = {"uri": uri, "cid": cid(record), "author": self._author(who), "record": record}
        told |= {"reason": reason or ("reply" if to else "mention"), "indexedAt": at.replace("+00:00", "Z")}
        self.mentions.append(told)
        return uri

    def reference(self, uri: str) -> dict[str, str]:
        return {"uri": uri, "cid": cid(self._record_at(uri))}

    def uri(self, key: str) -> str:
        return f"at://{self.did}/app.bsky.feed.post/{key}"

    def answers(self) -> list[dict[str, Any]]:
        return [one for one in self.records.values() if "reply" in one]

    def answer(self, request: Request) -> Reply:
        method = request.path.removeprefix("/xrpc/")
        if not method.startswith("app.bsky.") or self.remaining <= 0:
            return super().answer(request)
        if refusal := self._refused(request, "access"):
            return refusal
        if not self.has_view:
            return Reply(501, {"error": "MethodNotImplemented", "message": "Method Not Implemented"})
        if method == "app.bsky.notification.listNotifications":
            first, limit = int(request.query.get("cursor", "0")), int(request.query["limit"])
            page = self.mentions[::-1][first : first + limit]
            more = {"cursor": str(first + limit)} if first + limit < len(self.mentions) else {}
            return Reply(200, {"notifications": page, **more})
        uri = request.query["uri"]
        if not self._record_at(uri):
            return Reply(400, {"error": "NotFound", "message": f"Post not found: {uri}"})
        return Reply(200, {"thread": self._node(uri)})

    def _author(self, who: str) -> dict[str, Any]:
        viewer = {"muted": False, "blockedBy": False}
        about = {"did": who, "handle": who.rpartition(":")[2] + ".test", "labels": [], "viewer": viewer}
        return about | self.people.get(who, {})

    def _record_at(self, uri: str) -> dict[str, Any]:
        return self.others.get(uri) or self.records.get(uri.rpartition("/")[2]) or {}

    def _node(self, uri: str, *, is_parent: bool = False) -> dict[str, Any]:
        record, who = self._record_at(uri), uri.split("/")[2]
        post = {**self.reference(uri), "author": self._author(who), "record": record}
        node: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": post}
        post["viewer"] = self.viewer.get(uri, {})
        if "reply" in record:
            node["parent"] = self._node(record["reply"]["parent"]["uri"], is_parent=True)
        everything = {**self.others, **{self.uri(key): one for key, one in self.records.items()}}
        if not is_parent:
            node["replies"] = [
                self._node(other)
                for other, one in everything.items()
                if "reply" in one and one["reply"]["parent"]["uri"] == uri
            ]
        return node
