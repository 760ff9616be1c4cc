"""What a person sees of the queue: its lines, what is known of a post, what would be posted next.

Of the last two each line comes with its heading; "" goes on with the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size

from botus.monitoring.attention import OpenPost, outcomes, short
from botus.monitoring.queue.about import About
from botus.monitoring.queue.coming import Coming
from botus.monitoring.queue.counts import QueueCounts
from botus.monitoring.queue.lines import QueueLine
from botus.monitoring.status import Status
from botus.posting.selection import what_next
from botus.review.machine.explaining import shared, written_by
from botus.review.machine.state import DONE
from botus.schedule.zones import dated, dated_entry, zone_or_utc
from botus.store.decisions.entries import Decision
from botus.text import LONGEST_POST, counted, printable, short_id

Headed = Iterator[tuple[str, str]]
_INDENT = 12  # columns of a heading
_PLAIN = ("used", "dropped", "double")  # what the word says is all there is to say
_LEAST, _SHOWN = 10, 200  # characters of a post in a narrow terminal, and of one that is not shown whole


def line_shown(line: QueueLine, width: int | None) -> str:
    """Return a line of the queue in one line: id, state, text.

    Args:
        width: columns of the terminal that it is cut to; None to cut nothing but what nobody could post.
    """
    label = f"{line.state}: {line.why}" if line.why and line.state not in _PLAIN else line.state
    text = line.text if len(line.text) <= LONGEST_POST else short(line.text[:_SHOWN], _SHOWN - 1)
    if width is not None:
        label = _cut(label, max(_LEAST, width // 2 - 8))
        text = _cut(text[: 4 * width], max(_LEAST, width - 14 - max(_LEAST, cell_len(label))))
    return f"{short_id(line.post):<10}  {label:<10}  {text}"


def _cut(text: str, columns: int) -> str:
    """Cut a text to the columns that it takes on a terminal, where some letters take two."""
    shown = printable(text)
    if cell_len(shown) <= columns:
        return shown
    return set_cell_size(shown, columns - 1).rstrip() + "…"


def headed(lines: Headed) -> Iterator[str]:
    """Put the headings before their lines."""
    return (f"{heading:<{_INDENT}}{line}" for heading, line in lines)


def next_lines(found: Coming, status: Status, width: int | None) -> Headed:
    """Say what would be posted next, when, and what is in the way.

    Args:
        width: columns of the terminal; None where nothing is to be cut.
    """
    if status.next_post and status.schedule:
        yield "when", f"{dated(status.next_post, status.zone)} ({status.schedule.words()})"
    else:
        yield "when", status.schedule_problem or "with the next botus post (CRON is not set)"
    if obstacle := _obstacle(status):
        yield "but", obstacle
    for post in overdue(status):
        yield "first", f"{post.id} on {post.target}: {post.fate}"
    counts = status.survey.queue
    yield "which", _which(found, counts)
    if counts and counts.refused and not found.among:
        reasons = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.refused.items()))
        yield "", f"of its lines {reasons}: botus queue list says why"
    for line in found.lines:
        yield "", f"  {line_shown(line, width and width - _INDENT - 2)}"
    left = (found.among or 0) - len(found.lines)
    if found.lines and left > 0 and found.order != "file":
        yield "", f"  and {left:,} more: botus queue list --ready"


def next_value(found: Coming, status: Status) -> dict[str, Any]:
    """The same for machines."""
    before = [{"id": one.id, "target": one.target, "fate": one.fate} for one in overdue(status)]
    moment = status.next_post.isoformat() if status.next_post else None
    return {"when": moment, **found.as_dict(), "before": before, "obstacle": _obstacle(status)}


def overdue(status: Status) -> list[OpenPost]:
    """Posts that wait for a target: they go out first, and where they take all targets, no new line does."""
    return [one for one in status.waiting if one.state == "pending" and one.command]


def about_lines(found: About, zone_name: str) -> Headed:
    """Say what is known of a post; times are those of a zone."""
    zone = zone_or_utc(zone_name)
    yield "id", f"{short_id(found.post)} (all of it: {found.post})"
    for number, line in enumerate(found.text.split("\n")):
        yield "" if number else "text", line
    for one in found.lines:
        why = f": {one.why}" if one.why else ""
        yield "queue", f"line {one.number} of tweets.txt, {one.state}{why}"
    for one in found.answers:
        why = f": {one.why}" if one.why else ""
        yield "answers", f"line {one.number} of answers.txt, {one.state}{why}"
    if not (found.lines or found.answers):
        yield "queue", "not in tweets.txt"
    yield "length", ", ".join(f"{limit.platform.title} {n:,} of {limit.most:,}" for limit, n in found.lengths)
    if found.noted:
        yield "written", _written(found.noted)
        if flags := found.noted.get("flags"):
            yield "", "flagged: " + ", ".join(map(str, flags))
        known, other = shared(found.noted)
        if known:
            yield "", f"{known}: {short(other, _SHOWN)}" if other else known
    elif found.lines:
        yield "written", "not by botus"
    for number, (at, decision) in enumerate(found.decisions):
        yield "" if number else "decisions", f"{dated_entry(at, zone)} {_decided_words(decision, found.post)}"
    for post in found.waiting:
        reason = f" ({post.reason})" if post.reason else ""
        yield "in progress", f"{post.target} {post.state}{reason}: {post.fate}"
    if found.entry:
        yield "log", dated_entry(found.entry["timestamp"], zone)
        for name, part in outcomes(found.entry).items():
            yield "", f"{name} {part.get('state')} {part.get('url') or part.get('error') or ''}".rstrip()


def _decided_words(one: Decision, post: str) -> str:
    if one.new is None:
        return DONE[one.kind]
    return f"edited: now {one.new.text!r}" if one.fingerprint == post else f"edited: before {one.text!r}"


def _written(noted: Mapping[str, Any]) -> str:
    by, score = f"by {written_by(noted) or 'botus'}", noted.get("score")
    return f"{by}, score {score:.2f}" if isinstance(score, int | float) else by


def _which(found: Coming, counts: QueueCounts | None) -> str:
    if counts is None:
        return "nobody knows, because a file is damaged: botus status"
    if not found.among:
        return what_next(counts.refused)
    if found.order == "file":
        return "the first line of the file that may go out (POST_ORDER=file)"
    about = "about " if found.is_estimate else ""
    one = "the only line" if found.among == 1 else f"one of {about}{counted(found.among, 'line')}"
    are = "is" if found.among == 1 else "are"
    kind = f" that {are} {found.which}" if found.which else ""
    odds = "" if found.among == 1 else f", drawn by chance, {about}1 in {found.among:,} each"
    return f"{one}{kind}{odds} (POST_ORDER={found.order})"


def _obstacle(status: Status) -> str:
    """Why nothing goes out now; "" where nothing is in the way."""
    targets, stopped = status.survey.targets, status.survey.stopped
    if not targets:
        return "no credentials are set: nothing is posted"
    if status.is_full:
        most = status.survey.settings.max_per_day
        return (
            f"that slot is left out: {counted(most, 'post')} in the 24 hours before it, which is MAX_PER_DAY"
        )
    if not targets.keys() <= {*status.pauses, *stopped}:
        return ""
    times = {name: dated(until, status.zone) for name, until in status.pauses.items()}
    pauses = [f"{name} is not asked before {until}" for name, until in times.items()]
    return "nothing goes out now: " + "; ".join([*stopped.values(), *pauses])
