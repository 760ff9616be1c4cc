"""What comes in and goes out as JSON, and the problems that a page is told: a sentence and a code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from botus.errors import BotusError, BusyError, sentence


class Problem(Exception):
    """A request that is not done.

    Args:
        status: of HTTP.
        what: a code for the page's script.
        said: a sentence for the person.
        more: other fields of the answer.
    """

    def __init__(self, status: int, what: str, said: str, **more: object) -> None:
        super().__init__(said)
        self.status, self.what, self.said, self.more = status, what, said, more


def asked() -> Asked:
    """Return what the body of a request says."""
    if request.mimetype != "application/json":
        raise Problem(415, "request", "the page did not send JSON: load it again")
    try:
        found = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "request", "the page sent something else than JSON: load it again") from error
    if not isinstance(found, dict):
        raise Problem(400, "request", "the page did not send an object: load it again")
    return Asked(found)


class Asked:
    """The fields of a request, each of the kind that it has to be."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def text(self, name: str, most: int = 200, default: str | None = None) -> str:
        """Return a text, at most so many characters long."""
        found = self._fields.get(name, default)
        if not isinstance(found, str) or len(found) > most or not _is_unicode(found):
            raise self._wrong(name)
        return found

    def whole(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 0 to `most`; above, `most`."""
        try:
            found = int(self._fields.get(name, default))
        except (TypeError, ValueError, OverflowError) as error:
            raise self._wrong(name) from error
        return max(0, min(found, most))

    def truth(self, name: str) -> bool:
        """Return yes or no; no where it is not there."""
        found = self._fields.get(name, False)
        if not isinstance(found, bool):
            raise self._wrong(name)
        return found

    def objects(self, name: str, most: int) -> list[Asked]:
        """Return a list of objects."""
        found = self._fields.get(name)
        if (
            not isinstance(found, list)
            or len(found) > most
            or not all(isinstance(one, dict) for one in found)
        ):
            raise self._wrong(name)
        return [Asked(one) for one in found]

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def _wrong(self, name: str) -> Problem:
        return Problem(400, "request", f"the page sent no good `{name}`: load it again")


def answer(value: object, status: int = 200) -> Response:
    """Make an answer of a value; whatever a post holds, it is JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), status, mimetype="application/json")


def refused(problem: Problem) -> Response:
    """Tell the page why something is not done."""
    return answer({"problem": problem.said, "what": problem.what, **problem.more}, problem.status)


def explained(error: BotusError) -> Problem:
    """Make a problem for the page of one for the terminal."""
    if isinstance(error, BusyError):
        return Problem(409, "busy", sentence(error))
    return Problem(503, "file", sentence(error))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
