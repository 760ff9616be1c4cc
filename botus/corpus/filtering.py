"""From the posts of exports to those that are worth training on, with a reason for each that is not. Pure.

Each post is asked in turn: may it be imported at all, did the person want its kind, is it liked enough, is
anything left when it is clean. What passes is joined with its neighbours where a format splits thoughts, and
then compared with everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from botus.corpus.cleaning import Cleaned, Treatment, clean, tidy
from botus.corpus.duplicates import Known
from botus.corpus.parsing.post import ParsedPost
from botus.corpus.parsing.words import is_part
from botus.platforms.rows import Limit, X
from botus.screening.rules import RULES, Rules

KEPT, JOINED = "kept", "joined"
REPLY, WARNING, DELETED = "reply", "content warning", "deleted by its author"
PART = "part of a longer text"
UNLIKED, MEDIA = "too few likes", "media only"
EMPTY, SHORT = "nothing left", "too short"
SAME, NEAR = "duplicate", "near duplicate"
THERE, NEAR_THERE = "in the corpus already", "nearly in the corpus already"
SAMPLES = 10


@dataclass(frozen=True)
class FilterOptions:
    """What a person wants imported."""

    replies: bool = False  # also answers to others
    warnings: bool = False  # also posts with a content warning
    cut_off: bool = False  # also posts that are a part of a longer text
    deleted: bool = False  # also posts that their author took back
    media: bool = False  # also posts that are only pictures: their description becomes the text
    min_likes: int = 0  # the fewest likes, where the export counts them
    # two messages of one channel are two posts from so many seconds between them on; 0: always
    merge_within: float = 900.0
    min_chars: int = 0  # the fewest characters
    limits: Sequence[Limit] = (Limit(X, X.limit),)  # a thought longer than a post ends at a message before
    treatment: Treatment = field(default_factory=Treatment)


@dataclass(frozen=True, slots=True)
class CleanPost:
    """A post that may go into the corpus: when it was written, what was cleaned, its source and channel."""

    text: str
    at: float | None
    cleaned: frozenset[str]
    source: str
    channel: str = ""


@dataclass
class ImportCounts:
    """What became of the posts of an import: each is kept, joined with another, or dropped for one reason."""

    read: int = 0  # posts that the exports have
    kept: int = 0  # posts that go into the corpus
    joined: int = 0  # messages that became part of a kept or dropped post with others
    uncounted: int = 0  # posts of which the export does not say how often they were liked
    dropped: Counter[str] = field(default_factory=Counter)  # how many were left out, by reason
    # what was taken out of kept posts, and of how many
    cleaned: Counter[str] = field(default_factory=Counter)
    # up to ten posts of each reason, each with a detail or ""
    samples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(0))  # chooses the samples

    def drop(self, reason: str, text: str, detail: str = "") -> None:
        """Note a post that is left out."""
        self.dropped[reason] += 1
        self._sample(reason, self.dropped[reason], text, detail)

    def keep(self, post: CleanPost) -> None:
        """Note a post that goes into the corpus."""
        self.kept += 1
        self.cleaned.update(post.cleaned)
        self._sample(KEPT, self.kept, post.text, "")

    def join(self, text: str, others: int) -> None:
        """Note a post that was made of several messages."""
        self.joined += others
        self._sample(JOINED, self.joined, text, f"{others + 1} messages")

    def _sample(self, reason: str, seen: int, text: str, detail: str) -> None:
        """Keep ten of all that come by, each with the same chance (reservoir sampling)."""
        chosen = self.samples.setdefault(reason, [])
        if len(chosen) < SAMPLES:
            chosen.append((text, detail))
        elif (place := self.random.randrange(seen)) < SAMPLES:
            chosen[place] = (text, detail)


def wanted(
    found: Iterable[ParsedPost], source: str, options: FilterOptions, counts: ImportCounts
) -> Iterator[CleanPost]:
    """Yield what is worth comparing of one export, clean; thoughts that were split come last."""

    def long_enough(post: CleanPost) -> bool:
        if len(post.text) < options.min_chars:
            counts.drop(SHORT, post.text)
        return len(post.text) >= options.min_chars

    limits = Rules(limits={one.platform.title: (one.platform.length, one.most) for one in options.limits})
    messages = []
    for one in found:
        counts.read += 1
        counts.uncounted += one.likes is None and not one.refused
        reason, done = _judged(one, options)
        if reason:
            counts.drop(reason, tidy(one.text or one.description or one.warning))
        # A message without words still ties its neighbours together.
        post = CleanPost("" if reason else done.text, one.at, frozenset(done.removed), source, one.channel)
        if one.channel and one.at is not None and options.merge_within and not one.refused:
            messages.append(post)
        elif not reason and long_enough(post):
            yield post
    for thought in thoughts(messages, options.merge_within):
        for parts in _fitting([message for message in thought if message.text], limits):
            text, cleaned = "\n".join(part.text for part in parts), (part.cleaned for part in parts)
            if len(parts) > 1:
                counts.join(text, len(parts) - 1)
            post = CleanPost(text, parts[0].at, frozenset().union(*cleaned), source)
            if long_enough(post):
                yield post


def thoughts(messages: Iterable[CleanPost], within: float) -> Iterator[list[CleanPost]]:
    """Yield the messages of each thought, channel by channel and in the order of time.

    A message belongs to the one before it in its channel if it came less than so many seconds later.
    """
    channels: dict[str, list[tuple[float, CleanPost]]] = {}
    for message in messages:
        channels.setdefault(message.channel, []).append((message.at or 0.0, message))
    for channel in channels.values():
        thought, last = list[CleanPost](), 0.0
        for at, message in sorted(channel, key=lambda one: one[0]):
            if thought and at - last >= within:
                yield thought
                thought = []
            thought.append(message)
            last = at
        yield thought


def _fitting(messages: Iterable[CleanPost], limits: Rules) -> Iterator[list[CleanPost]]:
    """Yield the messages of a thought in parts no longer than a post; a long message stands alone."""
    held = list[CleanPost]()
    for message in messages:
        if held and RULES["length"]("\n".join(one.text for one in [*held, message]), limits):
            yield held
            held = []
        held.append(message)
    if held:
        yield held


def new(posts: Sequence[CleanPost], corpus: Sequence[str], counts: ImportCounts) -> Iterator[CleanPost]:
    """Yield the posts that are new, and those that are word for word there from another source too.

    They are those of all exports, so that the comparison knows what is rare among them.
    """
    known = Known(corpus, (one.text for one in posts))
    for one in posts:
        like = known.meet(one.text)
        if like is None:
            counts.keep(one)
        elif like.is_same:
            counts.drop(THERE if like.was_there else SAME, one.text)
        else:
            counts.drop(NEAR_THERE if like.was_there else NEAR, one.text, like.text)
        if like is None or like.is_same:
            yield one


def _judged(one: ParsedPost, options: FilterOptions) -> tuple[str, Cleaned]:
    """Why a post is left out, or "", and its clean text."""
    nothing = Cleaned("")
    if one.refused:
        return one.refused, nothing
    if one.is_reply and not options.replies:
        return REPLY, nothing
    if one.warning and not options.warnings:
        return WARNING, nothing
    if one.is_deleted and not options.deleted:
        return DELETED, nothing
    if one.likes is not None and one.likes < options.min_likes:
        return UNLIKED, nothing
    if not options.cut_off and is_part(one.text):
        return PART, nothing
    done, empty = clean(one.text, options.treatment), EMPTY
    if not done.refused and not done.text and one.has_media:
        done, empty = clean(one.description, options.treatment) if options.media else nothing, MEDIA
    return done.refused or ("" if done.text else empty), done
