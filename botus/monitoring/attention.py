"""What needs a person and what is open: targets that stopped, posts nobody knows about, posts in progress.

One sentence each, with what to type. Pure, of what the owners of the files have read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from botus.platforms.rows import confirms
from botus.posting.delivery import has_stopped
from botus.posting.target import Target
from botus.schedule.zones import dated
from botus.store.durable import owner
from botus.store.intents import Intent
from botus.store.running.runs import Run
from botus.store.state import PostingState
from botus.text import fingerprint, span


@dataclass(frozen=True)
class OpenPost:
    """One post on one target.

    Attributes:
        state: `pending` or `sending`.
        reason: why it has not gone out, or "".
        fate: what becomes of it.
        command: what a person can type who does not want to wait for that; "" for nothing.
    """

    id: str
    text: str
    target: str
    state: str
    reason: str
    fate: str
    command: str


def stopped_targets(memory: PostingState, targets: Mapping[str, Target]) -> dict[str, str]:
    """Say of every target that has stopped why, by its name; what an earlier account did counts no more."""
    return {
        name: has_stopped(target, memory.targets[name].stopped)
        for name, target in targets.items()
        if _has_stopped(name, targets, memory)
    }


@dataclass(frozen=True)
class LostPost:
    """A post of which nobody knows whether it came out on a target, and what was said when it was lost."""

    id: str
    text: str
    target: str
    error: str

    @property
    def words(self) -> str:
        """What is the matter, and what a person can do."""
        resolve = f"botus resolve {self.id} --target {self.target} --posted [URL] | --not-posted | --give-up"
        return (
            f"{self.id} on {self.target}: nobody knows whether it was posted ({self.error}):"
            f" {short(self.text)!r}; look at the account, then: {resolve}"
        )


def lost_posts(entries: Iterable[dict[str, Any]], intents: Iterable[Intent] = ()) -> Iterator[LostPost]:
    """Yield every post whose outcome is unknown, once for each target.

    Args:
        entries: the log.
        intents: the open posts; what the log says of their targets counts no more.
    """
    found: dict[tuple[str, str], LostPost] = {}
    for entry in entries:
        for name, part in outcomes(entry).items():
            if part.get("state") == "unknown" and entry.get("id"):
                found[fingerprint(entry["text"]), name] = _lost(
                    entry["id"], entry["text"], name, part.get("error")
                )
    for intent in intents:
        for name, one in intent.deliveries.items():
            found.pop((intent.fingerprint, name), None)  # it is sent once more
            if one.state == "unknown":
                found[intent.fingerprint, name] = _lost(intent.id, intent.text, name, one.error)
    yield from (one for one in found.values() if confirms(one.target))


def unknown_posts(entries: Iterable[dict[str, Any]], intents: Iterable[Intent] = ()) -> dict[str, str]:
    """Say of every post whose outcome is unknown what a person can do, by its id and target."""
    return {f"{one.id} {one.target}": one.words for one in lost_posts(entries, intents)}


def open_posts(
    intents: Iterable[Intent], targets: Mapping[str, Target], memory: PostingState, now: float, zone: ZoneInfo
) -> Iterator[OpenPost]:
    """Say of every open post what becomes of it; most need nobody. `now` is seconds since the epoch."""
    for intent in intents:
        for name, part in intent.open_deliveries().items():
            at = dated(datetime.fromtimestamp(part.until, UTC), zone)
            after = f"after {at}" if part.until > now else ""
            resolve = f"botus resolve {intent.id} --target {name}"
            if part.state == "sending":
                reason = part.error or "no answer"
                command = f"{resolve} --posted [URL] | --not-posted | --give-up"
                fate = f"botus looks for it {after or 'with the next post'}"
                if intent.owner and owner.is_alive(intent.owner):
                    fate, command = "is being sent now", ""
                elif name not in targets:
                    fate = f"{name} is no longer in the settings: look at the account"
            else:
                reason, command = part.error or "", f"{resolve} --give-up"
                fate = f"goes out with the first post {after}" if after else "goes out with the next post"
                if name not in targets:
                    fate = f"{name} is no longer in the settings: put it back"
                elif _has_stopped(name, targets, memory):
                    fate = f"waits until {name} goes on: fix that, then run botus doctor"
            yield OpenPost(intent.id, intent.text, name, part.state, reason, fate, command)


def running(runs: Sequence[Run], now: float, zone: ZoneInfo) -> Iterator[str]:
    """Say whether `botus run` is alive and since when, and if there is more than one.

    Args:
        runs: those of this folder, as `Runs.all` returns them.
        now: seconds since the epoch.
    """
    alive = [one for one in runs if one.is_alive]
    for number, one in enumerate(alive):
        since = "" if one.since is None else f" since {_moment(one.since, zone)}"
        where = f", process {one.pid}" if one.pid else f", on {one.host}" if one.host else ""
        hangs = f"; no sign of life for {span(now - one.beat)}: restart it" if one.is_stale(now) else ""
        begin = "another one is at work on this folder" if number else "running"
        yield f"{begin}{since}{where}{hangs}"
    if len(alive) > 1:
        yield "stop all but one of them; no line goes out twice meanwhile"
    if not alive:
        yield f"not running{_how_it_ended(runs[0], zone) if runs else ''}"


def _how_it_ended(run: Run, zone: ZoneInfo) -> str:
    when = _moment(run.beat, zone)
    known = {
        "ended": f": it ended {when}",
        "killed": f": it was killed, or crashed; its last sign of life was {when}",
    }
    said = known.get(run.state, f", it seems: its last sign of life was {when}")
    return f"{said}; start it with: botus run"


def _moment(seconds: float, zone: ZoneInfo) -> str:
    return dated(datetime.fromtimestamp(seconds, UTC), zone)


def outcomes(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What an entry says of each target; nothing where a hand or another program wrote something else."""
    targets = entry.get("targets")
    found = targets if isinstance(targets, dict) else {}
    return {name: part for name, part in found.items() if isinstance(part, dict)}


def short(text: str, shown: int = 60) -> str:
    """A text in one line of so many characters at most."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= shown else one_line[: shown - 1] + "…"


def _has_stopped(name: str, targets: Mapping[str, Target], memory: PostingState) -> bool:
    state = memory.targets.get(name)
    target = targets.get(name)
    return bool(target and state and state.stopped and state.is_about(target.account, target.base_url))


def _lost(post: object, text: str, name: str, error: object) -> LostPost:
    return LostPost(str(post), text, name, str(error or "no answer"))
