"""The web application: which address does what. What is asked is read here, what is answered is made below.

Nothing is done for a request before `guard` has let it in, and nothing but the page's own files is there for
somebody without a cookie. These files are read once, at the start, and served by their names: no path that a
request has is ever looked for on the disk.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import NamedTuple, cast, get_args

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from botus.errors import BotusError, sentence, unexpected
from botus.log import Say
from botus.review.machine.editor import Paste
from botus.settings import Settings
from botus.store.decisions.entries import Kind
from botus.store.queue.tweets import ANSWERS, TWEETS
from botus.web.access import COOKIE_FOR, Access
from botus.web.bot.routes import routes
from botus.web.exchange import Asked, Problem, answer, asked, explained, refused
from botus.web.guard import LARGEST, Guard, finish
from botus.web.reviewing import FILTER_KEYS, ORDER_KEYS, Reviewing, Wanted, Who

_OPEN = ("/login",)  # without a cookie, besides the files of the page
_CARDS = 20
_MOST_CARDS, _MOST_DECISIONS, _MOST_TEXT = 100, 2000, 20_000
_ENTRANCE = "index.html"
_WORTHLESS = "This login was used already, or is older than five minutes: botus web --login prints a new one"
_KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "txt": "text/plain",
    "webmanifest": "application/manifest+json",
}


class PageFile(NamedTuple):
    """A file of the page, as it is and as it travels."""

    plain: bytes
    packed: bytes


@dataclass(frozen=True)
class Parts:
    """What the application is made of; `files` are those of the page, by name."""

    settings: Settings
    access: Access
    guard: Guard
    reviewing: Reviewing
    say: Say
    files: Mapping[str, PageFile]


def page_files(bot: str) -> dict[str, PageFile]:
    """Read the files of the page, by their paths.

    Args:
        bot: the name of the bot, by which a browser keeps apart what waits for several.
    """
    pages = resources.files("botus.web") / "pages"
    folders = {"": pages, **{f"{one.name}/": one for one in pages.iterdir() if one.is_dir()}}
    found = {
        f"{name}{one.name}": one.read_bytes()
        for name, folder in folders.items()
        for one in folder.iterdir()
        if one.is_file()
    }
    found[_ENTRANCE] = found[_ENTRANCE].replace(b"{bot}", escape(bot).encode())
    return {name: PageFile(plain, gzip.compress(plain, mtime=0)) for name, plain in found.items()}


def create_app(parts: Parts) -> Flask:
    """Make the application."""
    app = Flask("botus.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(lambda: _let_in(parts))
    app.after_request(finish)
    app.register_error_handler(Problem, refused)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, lambda error: _of_a_fault(parts.say, error))
    for path, method, view in (
        *_entrance(parts),
        *_review(parts.reviewing),
        *routes(parts.settings, parts.reviewing, parts.say),
    ):
        app.add_url_rule(path, f"{method} {path}", view, methods=[method])
    return app


View = Callable[..., Response]
Route = tuple[str, str, View]


def _let_in(parts: Parts) -> Response | None:
    parts.guard.check(request)
    if request.path in _OPEN or _file_of(parts, request.path):
        return None
    bot = parts.access.cookie_name
    if parts.access.admits(request.cookies.get(bot, "")):
        if request.headers.get("Botus-Page", bot) != bot:
            raise Problem(409, "bot", "Another bot answers at this address now: load the page again")
        return None
    if request.path == "/":
        return _file(parts, "locked.html", 401)
    raise Problem(401, "login", "You are not logged in here: botus web --login prints a new address")


def _entrance(parts: Parts) -> list[Route]:
    access = parts.access

    def page() -> Response:
        return _file(parts, _ENTRANCE)

    def file(name: str) -> Response:
        if not _file_of(parts, f"/{name}"):
            raise Problem(404, "gone", "there is nothing here")
        return _file(parts, name)

    def login_page() -> Response:
        return _file(parts, "login.html")

    def login() -> Response:
        parts.guard.check_login(request)
        cookie = access.redeem(asked().text("token"))
        response = answer({"said": "You are logged in"})
        if cookie:
            response.set_cookie(
                access.cookie_name,
                cookie,
                max_age=int(COOKIE_FOR),
                httponly=True,
                samesite="Strict",
                secure=request.is_secure,
            )
        elif not access.admits(request.cookies.get(access.cookie_name, "")):  # then an old link does no harm
            parts.guard.count_failed_login(request)
            raise Problem(403, "login", _WORTHLESS)
        return response

    return [
        ("/", "GET", page),
        ("/login", "GET", login_page),
        ("/login", "POST", login),
        ("/<path:name>", "GET", file),
    ]


def _review(reviewing: Reviewing) -> list[Route]:
    def begin() -> Response:
        found = asked()
        view = reviewing.open(_client(found), _count(found), take_over=found.truth("take_over"))
        return answer(view)

    def look() -> Response:
        found = Asked(request.args)
        return answer(reviewing.look(_client(found), _count(found)))

    def decide() -> Response:
        found = asked()
        wanted = [_wanted(one) for one in found.objects("decisions", _MOST_DECISIONS)]
        return answer(reviewing.decide(_client(found), _id(found), wanted, _count(found)))

    def edit() -> Response:
        found = asked()
        post, text = found.text("post"), found.text("text", _MOST_TEXT)
        return answer(reviewing.edit(_client(found), _id(found), post, text, _count(found)))

    def undo() -> Response:
        found = asked()
        return answer(reviewing.take_back(_client(found), _id(found), _count(found), again=False))

    def redo() -> Response:
        found = asked()
        return answer(reviewing.take_back(_client(found), _id(found), _count(found), again=True))

    def compare() -> Response:
        found = Asked(request.args)
        return answer({"said": reviewing.compare(_client(found), found.text("post"))})

    return [
        ("/review", "POST", begin),
        ("/review", "GET", look),
        ("/decide", "POST", decide),
        ("/edit", "POST", edit),
        ("/undo", "POST", undo),
        ("/redo", "POST", redo),
        ("/look", "POST", lambda: answer(_select(reviewing, asked()))),
        ("/compare", "GET", compare),
    ]


def _select(reviewing: Reviewing, found: Asked) -> dict[str, object]:
    """Look at what the page wants to look at."""
    client, count = _client(found), _count(found)
    if "filter" in found:
        name = found.text("filter")
        return reviewing.select(client, count, "f", _key(FILTER_KEYS, name), showing=name)
    if "regex" in found:
        pattern = found.text("regex", _MOST_TEXT)
        return reviewing.select(client, count, "f", "/", Paste(pattern), "enter", showing=pattern)
    if "search" in found:
        return reviewing.select(client, count, "/", Paste(found.text("search", _MOST_TEXT)), "enter")
    if "order" in found:
        return reviewing.select(client, count, "o", _key(ORDER_KEYS, found.text("order")))
    if "learning" in found:
        return reviewing.learn(client, count, wanted=found.truth("learning"))
    if "like" in found:
        return reviewing.like(client, count, found.text("like"))
    if "list" in found:
        return reviewing.page(client, count, shown=found.truth("list"))
    direction = _key({"back": "up", "forward": "down"}, found.text("look"))
    return reviewing.select(client, count, direction)


def _client(found: Asked) -> Who:
    return Who(found.text("client", 100), ANSWERS if found.text("file", 100, TWEETS) == ANSWERS else TWEETS)


def _id(found: Asked) -> str:
    """The id that the page gave its request; without one it would be done again when it is sent again."""
    if not (identifier := found.text("id", 100)):
        raise Problem(400, "request", "the page sent no `id`: load it again")
    return identifier


def _count(found: Asked) -> int:
    return found.whole("count", _CARDS, _MOST_CARDS)


def _wanted(one: Asked) -> Wanted:
    verdict = one.text("verdict")
    if verdict not in get_args(Kind) or verdict == "edit":
        raise Problem(400, "request", "the page sent a decision that there is not: load it again")
    return Wanted(one.text("post"), cast(Kind, verdict), one.text("was") if "was" in one else None)


def _key(keys: Mapping[str, str], name: str) -> str:
    if name not in keys:
        raise Problem(
            400, "request", f"the page asked for something that there is not, {name!r}: load it again"
        )
    return keys[name]


def _file_of(parts: Parts, path: str) -> bool:
    """Tell whether this is one of the page's files that everybody may see."""
    return path[1:] in parts.files and not path.endswith(".html")


def _file(parts: Parts, name: str, status: int = 200) -> Response:
    kind = _KINDS.get(name.rpartition(".")[2], "application/octet-stream")
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(
        parts.files[name].packed if is_packed else parts.files[name].plain, status, mimetype=kind
    )
    response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _of_http(error: HTTPException) -> Response:
    if error.code == 413:
        return refused(Problem(413, "size", "that is too long for the page"))
    if error.code in (404, 405):
        return refused(Problem(error.code, "gone", "there is nothing here"))
    return refused(Problem(error.code or 400, "request", "the page asked in a way that nobody understands"))


def _of_a_fault(say: Say, error: Exception) -> Response:
    if isinstance(error, BotusError):
        problem = explained(error)
    else:
        problem = Problem(500, "fault", sentence(unexpected(error)))
    say(f"the page: {problem.said}", "error")
    return refused(problem)
