"""Brings one file from the web into its place: whole and checked, or not at all.

A cut connection, Ctrl-C or a crash leaves what has arrived, and the next attempt asks for the rest only.
Resumed downloads are always verified: one that was put together from several answers and fails its check is
fetched once more from the beginning before it is an error.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from botus import __version__
from botus.errors import FileError, Interrupted, TemporaryError, network_words
from botus.store.durable import files
from botus.training.base_model.partial import PartialFile, Version

_TIMEOUTS = (10.0, 60.0)  # seconds per address to connect, and without a byte of the answer
_PAUSES = (1.0, 3.0, 9.0)  # seconds before the attempts after one that brought too little
_CHUNK = 1 << 14  # bytes; urllib3 gives them out whole, so a cut costs the last ones; less is nothing new
_ROOM = 16 << 20  # bytes of the disk that are left to others
_TEMPORARY = (408, 425, 429)  # and every status from 500 on
_PAGES = ("text/html", "application/xhtml", "application/xml", "text/xml")
_ELSEWHERE = "look at BASE_MODEL_URL; on a network with a login page, log in first"


@dataclass(frozen=True)
class Hooks:
    """What a download calls, and how long it waits."""

    # makes a session whose answers have so many bytes at most, and come to an end
    session: Callable[[int], requests.Session]
    say: Callable[[str], None] = lambda line: None  # told what a person should know
    # told after every piece: the name of the file, its bytes that are there, and all; 0 where nobody knows
    on_progress: Callable[[str, int, int], None] = lambda name, done, total: None
    pause: Callable[[float], None] = time.sleep  # waits so many seconds
    # seconds per address to connect, and without a byte of the answer
    timeouts: tuple[float, float] = _TIMEOUTS


class _Temporary(Exception):
    """An attempt failed, and the next may not; says why."""


def download(url: str, target: Path, check: Callable[[Path], None], hooks: Hooks, sizes: range) -> None:
    """Fetch a file, unless the disk is too small, and move it into its place.

    Args:
        target: its place, in a folder that is there.
        check: raises FileError where the file at a path is not what it should be.
        sizes: how many bytes the file may have. Another length is refused before it is read, or where the
            server does not tell it, as soon as there are too many.

    Raises:
        TemporaryError: the network or the server failed.
        FileError: the server sends something else, or the disk is full or cannot be written.
        Interrupted: Ctrl-C.
    """
    part = PartialFile(target)
    try:
        is_resumed = part.size > 0
        is_resumed |= _attempts(url, part, hooks, sizes)
        problem = _problem(check, part)
        if problem and is_resumed:
            hooks.say(f"{target.name}: what was put together is damaged, fetching it anew")
            _attempts(url, part, hooks, sizes)
            problem = _problem(check, part)
    except KeyboardInterrupt:
        raise Interrupted(
            f"stopped while fetching {target.name}: {part.size / 1e6:,.1f} MB are there",
            "the same command goes on from there",
        ) from None
    if problem:
        raise FileError(f"{url} is not what it should be: {problem}", _ELSEWHERE)
    files.move(part.path, target)
    part.discard()


def _problem(check: Callable[[Path], None], part: PartialFile) -> str:
    """What is wrong with a file that has arrived, which then goes; "" if nothing is."""
    try:
        check(part.path)
    except FileError as error:
        part.discard()
        return error.message
    return ""


def _attempts(url: str, part: PartialFile, hooks: Hooks, sizes: range) -> bool:
    """Try until the file has arrived; returns whether it was put together from several answers.

    An attempt counts as failed only where the file has become hardly longer than it ever was.
    """
    failures, longest, tries = 0, part.size, 0
    while not part.is_whole:
        tries += 1
        try:
            _attempt(url, part, hooks, sizes)
            break
        except _Temporary as reason:
            failures = 0 if part.size >= longest + _CHUNK else failures + 1
            longest = max(longest, part.size)
            if failures > len(_PAUSES):
                raise TemporaryError(
                    f"{url} could not be fetched: {reason}",
                    "run the same command again: it goes on from there",
                ) from reason.__cause__
            pause = _PAUSES[max(failures, 1) - 1]
            hooks.say(f"{part.target.name}: {reason}, trying again in {pause:g} s")
            hooks.pause(pause)
    return tries > 1


def _attempt(url: str, part: PartialFile, hooks: Hooks, sizes: range) -> None:
    """Make one request, for what is missing, and write down what it brings."""
    # No compression: sizes and ranges are to be those of the file.
    headers = {"User-Agent": f"botus/{__version__}", "Accept-Encoding": "identity", **part.condition()}
    asked: dict[str, Any] = {"headers": headers, "stream": True, "timeout": hooks.timeouts}
    try:
        with hooks.session(sizes.stop) as session, session.get(url, **asked) as response:
            if response.status_code == 416:
                part.discard()
                raise _Temporary("the file has changed on the server")
            version = _version(response)
            _refuse(response, url)
            if version.size:
                _refuse_size(url, version.size, sizes)
            _begin(response, part, version)
            _check_room(part)
            for chunk in response.iter_content(_CHUNK):
                if part.size + len(chunk) >= sizes.stop:
                    part.discard()
                    _refuse_size(url, part.size + len(chunk), sizes)
                part.append(chunk)
                hooks.on_progress(part.target.name, part.size, version.size)
    except requests.RequestException as error:
        raise _Temporary(network_words(error)) from error
    finally:
        part.close()
    if version.size and part.size != version.size:
        raise _Temporary("cut off")


def _version(response: requests.Response) -> Version:
    """What the answer says of the file: what If-Range takes (RFC 9110, 13.1.5), and how long it is."""
    headers = response.headers
    etag = headers.get("ETag", "")
    validator = etag if etag.startswith('"') else headers.get("Last-Modified", "")  # W/"..." is a weak one
    found = re.search(r"/([0-9]{1,15})$", headers.get("Content-Range", ""))
    length = headers.get("Content-Length", "") if response.status_code == 200 else ""
    length = found[1] if found else length
    return Version(validator, int(length) if re.fullmatch("[0-9]{1,15}", length) else 0)


def _refuse(response: requests.Response, url: str) -> None:
    """Refuse an answer that is not the file."""
    status = response.status_code
    if status in _TEMPORARY or status >= 500:
        raise _Temporary(f"the server answered {status}")
    if status not in (200, 206):
        raise TemporaryError(f"{url} could not be fetched: the server answered {status}", _ELSEWHERE)
    if response.headers.get("Content-Type", "").lower().startswith(_PAGES):
        raise FileError(f"{url} is a web page and no part of a model", _ELSEWHERE)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FileError(f"{url} comes compressed, though asked not to be", _ELSEWHERE)


def _refuse_size(url: str, size: int, sizes: range) -> None:
    if size < sizes.start:
        raise FileError(f"{url} has {size:,} bytes, and {sizes.start:,} are needed", _ELSEWHERE)
    if size >= sizes.stop:
        raise FileError(f"{url} has more bytes than such a file, {sizes.stop - 1:,}", _ELSEWHERE)


def _begin(response: requests.Response, part: PartialFile, version: Version) -> None:
    """Open the part where the answer begins."""
    if response.status_code == 200:
        part.open(0, version)
        return
    start = re.match(r"bytes ([0-9]{1,15})-", response.headers.get("Content-Range", ""))
    if not start or int(start[1]) != part.size or not version.continues(part.version):
        part.discard()
        raise _Temporary("the file has changed on the server")
    part.open(part.size, version)


def _check_room(part: PartialFile) -> None:
    folder = part.target.parent
    free, needed = shutil.disk_usage(folder).free, max(0, part.version.size - part.size)
    if free < needed + _ROOM:
        raise FileError(
            f"{part.target.name} needs {needed / 1e6:,.0f} MB, and {folder} has {free / 1e6:,.0f} MB free",
            "make room on the disk, then run the same command again",
        )
