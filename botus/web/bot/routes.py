"""The addresses of the queue, the posts and the state: what is asked is read here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast, get_args

from flask import Response, request

from botus.errors import BotusError
from botus.log import Say
from botus.posting.resolve import Word
from botus.settings import Settings
from botus.web.bot.changes import WHATS, Changes, What
from botus.web.bot.once import Once
from botus.web.bot.posting import Posting, link
from botus.web.bot.telling import Telling
from botus.web.exchange import Asked, Problem, answer, asked
from botus.web.reviewing import Reviewing

_PAGE, _MOST, _LAST = 50, 200, 1_000_000_000
_MOST_TEXT, _MOST_URL = 20_000, 2000
Answer = dict[str, Any]


def routes(
    settings: Settings, reviewing: Reviewing, say: Say, clock: Callable[[], float] = time.time
) -> list[tuple[str, str, Callable[[], Response]]]:
    """Return the addresses, each with its method and its view."""
    once, changes = Once(), Changes(settings.data, reviewing)
    telling, posting = Telling(settings, clock), Posting(settings, say, clock)

    def told(tell: Callable[[], Answer]) -> Response:
        try:
            return answer(tell())
        except BotusError as error:
            raise posting.problem(error) from error

    def lines() -> Response:
        found = Asked(request.args)
        search, first = found.text("search", 1000, default=""), found.whole("from", 0, _LAST)
        return told(lambda: telling.lines(search, first, _count(found)))

    def posts() -> Response:
        found = Asked(request.args)
        return told(lambda: telling.posts(found.whole("from", 0, _LAST), _count(found)))

    def made(found: Asked, about: tuple[str, ...], do: Callable[[], Answer]) -> Response:
        identifier = found.text("id", 100)
        if not identifier:
            raise Problem(400, "request", "the page sent no `id`: load it again")

        def done() -> Answer:
            try:
                return do()
            finally:
                telling.changed()

        return told(lambda: once.answer(identifier, about, done))

    def change(what: What) -> Response:
        found = asked()
        client, identifier, post = found.text("client", 100), found.text("id", 100), found.text("post")
        text = found.text("text", _MOST_TEXT, default="")
        take_over = found.truth("take_over")
        return made(
            found,
            (what, post, text),
            lambda: changes.make(what, client, identifier, post, text, take_over=take_over),
        )

    def add() -> Response:
        found = asked()
        text = found.text("text", _MOST_TEXT)
        return made(found, ("add", text), lambda: changes.add(text))

    def post_now() -> Response:
        found = asked()
        post = _fingerprint(found)
        return made(found, ("post", post), lambda: posting.post(post))

    def resolve() -> Response:
        found = asked()
        post, target, word = found.text("post"), found.text("target"), found.text("how")
        url = found.text("url", _MOST_URL, default="").strip()
        if word not in get_args(Word):
            raise Problem(400, "request", "the page sent a word that there is not: load it again")
        if url and not link(url):
            raise Problem(409, "refused", "That is no web address: it begins with https://")
        return made(
            found,
            ("resolve", post, target, word, url),
            lambda: posting.resolve(found.text("id", 100), post, target, cast(Word, word), url),
        )

    return [
        ("/status.json", "GET", lambda: told(telling.status)),
        ("/queue", "GET", lines),
        ("/queue/next", "GET", lambda: told(telling.coming)),
        ("/queue/add", "POST", add),
        ("/queue/post", "POST", post_now),
        *((f"/queue/{what}", "POST", _bound(change, what)) for what in WHATS),
        ("/posts", "GET", posts),
        ("/attention", "GET", lambda: told(telling.attention)),
        ("/resolve", "POST", resolve),
        ("/figures", "GET", lambda: told(telling.figures)),
    ]


def _bound(change: Callable[[What], Response], what: What) -> Callable[[], Response]:
    return lambda: change(what)


def _count(found: Asked) -> int:
    return found.whole("count", _PAGE, _MOST)


def _fingerprint(found: Asked) -> str:
    post = found.text("post")
    if len(post) != 32 or not set(post) <= set("0123456789abcdef"):
        raise Problem(400, "request", "the page sent no good `post`: load it again")
    return post
