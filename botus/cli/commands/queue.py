"""`botus queue`."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from botus.cli.completion import any_file, ids_of_queue, one_of
from botus.cli.epilog import SCHEDULE, epilog
from botus.cli.options import Common, common
from botus.cli.output import terminal_width
from botus.settings import Settings
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue
from botus.text import counted, escape, short_id

if TYPE_CHECKING:
    from botus.posting.selection import Selection

_STATES = (
    *("starred", "kept", "by hand", "unreviewed", "held", "too long"),
    *("used", "dropped", "double", "unfinished", "not UTF-8", "invalid"),
)


@click.group(epilog=epilog("botus queue list"))
def queue() -> None:
    """Look at the queue, put lines into it and take them out."""


@queue.command("add", epilog=epilog("botus queue add more.txt"))
@click.argument("source", metavar="FILE|DIR|-", shell_complete=any_file)
@common
def queue_add(values: Common, source: str) -> None:
    """Add lines to the queue.

    Those of a file, of a data directory with all that it knows, or of a pipe (-).
    """
    from botus.review.queue_add import add

    if source == "-" and sys.stdin is None:
        raise click.UsageError("there is nothing to read: standard input is closed")
    content = sys.stdin.buffer.read() if source == "-" else Path(source)
    done = add(values.existing.data, content, time.time)
    skipped = {
        "posted before, or being posted": done.used,
        "in the queue already": done.present,
        "dropped, reworded or moved to the answers here": done.dropped,
        "nearly the same as a line that is here": done.alike,
    }
    left_out = ", ".join(f"{count:,} left out: {reason}" for reason, count in done.left_out.items())
    rows = [f"{len(done.added):,} added to {values.existing.data / 'tweets.txt'}"]
    if done.posts:
        said = f"read as gpt-2-simple samples: {counted(done.posts, 'post')}"
        rows.insert(0, f"{said}, {left_out}" if left_out else said)
    elif left_out:
        rows.append(f"of what a training writes between posts, {left_out}")
    rows += [f"{count:,} skipped: {reason}" for reason, count in skipped.items() if count]
    if done.decisions or done.records:
        came = f"{counted(done.decisions, 'decision')} came along (kept, dropped, reworded)"
        rows.append(f"{came}, and which model wrote {counted(done.records, 'line')}")
    values.result(rows, lambda: {**asdict(done), "added": len(done.added)})


@queue.command(
    "list", epilog=epilog("botus queue list -n 20 --state held", "platforms post_only answers_from")
)
@click.argument("words", default="")
@click.option("-n", "count", type=click.IntRange(1), help="Show so many lines at most.")
@click.option("--state", type=click.Choice(_STATES), help="Only the lines of this state.")
@click.option("--ready", is_flag=True, help="Only the lines that may go out.")
@click.option("--answers", is_flag=True, help="The lines of answers.txt.")
@common
def queue_list(
    values: Common, words: str, count: int | None, state: str | None, ready: bool, answers: bool
) -> None:
    """Show the lines with their ids, and what becomes of them.

    Given WORDS, only the lines that have them.
    """
    from botus.cli.display.queue import line_shown
    from botus.monitoring.queue import lines

    settings = values.existing
    found = (
        lines.answers(settings)
        if answers
        else lines.queued(Queue(settings.data).lines(), _selection(settings))
    )
    chosen = (
        one
        for one in (lines.having(found, words) if words else found)
        if (state is None or one.state == state) and (one.ready or not ready)
    )
    width = terminal_width()
    shown = values.each(islice(chosen, count), lambda one: [line_shown(one, width)], lines.QueueLine.as_dict)
    if not shown:
        such = "such " * bool(words or state or ready)
        values.say(f"there is no {such}line in {ANSWERS if answers else TWEETS}")


_NEXT = f"platforms {SCHEDULE} post_only post_order answer answers_from"


@queue.command("next", epilog=epilog("botus queue next", _NEXT))
@click.option("-n", "count", type=click.IntRange(1), default=5, show_default=True, help="Name so many lines.")
@common
def queue_next(values: Common, count: int) -> None:
    """Show what would be posted next, or out of which lines it is drawn."""
    from botus.cli.display.queue import headed, next_lines, next_value
    from botus.monitoring.queue.coming import coming
    from botus.monitoring.status import look
    from botus.monitoring.survey import Survey
    from botus.posting.targets.configured import configured

    settings = values.existing
    status = look(Survey(settings, configured(settings, time.time)), time.time())
    found = coming(settings, status.survey.queue, _selection(settings), count)
    lines = next_lines(found, status, terminal_width())
    values.result(headed(lines), lambda: next_value(found, status), about_us=True)


@queue.command("show", epilog=epilog("botus queue show 3f9a0c41d2", "platforms post_only answers_from zone"))
@click.argument("name", metavar="ID|TEXT", shell_complete=one_of(ids_of_queue))
@common
def queue_show(values: Common, name: str) -> None:
    """Show everything that is known of one post.

    Its text, lengths, origin, decisions, and where it was posted.
    """
    from botus.cli.display.queue import about_lines, headed
    from botus.monitoring.queue.about import about
    from botus.posting.targets.configured import configured
    from botus.store.state import StateFiles

    settings = values.existing
    targets, memory = configured(settings, time.time), StateFiles(settings.data).load()
    found = about(settings, targets, memory, _selection(settings), name, time.time())
    values.result(headed(about_lines(found, settings.zone)), found.as_dict, about_us=True)


@queue.command("remove", epilog=epilog("botus queue remove 3f9a0c41d2"))
@click.argument("names", nargs=-1, required=True, metavar="ID...", shell_complete=one_of(ids_of_queue))
@click.option("--answers", is_flag=True, help="From answers.txt.")
@common
def queue_remove(values: Common, names: tuple[str, ...], answers: bool) -> None:
    """Take lines out for good.

    As a drop in curate does; it can be taken back there.
    """
    from botus.review.batch import remove
    from botus.review.session import open_session

    settings, file = values.existing, ANSWERS if answers else TWEETS
    with open_session(settings.data, "file", learning=False, file=file) as session:
        before = len(session.state.done)
        removed = remove(session, Queue(settings.data, file), names)
        is_step = len(session.state.done) > before  # not where all were posted or dropped before
    rows = [f"removed {short_id(post)} {escape(text)}" for post, text in removed.items()]
    rows += [f"u in botus curate{' --answers' if answers else ''} takes it back"] if is_step else []
    told = [{"id": short_id(post), "fingerprint": post, "text": text} for post, text in removed.items()]
    values.result(rows, lambda: {"removed": told})


def _selection(settings: Settings) -> Selection:
    """What decides about the lines."""
    from botus.posting.posting_run import PostingRun
    from botus.posting.targets.configured import configured

    targets = configured(settings, time.time)
    return PostingRun(
        settings, targets, rng=Random(), clock=time.time, say=lambda *words, **fields: None
    ).selection()
