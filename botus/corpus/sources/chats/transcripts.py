"""Reads conversations in text files: the messages of the person who is named, and nobody else's.

What follows the head of a message belongs to it, up to the next head. Lines that only a program writes (who
joined, which picture was left out) are no words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from botus.corpus.parsing import dates
from botus.corpus.parsing.archive import Archive
from botus.corpus.parsing.authors import ONE_AUTHOR, Author, Authors
from botus.corpus.parsing.decoding import glance
from botus.corpus.parsing.post import Options, ParsedPost, Refusal
from botus.corpus.sources.chats.heads import Head, head_of, names_of, plain
from botus.corpus.sources.chats.recognition import Conversation, Layout, Tally, of, watched
from botus.errors import FileError
from botus.text import counted

_MARK = "\u200e"  # iOS writes it before what is no words of the person: "image omitted"
_PLACEHOLDER = re.compile(
    r"<[^<>]{4,60}>|\{[A-Z]\w+\}|\S+\.\w{2,4} \([^()]{3,40}\)|null"
    r"|(?:this message was deleted|you deleted this message|diese nachricht wurde gelöscht"
    r"|du hast diese nachricht gelöscht|ce message a été supprimé|vous avez supprimé ce message"
    r"|se eliminó este mensaje|eliminaste este mensaje|questo messaggio è stato eliminato"
    r"|hai eliminato questo messaggio|mensagem apagada|você apagou esta mensagem"
    r"|dit bericht is verwijderd|(?:это|данное) сообщение удалено|bu mesaj silindi)\.?"
    r"|(?:image|video|audio|sticker|gif|document|contact card) omitted"
    r"|(?:bild|video|audio|sticker) weggelassen"
    r"|missed (?:voice|video) call",
    re.IGNORECASE,
)
_EDITED = re.compile(
    r"\s*[\u200e]?<[^<>\d]{6,60}>$|\s*\((?:edited|bearbeitet|modifié|editado|modificato|изменено)\)$"
)
_LONGEST_NOTE = 100  # letters of what a program adds to a message
_SECTION = re.compile(r"\{[A-Z]\w+\}$|=+$")  # DiscordChatExporter: what is attached to the message above
_QUOTED_LINE = re.compile(r"^>>> (?s:.*)|^> .*(?:\n|$)", re.MULTILINE)
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)$")  # "Heron (@heron:pond.example)"
_COPY = "copy your own into a text file"
_CUE = re.compile(r"\s*\d+\s*")
_PARTS = re.compile(r"[\s@,|/•·»–—]*[<>()\[\]{}【】«»/@|•·][\s@,|/•·»–—]*")


def posts(archive: Archive, names: list[str], options: Options, notes: list[str]) -> Iterator[ParsedPost]:
    """Yield the messages of the author whom the person names.

    Raises:
        FileError: nobody is named, or nobody of this name is there.
    """
    for name in names:
        place = archive.place(name)
        found = of(glance(archive.start(name)))
        if options.author is None:
            raise refused(place, found)
        if found is None or not found.is_readable:
            raise FileError(f"{place}: botus cannot tell where its messages begin", _COPY)
        authors = Authors(place, options.author)
        for message in _messages(archive.lines(name, notes), found):
            yield from _posts(message, found, authors, place)
        yield from authors.rest()


def refused(place: str, found: Conversation | None, kind: str = "text") -> FileError:
    """The error for a conversation of which nobody's words may be taken yet.

    Args:
        kind: what the person says the file is, if it is none.
    """
    what = found or "a conversation: it has other people's words"
    hint = ONE_AUTHOR if found is None or found.is_readable else _COPY
    is_sure = found is None or found.is_stamped
    return FileError(f"{place} is {what}", hint if is_sure else f"{hint}; if it is none, --kind {kind}")


def unquoted(text: str) -> str:
    """Return a message without the lines that quote somebody."""
    return _QUOTED_LINE.sub("", text).strip() if ">" in text else text.strip()


def without_conversations(
    lines: Iterable[str], place: str, kind: str | None, notes: list[str]
) -> Iterator[str]:
    """Yield the lines of a text in which there is no conversation.

    Args:
        kind: what the person says the file is; then names without times are no conversation.
        notes: gets a sentence where most lines begin with a date or a time.

    Raises:
        FileError: there is one, which shows when the lines are read up to it.
    """
    tally = Tally()
    for line, found in watched(lines, tally):
        if found and (found.is_stamped or kind is None):
            raise refused(place, found)
        if line:
            yield line
    if tally.stamped > max(3, tally.lines * 0.8):
        notes.append(
            f"{place}: {tally.stamped:,} of {counted(tally.lines, 'line')} begin with a date or a time, "
            "which stays in the post; take it out if it is not part of your words"
        )


def without_messages(
    posts: Iterable[ParsedPost], place: str, kind: str, *, is_sure: bool
) -> Iterator[ParsedPost]:
    """Yield posts of which no run is a conversation, each message a post.

    Args:
        kind: what the file is.
        is_sure: only messages with times are looked for.

    Raises:
        FileError: there is one, which shows when the posts are read up to it.
    """
    told = list[ParsedPost]()

    def lines() -> Iterator[str]:
        for post in posts:
            told.append(post)
            yield from post.text.splitlines() if not post.refused else ()

    for _, found in watched(lines(), Tally(), with_names=not is_sure):
        if found and (found.is_stamped or not is_sure):
            hint = "copy the messages into a text file; --author NAME takes one person's of it"
            more = "" if found.is_stamped else f"; if it is none, --kind {kind}"
            raise FileError(f"{place} is {found}", hint + more)
        yield from told
        told.clear()


@dataclass
class _Message:
    """The head of a message, which of the speakers' turns it belongs to, and its lines."""

    head: Head
    turn: int
    lines: list[str] = field(default_factory=list)


