"""Finds out what kind of export a path is, by what is in it; a name alone decides nothing.

A path goes in, the kind in a person's words and a function that reads the posts come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from botus.errors import SettingsError
from botus.sources import plain
from botus.sources.found import Found, Options

KINDS = ("x", "trump", "mastodon", "discord", "csv", "json", "fortune", "samples", "text")

Posts = Callable[[list[str]], Iterator[Found]]


def reader(path: Path, options: Options) -> tuple[str, Posts]:
    """Return the kind of an export in a person's words, and what reads its posts.

    Raises:
        FileError: it is missing, damaged, protected, empty or of no known kind.
        SettingsError: `options.kind` is no kind.
    """
    if options.kind is not None and options.kind not in KINDS:
        raise SettingsError(f"{options.kind} is no kind of export", f"one of: {', '.join(KINDS)}")
    return "plain text", lambda notes: plain.posts(path, notes)
