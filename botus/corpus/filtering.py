"""From the posts of exports to those that are worth training on, with a reason for each that is not.

Pure: posts go in, posts come out, and the tally is kept. Each post is asked in turn: may it be imported at
all, did the person want its kind, is it liked enough, is anything left when it is clean. What passes is
joined with its neighbours where a format splits thoughts, and then compared with everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from botus.corpus.cleaning import Cleaned, Treatment, clean, tidy
from botus.corpus.duplicates import Known
from botus.corpus.merging import thoughts
from botus.corpus.sources.reading import Found
from botus.corpus.tally import Tally

REPLY, WARNING, DELETED = "reply", "content warning", "deleted by its author"
UNLIKED, MEDIA = "too few likes", "media only"
EMPTY, SHORT = "nothing left", "too short"
SAME, NEAR = "duplicate", "near duplicate"
THERE, NEAR_THERE = "in the corpus already", "nearly in the corpus already"


@dataclass(frozen=True)
class Wishes:
    """What a person wants imported.

    Args:
        replies: also answers to others.
        warnings: also posts with a content warning.
        deleted: also posts that their author took back.
        media: also posts that are only pictures: their description becomes the text.
        min_likes: the fewest likes, where the export counts them.
        merge_within: seconds between two messages of one channel from which they are two posts; 0: always.
        min_chars: the fewest characters.
        treatment: of the words.
    """

    replies: bool = False
    warnings: bool = False
    deleted: bool = False
    media: bool = False
    min_likes: int = 0
    merge_within: float = 900.0
    min_chars: int = 0
    treatment: Treatment = field(default_factory=Treatment)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clean post that may go into the corpus, with what was cleaned and the source it is from."""

    text: str
    at: float | None
    cleaned: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class _Message:
    channel: str
    at: float
    text: str
    cleaned: frozenset[str]


def candidates(found: Iterable[Found], source: str, wishes: Wishes, tally: Tally) -> Iterator[Candidate]:
    """Yield what is worth comparing of one export, thoughts that were split last.

    Args:
        found: its posts.
        source: its name.
        wishes: of the person.
        tally: is kept.
    """
    messages = []
    for one in found:
        tally.read += 1
        tally.uncounted += one.likes is None and not one.refused
        reason, done = _judged(one, wishes)
        if reason:
            tally.drop(reason, tidy(one.text or one.description or one.warning))
        is_message = bool(one.channel and one.at is not None and wishes.merge_within and not one.refused)
        if is_message and one.at is not None:
            text = "" if reason else done.text  # one without words still ties its neighbours together
            messages.append(_Message(one.channel, one.at, text, frozenset(done.removed)))
        elif not reason:
            yield from _long_enough(
                Candidate(done.text, one.at, frozenset(done.removed), source), wishes, tally
            )
    for thought in thoughts(messages, wishes.merge_within):
        if parts := [message for message in thought if message.text]:
            yield from _long_enough(_joined(parts, source, tally), wishes, tally)


def new(candidates: Sequence[Candidate], corpus: Sequence[str], tally: Tally) -> Iterator[Candidate]:
    """Yield the candidates that are new, and those that are word for word there from another source too.

    Args:
        candidates: of all exports, so that the comparison knows what is rare among them.
        corpus: the posts that are there.
        tally: is kept.
    """
    known = Known(corpus, (one.text for one in candidates))
    for one in candidates:
        like = known.meet(one.text)
        if like is None:
            tally.keep(one.text, one.cleaned)
        elif like.is_same:
            tally.drop(THERE if like.was_there else SAME, one.text)
        else:
            tally.drop(NEAR_THERE if like.was_there else NEAR, one.text, like.text)
        if like is None or like.is_same:
            yield one


def _judged(one: Found, wishes: Wishes) -> tuple[str, Cleaned]:
    """Why a post is left out, or "", and its clean text."""
    nothing = Cleaned("")
    if one.refused:
        return one.refused, nothing
    if one.is_reply and not wishes.replies:
        return REPLY, nothing
    if one.warning and not wishes.warnings:
        return WARNING, nothing
    if one.is_deleted and not wishes.deleted:
        return DELETED, nothing
    if one.likes is not None and one.likes < wishes.min_likes:
        return UNLIKED, nothing
    done = clean(one.text, wishes.treatment)
    if not done.refused and not done.text and one.has_media:
        done = clean(one.description, wishes.treatment) if wishes.media else nothing
        return done.refused or ("" if done.text else MEDIA), done
    return done.refused or ("" if done.text else EMPTY), done


def _joined(parts: list[_Message], source: str, tally: Tally) -> Candidate:
    text = "\n".join(message.text for message in parts)
    if len(parts) > 1:
        tally.join(text, len(parts) - 1)
    return Candidate(text, parts[0].at, frozenset().union(*(part.cleaned for part in parts)), source)


def _long_enough(one: Candidate, wishes: Wishes, tally: Tally) -> Iterator[Candidate]:
    if len(one.text) < wishes.min_chars:
        tally.drop(SHORT, one.text)
    else:
        yield one