def _messages(lines: Iterable[str], found: Conversation) -> Iterator[_Message]:
    """The messages in the order of the file; what comes before the first has no head and is nobody's."""
    message, is_section = _Message(Head("", "", ""), 0), False
    for number, (line, head) in enumerate(_with_heads(lines, found)):
        if head is None:
            is_section = bool(_SECTION.match(line.strip())) or (is_section and bool(line.strip()))
            if not is_section:
                message.lines.append(line)
            continue
        if number or message.lines:
            yield message
        turn = message.turn + (head.name != message.head.name)
        message, is_section = _Message(head, turn, [head.words] if head.words else []), False
    yield message


def _with_heads(lines: Iterable[str], found: Conversation) -> Iterator[tuple[str, Head | None]]:
    """The lines, each with the head that it is; the words of a head are part of it."""
    if found.layout is Layout.ALONE:
        yield from _with_names_alone(lines, found.form)
        return
    if found.layout is Layout.BESIDE:
        for line in lines:
            head = head_of(line)
            if head and head.stamp:
                # A line with a stamp and no name is the program's; a mark tells its placeholders.
                named = head.is_closed and head.name
                words = head.words if not _marked(line, head) else ""
                yield line, Head(head.stamp, found.sender(head.name) if named else "", words)
            else:
                yield line, None
        return
    if found.layout is Layout.ABOVE:
        for line in lines:
            head = head_of(line)
            is_head = head is not None and head.stamp and (head.name or head.lead) and not head.is_closed
            yield line, Head(head.stamp, head.name or head.lead, "") if head and is_head else None
        return
    yield from _with_names_apart(lines, is_after=found.layout is Layout.AFTER)


def _with_names_alone(lines: Iterable[str], form: str) -> Iterator[tuple[str, Head | None]]:
    """The stamps between the messages are those of subtitles, and so are the numbers above them."""
    number: str | None = None
    for line in lines:
        head = head_of(line)
        is_stamp = head is not None and bool(head.stamp) and not head.words
        if number is not None and not is_stamp:
            yield number, None
        number = line if _CUE.fullmatch(line) else None
        if number is None:
            named = next((one for one in names_of(line) if one.form == form), None)
            yield line, Head("", "", "") if is_stamp else named
    if number is not None:
        yield number, None


def _with_names_apart(lines: Iterable[str], *, is_after: bool) -> Iterator[tuple[str, Head | None]]:
    """The stamp stands alone in its line, and the name in the one below or above it."""
    waiting, last = None, None
    for line in lines:
        head = head_of(line)
        is_stamp = (
            head is not None and bool(head.stamp) and head.has_clock and not head.words and not head.name
        )
        if is_after:
            if is_stamp:
                waiting = head
            elif waiting and line.strip():
                yield line, Head(waiting.stamp, plain(line).strip(), "")
                waiting = None
            elif not waiting:
                yield line, None
        elif is_stamp and head:
            yield line, Head(head.stamp, plain(last or "").strip(), "")
            last = None
        elif line.strip() and re.search(r"\w", line):
            if last is not None:
                yield last, None
            last = line
    if last is not None:
        yield last, None


def _marked(line: str, head: Head) -> bool:
    """Whether the words are the program's: a mark stands before them."""
    return f"{_MARK}{head.words[:10]}" in line if head.words else False


def _posts(message: _Message, found: Conversation, authors: Authors, place: str) -> Iterator[ParsedPost]:
    text = "\n".join(line.rstrip("\r\n") for line in message.lines).strip()
    text = text.removesuffix("</v>")
    text = unquoted(text[:-_LONGEST_NOTE] + _EDITED.sub("", text[-_LONGEST_NOTE:]))
    if not message.head.name:
        if text:
            yield ParsedPost(text, Refusal.NOT_A_POST)
        return
    name = message.head.name
    is_words = text and not _PLACEHOLDER.fullmatch(text)
    post = ParsedPost(
        text if is_words else "",
        at=dates.seconds(message.head.stamp),
        has_media=not is_words,
        channel=f"{place} {message.turn}",
    )
    names = dict.fromkeys((name, *_called(name, found)))
    yield from authors.posts(post, Author(names=tuple(names)))


def _called(name: str, found: Conversation) -> Iterator[str]:
    """Yield how else a person may be called than by all that stands where the name does."""
    yield _IN_BRACKETS.sub("", name)
    yield from filter(None, _PARTS.split(name))
    words, (before, behind) = name.split(), found.around
    if len(words) > 1 and len(found.names) > 1:  # "by name", "name says"
        yield " ".join(words[1:] if words[0] == before else words)
        yield " ".join(words[:-1] if words[-1] == behind else words)
