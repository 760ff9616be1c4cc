"""Finds out what kind of export a path is, by what is in it, never by its name alone, and reads its posts.

A format is its module and its line in `FORMATS`. A folder or an archive of no known export is read where its
text files are all of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from botus.corpus.parsing.archive import Archive, Limits, Single, open_archive
from botus.corpus.parsing.authors import nameless
from botus.corpus.parsing.decoding import glance, known_encoding, repaired
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.parsing.words import told
from botus.corpus.sources import unsupported
from botus.corpus.sources.archives import bluesky_repo, discord, instagram, mastodon, x
from botus.corpus.sources.chats import discord_exporter, recognition, telegram, transcripts
from botus.corpus.sources.records import bluesky, json_records, reddit, tables
from botus.corpus.sources.texts import plain, samples
from botus.errors import FileError, SettingsError
from botus.text import LONGEST_POST, counted

_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".text", ".md", ".log")
_PACKED = (".zip", ".tar.gz", ".tgz", ".tar", ".gz")
_NOT_POSTS = ("readme", "license", "licence", "changelog", "requirements", "manifest", "package")


@dataclass(frozen=True)
class Format:
    """How a format is told and read.

    Attributes:
        title: in a person's words.
        is_start: tells it from the start of a file and the file's name.
        posts: reads files of it; appends sentences for the person to the last argument.
        files_of: the files with posts of a folder or an archive that is such an export; None for a format of
            single files. Only the reader of such an export knows what in it is private, so it is never read
            as anything else.
    """

    title: str
    is_start: Callable[[str, str], bool]
    posts: Callable[[Archive, list[str], Options, list[str]], Iterator[ParsedPost]]
    files_of: Callable[[Archive], list[str]] | None = None


def _is_trump(start: str, name: str) -> bool:
    return json_records.is_trump(start) if json_records.is_json(start, name) else tables.is_trump(start)


def _trump(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    for name in names:
        reader = json_records if json_records.is_json(glance(archive.start(name)), name) else tables
        yield from reader.posts(archive, [name], options, notes)


def _bluesky(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    yield from map(bluesky.post_of, bluesky_repo.records(archive, names))


def _instagram(
    archive: Archive, names: list[str], options: Options, notes: list[str]
) -> Iterator[ParsedPost]:
    instagram.check_public(archive, notes)
    yield from json_records.posts(archive, names, options, notes)


def _in_archives_only(start: str, name: str) -> bool:
    return False


def _is_chat(start: str, name: str) -> bool:
    return not tables.has_header(start) and recognition.of(start) is not None


FORMATS = {  # in the order in which they are asked
    "x": Format("X archive", x.is_tweets, x.posts, x.files_of),
    "mastodon": Format("Mastodon outbox", mastodon.is_outbox, mastodon.posts, mastodon.files_of),
    "discord": Format("Discord package", discord.is_messages, discord.posts, discord.files_of),
    "telegram": Format("Telegram chat", telegram.is_chat, telegram.posts),
    "discord-chat": Format("DiscordChatExporter", discord_exporter.is_channel, discord_exporter.posts),
    "bluesky": Format("Bluesky repository", bluesky_repo.is_car, _bluesky, bluesky_repo.files_of),
    "reddit": Format("Reddit data request", _in_archives_only, tables.posts, reddit.files_of),
    "instagram": Format("Instagram or Threads", _in_archives_only, _instagram, instagram.files_of),
    "trump": Format("The Trump Archive", _is_trump, _trump),
    "json": Format("JSON", json_records.is_json, json_records.posts),
    "chat": Format("conversation", _is_chat, transcripts.posts),
    "samples": Format("gpt-2-simple samples", samples.is_samples, samples.posts),
    "fortune": Format("fortune", samples.is_fortune, samples.fortunes),
    "csv": Format("CSV", tables.is_table, tables.posts),
    "text": Format("plain text", lambda start, name: True, plain.posts),
}


_TEXTS = ("samples", "fortune", "csv", "text")  # what a conversation might be called to get in
_WATCHED = ("samples", "fortune", "csv", "json")  # plain text watches its lines itself
_WITH_AUTHORS = ("chat", "telegram", "discord-chat", "trump", "json", "csv")


class Reading:
    """The posts of one export, parsed one by one while it is iterated; each iteration reads it anew.

    Attributes:
        kind: the format in a person's words, such as "X archive".
        notes: sentences for the person; complete when an iteration has ended.
    """

    def __init__(self, archive: Archive, kind: str, names: list[str], options: Options) -> None:
        self.notes: list[str] = []
        if options.author is not None and kind not in _WITH_AUTHORS:
            raise nameless(archive.place(names[0]))
        self._archive, self._names, self._options = archive, names, options
        self._key, self._format = kind, FORMATS[kind]
        is_lines = kind == "json" and json_records.is_lines(glance(archive.start(names[0])))
        self.kind = "JSON Lines" if is_lines else self._format.title

    def _posts(self) -> Iterator[ParsedPost]:
        posts = self._format.posts(self._archive, self._names, self._options, self.notes)
        kind, options = self._key, self._options
        if kind not in _WATCHED or options.author is not None:
            return posts
        is_sure = kind not in _TEXTS or kind == "csv" or options.kind is not None
        return transcripts.without_messages(posts, self._archive.place(self._names[0]), kind, is_sure=is_sure)

    def __iter__(self) -> Iterator[ParsedPost]:
        self.notes[:] = self._archive.notes()
        count = 0
        try:
            for post in self._posts():
                if len(post.text) > LONGEST_POST:
                    yield replace(post, refused=post.refused or Refusal.ENDLESS)
                    continue
                if post.text.isascii():
                    yield told(post)
                    continue
                # Halves of letters are left where a text was cut at a length; no file can hold them.
                whole = post.text.encode(errors="ignore").decode()
                text = repaired(whole)
                count += text != whole
                yield told(post if text == post.text else replace(post, text=text))
        finally:
            self._archive.close()
        if count:
            self.notes.append(
                f"{counted(count, 'post')} had letters such as â€™ for ’, and got the right ones"
            )


def read(path: Path, options: Options = Options(), limits: Limits = Limits()) -> Reading:  # noqa: B008 (frozen)
    """Find out what a file or folder is and return its posts, read while they are iterated.

    Args:
        path: an export as it was downloaded (.zip, .tar.gz, .tgz, .tar), unpacked, or a file of it.
        options: what the person said about it.
        limits: how much an archive may unfold to.

    Raises:
        FileError: it is missing, damaged, protected, empty or of no known kind; iterating may raise it too.
        SettingsError: `options.kind` is no kind, `options.column` no column of the file.
    """
    if options.kind is not None and options.kind not in FORMATS:
        raise SettingsError(f"{options.kind} is no kind of export", f"one of: {', '.join(FORMATS)}")
    if options.encoding is not None and not known_encoding(options.encoding):
        raise SettingsError(f"{options.encoding} is no encoding of text", "for example cp1251 or shift_jis")
    archive = open_archive(path, limits)
    archive.encoding = options.encoding
    try:
        if isinstance(archive, Single):
            names = archive.names[:1]
            return Reading(archive, _kind_of_file(archive, names[0], options.kind), names, options)
        kind, names = _whole_export(archive, options.kind) or _text_files(archive, options.kind)
        return Reading(archive, kind, names, options)
    finally:
        archive.close()


def _whole_export(archive: Archive, wanted: str | None) -> tuple[str, list[str]] | None:
    """The kind and the files of a known export that is there as a whole; None where it is none."""
    there = [(kind, one.files_of(archive)) for kind, one in FORMATS.items() if one.files_of]
    found = [(kind, names) for kind, names in there if names]
    if not found:
        return None
    for kind, names in found:
        if wanted in (None, kind):
            return kind, names
    raise _guarded(str(archive.path), found[0][0])


def _text_files(archive: Archive, wanted: str | None) -> tuple[str, list[str]]:
    """The kind and the names of the files that have posts, where they are of one kind."""
    unsupported.refuse(str(archive.path), unsupported.of_names(archive.names))
    names = [name for name in archive.names if _may_have_posts(name.rpartition("/")[2].lower())]
    if len(names) == 1:
        return _kind_of_file(archive, names[0], wanted), names
    kinds: dict[str, list[str]] = {}
    for name in names:
        if archive.start(name, 1):
            kinds.setdefault(_kind_of_file(archive, name, wanted), []).append(name)
    if len(kinds) == 1:
        return next(iter(kinds.items()))
    if kinds:
        shown = ", ".join(f"{some[0]} ({FORMATS[kind].title})" for kind, some in kinds.items())
        raise FileError(f"{archive.path} has files of several kinds: {shown}", "name the file to read")
    if not archive.names:
        said = "; ".join([f"{archive.path} is empty", *archive.notes()])
        raise FileError(said, "is it the export you meant?")
    inner = next((name for name in archive.names if name.lower().endswith(_PACKED)), None)
    hint = (
        f"name the archive in it: {archive.place(inner)}"
        if inner
        else f"botus reads: {', '.join(one.title for one in FORMATS.values())}"
    )
    raise FileError(f"{archive.path} has nothing that botus reads", hint)


def _may_have_posts(own_name: str) -> bool:
    if own_name.startswith("."):
        return False
    return "." not in own_name or (own_name.endswith(_SUFFIXES) and not own_name.startswith(_NOT_POSTS))


def _kind_of_file(archive: Archive, name: str, wanted: str | None) -> str:
    """Return the kind of one file; what the person says counts, unless it would let private words in.

    Raises:
        FileError: it is empty, of a kind that botus does not read, or of other people's words.
    """
    place, raw = archive.place(name), archive.start(name)
    if not raw.strip():
        raise FileError(f"{place} is empty", "is it the file you meant?")
    start = glance(raw)
    is_known = any(one.files_of and one.is_start(start, name) for one in FORMATS.values())
    if not wanted and not is_known:
        unsupported.refuse(place, unsupported.of_bytes(raw))
    for kind, one in FORMATS.items():
        if one.files_of and one.is_start(start, name):
            if wanted in (None, kind):
                return kind
            raise _guarded(place, kind)
    unsupported.refuse(place, unsupported.of_others(start))
    if not wanted:
        unsupported.refuse(place, unsupported.of_text(start))
    elif wanted in _TEXTS and not tables.has_header(start):
        found = recognition.of(start)
        if found and found.is_stamped:
            raise transcripts.refused(place, found)
    return wanted or next(kind for kind, one in FORMATS.items() if one.is_start(start, name))


def _guarded(place: str, kind: str) -> FileError:
    title = FORMATS[kind].title
    return FileError(f"{place} is read as {title} or not at all: it may have private posts", "drop --kind")
