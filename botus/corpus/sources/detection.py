"""Finds out what kind of export a path is, by what is in it; a name alone decides nothing.

A path goes in, the kind in a person's words and a function that reads the posts come out. The one surprise:
a folder or an archive of no known export is read where its files of text are all of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from botus.corpus.parsing.archive import Archive, Single, open_archive, start_of, where
from botus.corpus.parsing.decoding import glance, lines_of, repaired, text_of
from botus.corpus.parsing.post import Found, Options
from botus.corpus.parsing.tarball import Limits
from botus.corpus.sources import discord, json_records, mastodon, plain, tables, unsupported, x
from botus.errors import FileError, SettingsError
from botus.text import counted

KINDS = {
    "x": "X archive",
    "trump": "The Trump Archive",
    "mastodon": "Mastodon outbox",
    "discord": "Discord package",
    "csv": "CSV",
    "json": "JSON",
    "fortune": "fortune",
    "samples": "gpt-2-simple samples",
    "text": "plain text",
}
_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".text", ".md", ".log", "")
_PACKED = (".zip", ".tar.gz", ".tgz", ".tar", ".gz")
_NOT_POSTS = ("readme", "license", "licence", "changelog", "requirements", "manifest", "package")
_KINDS_HINT = (
    "botus reads exports of X, Mastodon and Discord, The Trump Archive, CSV, JSON, fortune and text files"
)

Posts = Callable[[list[str]], Iterator[Found]]


def reader(path: Path, options: Options, limits: Limits = Limits()) -> tuple[str, Posts]:  # noqa: B008
    """Return the kind of an export in a person's words, and what reads its posts.

    Args:
        path: a file or a folder.
        options: what the person said about it.
        limits: how much an archive may unfold to.

    Raises:
        FileError: it is missing, damaged, protected, empty or of no known kind.
        SettingsError: `options.kind` is no kind.
    """
    if options.kind is not None and options.kind not in KINDS:
        raise SettingsError(f"{options.kind} is no kind of export", f"one of: {', '.join(KINDS)}")
    archive = open_archive(path, limits)
    try:
        kind, names = _export(archive, options.kind) or _files(archive, options.kind)
        title = _title(archive, kind, names)
    finally:
        archive.close()
    return title, lambda notes: _posts(archive, kind, names, options, notes)


def _export(archive: Archive, wanted: str | None) -> tuple[str, list[str]] | None:
    """Return the kind and the files of a known export that is there as a whole; None where it is none."""
    if isinstance(archive, Single):
        return None
    found = {
        "x": [name for name in x.files_of(archive) if x.is_tweets(glance(start_of(archive, name, 512)))],
        "mastodon": [name for name in [mastodon.file_of(archive)] if name],
        "discord": discord.files_of(archive),
    }
    for kind, names in found.items():
        if names and wanted in (None, kind):
            return kind, names
    for kind, names in found.items():
        if names:
            raise _unguarded(str(archive.path), kind)
    return None


def _files(archive: Archive, wanted: str | None) -> tuple[str, list[str]]:
    """Return the kind and the names of the files that have posts, where they are of one kind."""
    names = archive.names[:1] if isinstance(archive, Single) else _candidates(archive)
    if len(names) == 1:
        return _kind(archive, names[0], wanted), names
    kinds: dict[str, list[str]] = {}
    for name in names:
        if start_of(archive, name, 1):
            kinds.setdefault(_kind(archive, name, wanted), []).append(name)
    if len(kinds) == 1:
        return next(iter(kinds.items()))
    if not kinds:
        raise _nothing_known(archive)
    shown = ", ".join(f"{some[0]} ({KINDS[kind]})" for kind, some in kinds.items())
    raise FileError(f"{archive.path} has files of several kinds: {shown}", "name the file to read")


def _candidates(archive: Archive) -> list[str]:
    found = unsupported.of_names(archive.names)
    if found is not None:
        raise FileError(f"{archive.path} is {found[0]}", found[1])
    names = [name for name in archive.names if not name.rpartition("/")[2].startswith((".", "._"))]
    return [name for name in names if _may_have_posts(name)]


def _may_have_posts(name: str) -> bool:
    own = name.rpartition("/")[2].lower()
    return (own.endswith(_SUFFIXES[:-1]) and not own.startswith(_NOT_POSTS)) or "." not in own


def _kind(archive: Archive, name: str, wanted: str | None) -> str:
    """Return the kind of one file; what the person says counts, unless it would let private words in.

    Raises:
        FileError: it is empty, of a kind that botus does not read, or of other people's words.
    """
    raw = start_of(archive, name)
    if not raw.strip():
        raise FileError(f"{where(archive, name)} is empty", "is it the file you meant?")
    found = None if wanted else unsupported.of_bytes(raw)
    if found is None:
        start = glance(raw)
        kind = _kind_of_export(start)
        if kind and wanted not in (None, kind):
            raise _unguarded(where(archive, name), kind)
        if kind:
            return kind
        found = unsupported.of_others(start) or (None if wanted else unsupported.of_text(start))
    if found is not None:
        raise FileError(f"{where(archive, name)} is {found[0]}", found[1])
    return wanted or _kind_of_text(start, name)


def _unguarded(place: str, kind: str) -> FileError:
    """Only the reader of an export knows what in it is private."""
    return FileError(
        f"{place} is read as {KINDS[kind]} or not at all: it may have private posts", "drop --kind"
    )


def _kind_of_export(start: str) -> str:
    if x.is_tweets(start):
        return "x"
    if mastodon.is_outbox(start):
        return "mastodon"
    return "discord" if discord.is_messages(start) else ""


def _kind_of_text(start: str, name: str) -> str:
    lines = list(lines_of([start], name))
    whole = lines[:-1] or lines
    if json_records.is_json(start):
        return "trump" if json_records.is_trump(start) else "json"
    if plain.is_samples(lines):
        return "samples"
    if plain.is_fortune(lines):
        return "fortune"
    if tables.is_trump(whole):
        return "trump"
    if tables.is_table(whole[:50], name.lower().endswith((".csv", ".tsv"))):
        return "csv"
    return "text"


def _title(archive: Archive, kind: str, names: list[str]) -> str:
    if kind == "json" and names and json_records.is_lines(glance(start_of(archive, names[0]))):
        return "JSON Lines"
    return KINDS[kind]


def _posts(
    archive: Archive, kind: str, names: list[str], options: Options, notes: list[str]
) -> Iterator[Found]:
    count = 0
    try:
        for found in _of_kind(archive, kind, names, options, notes):
            if found.text.isascii():
                yield found
                continue
            # Halves of letters are left where a text was cut at a length; no file can hold them.
            whole = found.text.encode(errors="ignore").decode()
            text = repaired(whole)
            count += text != whole
            yield found if text == found.text else replace(found, text=text)
    finally:
        archive.close()
    if count:
        notes.append(f"{counted(count, 'post')} had letters such as â€™ for ’, and got the right ones")


def _of_kind(
    archive: Archive, kind: str, names: list[str], options: Options, notes: list[str]
) -> Iterator[Found]:
    if kind == "x":
        yield from x.posts(archive, names, notes)
    elif kind == "discord":
        yield from discord.posts(archive, names, notes, options.unknown_channels)
    else:
        for name in names:
            yield from _of_file(archive, kind, name, options, notes)


def _of_file(archive: Archive, kind: str, name: str, options: Options, notes: list[str]) -> Iterable[Found]:
    if kind == "mastodon":
        return mastodon.posts(archive, name, notes)
    place = where(archive, name)
    text = text_of(archive.pieces(name), place, notes)
    start = glance(start_of(archive, name))
    if kind == "json" or (kind == "trump" and json_records.is_json(start)):
        return json_records.posts(text, place, json_records.is_lines(start), options.column)
    lines = lines_of(text, place)
    if kind in ("csv", "trump"):
        return tables.posts(lines, place, options.column)
    if kind == "fortune":
        return plain.fortunes(lines)
    return plain.samples(lines) if kind == "samples" else plain.posts(lines, name.rpartition("/")[2])


def _nothing_known(archive: Archive) -> FileError:
    if not archive.names:
        return FileError(f"{archive.path} is empty", "is it the export you meant?")
    inner = next((name for name in archive.names if name.lower().endswith(_PACKED)), None)
    hint = f"name the archive in it: {where(archive, inner)}" if inner else _KINDS_HINT
    return FileError(f"{archive.path} has nothing that botus reads", hint)
