"""What the owner should hear of: which events are going on, each with its sentence. Pure.

In: what is known after a step of the loop. Out: events by their keys; the same key is the same event, however
its words change. The one surprise: what damage hides is not over, so such events are named as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from botus.monitoring.health import FAILED_SLOTS
from botus.text import counted, span

_ABOVE = 1.2  # a queue that is refilled is low no longer at so many times the limit: not on, off, on


@dataclass(frozen=True)
class Facts:
    """What is known of a bot.

    Attributes:
        ready: lines that may go out; None where damage hides it.
        held: lines that wait for a person's keep.
        per_day: posts a day by the schedule.
        stopped, unknown: what needs a person, by target, or by post and target; None where damage hides it.
        failed_slots: slots in a row without a post, though there was something to post.
        trouble: what went wrong, in one line.
    """

    ready: int | None
    per_day: float
    stopped: Mapping[str, str] | None = field(default_factory=dict)
    unknown: Mapping[str, str] | None = field(default_factory=dict)
    failed_slots: int = 0
    trouble: str = ""
    held: int = 0

    @property
    def needs_nobody(self) -> bool:
        """Tell whether no person has to look."""
        return not self.trouble and self.stopped == {} and self.unknown == {}


def events(facts: Facts, low_days: float, *, was_low: bool) -> dict[str, str]:
    """Name the events that are going on, by key, as sentences.

    Args:
        low_days: a queue that lasts less long is low.
        was_low: it was low already.
    """
    found = {}
    if facts.trouble:
        found["trouble"] = f"nothing is posted before this is fixed: {facts.trouble}"
    if facts.failed_slots >= FAILED_SLOTS:
        found["barren"] = (
            f"nothing could be posted at the last {facts.failed_slots} slots; look at: botus status"
        )
    found |= {f"stopped {name}": said for name, said in (facts.stopped or {}).items()}
    found |= {f"unknown {post}": said for post, said in (facts.unknown or {}).items()}
    if facts.ready is None:
        return found
    days = facts.ready / facts.per_day
    if days < low_days * (_ABOVE if was_low else 1):
        found["low"] = (
            f"the queue lasts for {span(days * 86400)} ({counted(facts.ready, 'line')}){_what_to_do(facts)}"
        )
    if facts.ready == 0:
        found["empty"] = f"no line of the queue may go out, so nothing is posted{_what_to_do(facts)}"
    return found


def is_over(event: str, now: Mapping[str, str], facts: Facts) -> bool:
    """Tell whether an event that was news has ended, as far as can be seen."""
    kind = event.partition(" ")[0]
    hidden = {
        "low": facts.ready is None,
        "empty": facts.ready is None,
        "stopped": facts.stopped is None,
        "unknown": facts.unknown is None,
    }
    return event not in now and not hidden.get(kind, False)


def _what_to_do(facts: Facts) -> str:
    if facts.held:
        return f"; {counted(facts.held, 'line')} wait{'s' * (facts.held == 1)} for your keep: botus curate"
    return "; add lines: botus generate, then botus curate"
