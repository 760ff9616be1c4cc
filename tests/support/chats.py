"""What the readers of a chat see: a server that takes its requests, and shows them by its published rules.

The rules are those of Discord's, Slack's and Telegram's guides to formatting, of Matrix' m.text and of ntfy,
read strictly: what might be markup is. A request that the service would refuse gets a 400.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from tests.support.loopback import Loopback, Reply, Request

_EMOJI = re.compile(r":[\w+'-]+:")
_LINK = re.compile(r"(?:https?|steam)://[^\s<]+[^<.,:;\"'\]\s]")
_INLINE: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(r"¯\\_\(ツ\)_/¯"), lambda found: found[0]),
    (re.compile(r"\\([^0-9A-Za-z\s])"), lambda found: found[1]),
    (re.compile(r"<([^: >]+:/[^ >]+)>"), lambda found: found[1]),
    (
        re.compile(r"<(?:@[!&]?\d+|#\d+|a?:\w+:\d+|t:-?\d+(?::\w)?|/[^:>]+:\d+|id:\w+)>"),
        lambda found: "MENTION",
    ),
    (re.compile(r"```(.+?)```", re.DOTALL), lambda found: found[1]),
    (re.compile(r"(`+)(.+?)\1", re.DOTALL), lambda found: found[2]),
    (_LINK, lambda found: found[0]),
    (re.compile(r"\[(.+?)\]\([^\s)]+\)"), lambda found: found[1]),
    (re.compile(r"(\*\*|\*|__|_|~~|\|\|)(.+?)\1", re.DOTALL), lambda found: discord(found[2])),
    (_EMOJI, lambda found: "\N{PARTY POPPER}"),
]
_BLOCK = re.compile(r"[ \t]*(?:>>> |> |#{1,3}\s|-#\s|[*-]\s|\d+\.\s)")


def discord(content: str) -> str:
    """Read Discord's Markdown at each place in the order of its rules."""
    shown, at = "", 0
    while at < len(content):
        if (at == 0 or content[at - 1] in "\r\n") and (found := _BLOCK.match(content, at)):
            shown, at = f"{shown}BLOCK ", found.end()
            continue
        for rule, show in _INLINE:
            if found := rule.match(content, at):
                shown, at = shown + show(found), found.end()
                break
        else:
            shown, at = shown + content[at], at + 1
    return shown


def slack(payload: dict[str, Any]) -> str:
    """A legacy attachment: markup where `mrkdwn` is on, and always links, pings, emojis and entities."""
    text = str(payload["attachments"][0]["text"])
    if payload.get("mrkdwn", True):
        text = re.sub(r"([*_~`])(\S.*?)\1", r"\2", text)
    text = re.sub(r"<([^>|]+)(?:\|([^>]+))?>", lambda found: found[2] or found[1], text)
    text = _EMOJI.sub("\N{PARTY POPPER}", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _TelegramHtml(HTMLParser):
    """Knows four entities by name; a tag it does not know is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("b", "i", "u", "s", "a", "code", "pre", "tg-spoiler", "blockquote"):
            raise ValueError(f"unsupported start tag {tag}")

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_entityref(self, name: str) -> None:
        self.shown += {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}.get(name, f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.shown += chr(int(name[1:], 16) if name[0] in "xX" else int(name))


def telegram(payload: dict[str, Any]) -> str:
    assert payload.get("parse_mode") == "HTML"
    reader = _TelegramHtml()
    reader.feed(payload["text"])
    reader.close()
    return reader.shown


class ChatServer(Loopback):
    """Discord, Slack, Telegram, a Matrix server and ntfy, each at its own path; keeps what is seen."""

    def answer(self, request: Request) -> Reply:
        body = json.loads(request.body) if request.body else {}
        if "/_matrix/" in request.path:
            return self._matrix(request, body)
        try:
            if request.path.startswith("/discord"):
                return self._show(discord(body["content"]), len(body["content"]) <= 2000, Reply(204, ""))
            if request.path.startswith("/slack"):
                return self._show(slack(body), True, Reply(200, "ok"))
            if request.path.startswith("/telegram"):
                return self._show(telegram(body), True, Reply(200, {"ok": True, "result": {}}))
        except ValueError as error:
            return Reply(400, {"ok": False, "description": str(error)})
        assert request.headers.get("X-Markdown") is None
        return self._show(body["message"], len(body["message"].encode()) <= 4096, Reply(200, {"id": "1"}))

    def _show(self, text: str, fits: bool, reply: Reply) -> Reply:
        if not fits or len(text.encode("utf-16-le")) > 2 * 40_000:
            return Reply(400, {"message": "too long"})
        self.commit(text)
        return reply

    def _matrix(self, request: Request, body: dict[str, Any]) -> Reply:
        if "/send/m.room.message" not in request.path:
            known = {"access_token": "kettle", "user_id": "@bot:127.0.0.1", "home_server": "127.0.0.1"}
            return Reply(200, {**known, "room_id": "!pier:127.0.0.1", "joined_rooms": ["!pier:127.0.0.1"]})
        assert body["msgtype"] == "m.text"
        assert "formatted_body" not in body
        self.commit(body["body"])
        return Reply(200, {"event_id": "$1"})
