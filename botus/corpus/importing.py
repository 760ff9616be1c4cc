"""An import from end to end: exports are read, what is worth it is compared with the corpus, and added.

Nothing is written before every export has been read to its end. A second import may read at the same time,
and waits with comparing until the first is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from botus.corpus import feedback
from botus.corpus.filtering import CleanPost, FilterOptions, ImportCounts, new, wanted
from botus.corpus.parsing.post import Options, ParsedPost
from botus.corpus.sources.detection import read
from botus.errors import SettingsError
from botus.store.corpus import BY_HAND, Corpus, Post
from botus.text import counted

_RESERVED = (BY_HAND, feedback.SOURCE)
_EVERY = 256  # posts between two reports of progress


@dataclass(frozen=True)
class Export:
    """One export that was read: its path, its name as a source, its kind, how many posts it has."""

    path: Path
    source: str
    kind: str
    read: int


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    exports: Sequence[Export]
    counts: ImportCounts
    notes: Sequence[str]
    corpus: Path  # the file with the posts
    total: int  # how many posts it has now, or would have after a dry run
    dry_run: bool


def import_exports(
    data: Path,
    paths: Sequence[Path],
    filters: FilterOptions,
    options: Options,
    name: str | None = None,
    *,
    dry_run: bool = False,
    on_progress: Callable[[str], None] = lambda said: None,
) -> ImportReport:
    """Import exports into the corpus.

    Args:
        data: the data directory; it is made if it is missing.
        name: to remember them by; None for the names of the files.
        on_progress: is told in words how far it is.

    Raises:
        FileError: an export or the corpus cannot be read; nothing has changed.
        SettingsError: the name is one that botus uses itself, or an option does not fit an export.
    """
    named = [(path, source_name(path, name)) for path in paths]
    counts, corpus = ImportCounts(), Corpus(data)
    exports, notes, found = [], list[str](), list[CleanPost]()
    for path, source in named:
        reading, before = read(path, options), counts.read
        found += wanted(_watched(reading, path.name, on_progress), source, filters, counts)
        exports.append(Export(path, source, reading.kind, counts.read - before))
        notes += reading.notes
        notes += [] if exports[-1].read else [f"there are no posts in {path}"]
    with nullcontext() if dry_run or not found else corpus.working():
        on_progress(f"comparing {counted(len(found), 'post')}")
        there = corpus.read()
        chosen = list(new(found, there.posts, counts))
        if chosen and not dry_run:
            corpus.add(Post(one.text, one.source, at=one.at) for one in chosen)
    notes += there.problems()
    if filters.min_likes and counts.uncounted:
        notes.append(
            f"{counts.uncounted:,} {'post does' if counts.uncounted == 1 else 'posts do'} not say how often"
            f" {'it was' if counts.uncounted == 1 else 'they were'} liked: --min-likes lets them in"
        )
    return ImportReport(exports, counts, notes, corpus.path, len(there.posts) + counts.kept, dry_run)


def source_name(path: Path, name: str | None) -> str:
    """Return the name under which an export is remembered.

    Raises:
        SettingsError: it is empty, or one that botus uses itself.
    """
    source = path.resolve().name if name is None else name.strip()
    # A file's name may be any bytes; what is written down is text.
    source = os.fsencode(source).decode(errors="replace")
    if not source or source in _RESERVED:
        said = f"{source!r} is what botus itself calls a source" if source else "a source needs a name"
        raise SettingsError(said, "name it with --as, for example --as archive-2024")
    return source


def _watched(
    reading: Iterable[ParsedPost], name: str, on_progress: Callable[[str], None]
) -> Iterator[ParsedPost]:
    count = 0
    for count, one in enumerate(reading, 1):
        if count % _EVERY == 0:
            on_progress(f"{counted(count, 'post')} of {name} read")
        yield one
    on_progress(f"{counted(count, 'post')} of {name} read")
