"""Everything that is known of one post, wherever it is now: queue, answers, review, on its way, log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from botus.errors import SettingsError
from botus.monitoring.attention import OpenPost, open_posts, short
from botus.monitoring.queue.lines import QueueLine, answers, having, queued
from botus.platforms.rows import Limit
from botus.posting.selection import Selection
from botus.posting.target import Target
from botus.schedule.zones import zone_or_utc
from botus.settings import Settings
from botus.store.candidates import Candidates
from botus.store.decisions.entries import Decision, Step
from botus.store.decisions.journal import Decisions
from botus.store.decisions.judgement import earlier_wordings, origins
from botus.store.intents import Intents
from botus.store.log.index import Entry
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue
from botus.store.state import PostingState
from botus.text import called, fingerprint, short_id, unescape

_NAMED = 5


@dataclass(frozen=True)
class About:
    """What is known of one post.

    Attributes:
        post: its fingerprint.
        lines: where it stands in tweets.txt.
        answers: where it stands in answers.txt.
        lengths: per platform how it counts the text, and the most that it takes.
        noted: what `generate` noted of it, or of the wording that it was edited from.
        decisions: what was decided, each with its time in milliseconds since the epoch, oldest first.
        waiting: what is still to be sent, or in question.
        entry: of the log.
    """

    post: str
    text: str
    lines: list[QueueLine]
    answers: list[QueueLine]
    lengths: list[tuple[Limit, int]]
    noted: Mapping[str, Any]
    decisions: list[tuple[int, Decision]]
    waiting: list[OpenPost]
    entry: Entry | None

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "id": short_id(self.post),
            "fingerprint": self.post,
            "text": self.text,
            "queue": [one.as_dict() for one in self.lines],
            "answers": [one.as_dict() for one in self.answers],
            "lengths": {limit.platform.name: {"length": n, "most": limit.most} for limit, n in self.lengths},
            "written": self.noted,
            "decisions": [{"at": at, "kind": one.kind, "text": one.text} for at, one in self.decisions],
            "waiting": [{"target": one.target, "state": one.state, "fate": one.fate} for one in self.waiting],
            "log": self.entry,
        }


def about(
    settings: Settings,
    targets: Mapping[str, Target],
    memory: PostingState,
    selection: Selection,
    name: str,
    now: float,
) -> About:
    """Find a post, and return what is known of it.

    Args:
        targets: where the bot posts.
        memory: what is remembered of them.
        selection: what decides about lines.
        name: its id, its text, or words that no other line has.
        now: seconds since the epoch.

    Raises:
        SettingsError: there is none, or more than one.
    """
    data, log = settings.data, Log(settings.data)
    steps = {file: Decisions(data, file).history().done for file in (TWEETS, ANSWERS)}
    texts = {one.fingerprint: one.text for step in chain(*steps.values()) for one in step.decisions}
    intents = {one.fingerprint: one for one in Intents(data).open()}
    texts |= {post: one.text for post, one in intents.items()}
    said = list(answers(settings))
    texts |= {one.post: one.text for one in said if one.post}
    post = _find(data, name, texts, log)
    lines = [one for one in queued(Queue(data).lines(), selection) if one.post == post]
    said = [one for one in said if one.post == post]
    entry = log.find(post)
    text = next((one.text for one in lines), "") or (entry["text"] if entry else texts.get(post, ""))
    opened = [intents[post]] if post in intents else []
    provenance, old = Candidates(data).provenance(), origins(chain(*steps.values()))
    return About(
        post,
        text,
        lines,
        said,
        [(limit, limit.platform.length(text.strip())) for limit in settings.limits()],
        next((provenance[one] for one in (post, *earlier_wordings(post, old)) if one in provenance), {}),
        sorted(_decided(chain(*steps.values()), post), key=lambda found: found[0]),
        list(open_posts(opened, targets, memory, now, zone_or_utc(settings.zone))),
        entry,
    )


def _find(data: Path, name: str, texts: Mapping[str, str], log: Log) -> str:
    """The fingerprint of the post that is meant."""
    queue, index, claimed = Queue(data), log.index(), Intents(data).used()
    queued_posts = {fingerprint(one.text) for one in queue.lines() if one.text is not None}
    every = {*queued_posts, *texts, *claimed, *index.newest_first()}
    if post := called(name, every):
        return post
    for text in (name, unescape(name)):
        if (post := fingerprint(text)) in every:
            return post
    shown = (QueueLine(fingerprint(one.text), 0, one.text, "", True, "") for one in queue.lines() if one.text)
    found = {one.post: one.text for one in having(shown, name)} if name.strip() else {}
    if not found:
        remedy = "ids are shown by: botus queue list, botus log show"
        raise SettingsError(f"there is no post {short(name)!r} here, neither as an id nor as words", remedy)
    if len(found) > 1:
        some = "; ".join(f"{short_id(post)} {short(text, 40)}" for post, text in [*found.items()][:_NAMED])
        raise SettingsError(f"{len(found):,} posts have these words", f"say which id: {some}")
    return next(iter(found))


def _decided(steps: Iterable[Step], post: str) -> Iterator[tuple[int, Decision]]:
    for step in steps:
        for one in step.decisions:
            if one.fingerprint == post or (one.new and one.new.fingerprint == post):
                yield step.at, one
