"""What the owner should hear of: which events are going on, each with its sentence. Pure.

The same key is the same event, however its words change. State that cannot be read keeps an alert open.
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
        ready: lines that may go out; None where damage hides this, and what needs a person.
        per_day: posts a day by the schedule.
        stopped, unknown: what needs a person, by target, or by post and target.
        failed_slots: slots in a row without a post, though there was something to post.
        trouble: what went wrong, in one line.
        held: lines that wait for a person's keep.
    """

    ready: int | None
    per_day: float
    stopped: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    failed_slots: int = 0
    trouble: str = ""
    held: int = 0

    @property
    def needs_nobody(self) -> bool:
        """Tell whether no person has to look."""
        return not (self.ready is None or self.trouble or self.stopped or self.unknown)


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
        said = f"nothing could be posted at the last {facts.failed_slots} slots"
        found["barren"] = f"{said}; look at: botus status"
    found |= {f"stopped {name}": said for name, said in facts.stopped.items()}
    found |= {f"unknown {post}": said for post, said in facts.unknown.items()}
    if facts.ready is None:
        return found
    days = facts.ready / facts.per_day
    if days < low_days * (_ABOVE if was_low else 1):
        lasts = f"{span(days * 86400)} ({counted(facts.ready, 'line')})"
        found["low"] = f"the queue lasts for {lasts}{_what_to_do(facts)}"
    if facts.ready == 0:
        found["empty"] = f"no line of the queue may go out, so nothing is posted{_what_to_do(facts)}"
    return found


def is_over(event: str, now: Mapping[str, str], facts: Facts) -> bool:
    """Tell whether an event that was told has ended, as far as can be seen."""
    is_hidden = facts.ready is None and event.partition(" ")[0] in ("low", "empty", "stopped", "unknown")
    return event not in now and not is_hidden


def _what_to_do(facts: Facts) -> str:
    if facts.held:
        return f"; {counted(facts.held, 'line')} wait{'s' * (facts.held == 1)} for your keep: botus curate"
    return "; add lines: botus generate, then botus curate"
