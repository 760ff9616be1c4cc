"""One module per export format: each turns bytes into `Found` posts, and says why one must not be imported.

A reader undoes what its format did to the words (markup, entities, encodings) and nothing else: cleaning,
options and duplicates are `gathering`'s. A file is opened where it lies: nothing is unpacked to disk.

    detection.py    what a path is, and who reads it; foreign.py names what nobody here reads
    archive.py      folder, zip, tar or file as one; tarball.py decompresses a tar
    decoding.py     bytes -> text; letters.py repairs what was broken before
    x.py            X's archives of every generation, with x_csv.py and x_links.py
    mastodon.py     outbox.json and its relatives
    discord.py      Discord's package
    tables.py       CSV, with rows.py below it
    objects.py      JSON and JSON Lines; jsonstream.py reads arrays of any length
    fields.py       which field of a row or object is what; dumps.py those that only scrapers write
    plain.py        lines, fortunes, samples
    others.py       is it somebody else's words?
    moments.py      when was it?
    markup.py       HTML and entities -> text
    found.py        what all of them share
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from botus.corpus.parsing.post import Found, Options
from botus.corpus.sources import detection
from botus.corpus.sources.detection import KINDS

__all__ = ["KINDS", "Found", "Options", "Reading", "read"]


class Reading:
    """The posts of one export, found one by one while it is iterated; each iteration reads it anew.

    Attributes:
        kind: the format in a person's words, such as "X archive".
        notes: sentences for the person; complete when an iteration has ended.
    """

    def __init__(self, kind: str, posts: Callable[[list[str]], Iterator[Found]]) -> None:
        self.kind = kind
        self.notes: list[str] = []
        self._posts = posts

    def __iter__(self) -> Iterator[Found]:
        self.notes.clear()
        return self._posts(self.notes)


def read(path: Path, options: Options = Options()) -> Reading:  # noqa: B008 (it is frozen)
    """Find out what a file or folder is and return its posts, read while they are iterated.

    Args:
        path: an export as it was downloaded (.zip, .tar.gz, .tgz, .tar), unpacked, or a file of it.
        options: what the person said about it.

    Raises:
        FileError: it is missing, damaged, protected, empty or of no known kind; iterating may raise it too.
        SettingsError: `options.kind` is no kind, `options.column` no column of the file.
    """
    kind, posts = detection.reader(path, options)
    return Reading(kind, posts)
