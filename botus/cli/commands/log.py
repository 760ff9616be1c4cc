"""`botus log`: its commands, and what `log show` prints of tweeted.json.

One line per post, so that they can be searched and counted: the time, the name of the post, what became of it
where, and the text. Entries of botus-twitter, or written by hand, lack some of that.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.cli.output import terminal_width
from botus.log import censor
from botus.platforms.rows import confirms
from botus.text import duration, fingerprint, short_id

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from botus.store.log.index import Entry


_AT_ONCE = 1000  # entries that are in memory


@click.group(epilog=epilog("botus log show"))
@common
def log(values: Common) -> None:
    """Show, repair or accept tweeted.json."""


@log.command("show", epilog=epilog("botus log show -n 20 --since 3d", "zone"))
@click.option("-n", "count", type=click.IntRange(1), help="Only so many posts, the newest.")
@click.option("--since", metavar="WHEN", help="Only from then on: 6h, 3d, 2026-11-21, '2026-11-21 04:00'.")
@common
def log_show(values: Common, count: int | None, since: str | None) -> None:
    """Print the log, newest last.

    When, which post, where it is or what became of it there, and its text.
    """
    from botus.schedule.zones import zone_or_utc
    from botus.store.log.tweeted import Log

    found, zone = Log(values.existing.data), zone_or_utc(values.settings.zone)
    begin = -math.inf if since is None else _moment(since, zone) * 1000
    places = [place for place, at in enumerate(found.index().times) if at >= begin]
    shown = places[-count:] if count else places
    parts = (shown[at : at + _AT_ONCE] for at in range(0, len(shown), _AT_ONCE))
    lines = partial(_lines, zone=zone, width=terminal_width(), hide=partial(censor, secrets=values.secrets))
    if not values.each(chain.from_iterable(map(found.read, parts)), lines, lambda entry: entry):
        values.say("nothing was posted" if since is None else f"nothing was posted since {since}")


@log.command("repair", epilog=epilog("botus log repair"))
@common
def log_repair(values: Common) -> None:
    """Save all that can be read of a damaged log.

    The damaged file is kept.
    """
    from botus.corpus.parsing.dates import seconds
    from botus.posting.log.repair import repair

    said = repair(values.existing.data, time.time, seconds)
    values.result([said], lambda: {"said": said})


@log.command("accept", epilog=epilog("botus log accept"))
@common
def log_accept(values: Common) -> None:
    """Take a log that was shortened or removed on purpose as it is."""
    from botus.posting.log.repair import accept

    said = accept(values.existing.data)
    values.result([said], lambda: {"said": said})


def _moment(words: str, zone: ZoneInfo) -> float:
    """Read a moment, or how long it is ago; in seconds since the epoch."""
    try:
        if re.fullmatch(r"[\d.]+[smhd]", words.lower()):
            return time.time() - duration(words)
        moment = datetime.fromisoformat(words)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError) as error:
        problem = f"--since {words!r} is no time like 6h, 3d, 2026-11-21 or '2026-11-21 04:00'"
        raise click.UsageError(problem) from error


def _lines(entry: Entry, zone: ZoneInfo, width: int | None, hide: Callable[[str], str]) -> Iterator[str]:
    """Say what became of a post: in one line, or on a terminal with a line for each target.

    Args:
        width: columns of the terminal, None where the lines go elsewhere.
        hide: takes secrets out of what a platform said.
    """
    from botus.monitoring.attention import outcomes, short
    from botus.schedule.zones import dated_entry

    post = str(entry.get("id") or short_id(fingerprint(entry["text"])))
    begin, parts = f"{dated_entry(entry['timestamp'], zone):<27}  {post:<10}", outcomes(entry)
    if width is None:
        where = "".join(f" {_outcome(name, part)}" for name, part in parts.items())
        yield f"{begin}{where}  {entry['text']}"
        return
    yield f"{begin}  {short(entry['text'], max(20, width - len(begin) - 3))}"
    for name, part in parts.items():
        if part.get("state") == "unknown" and confirms(name):
            yield f"  {name} unknown ({hide(str(part.get('error') or 'no answer'))}): may be there or not;"
            yield f"    botus resolve {post} --target {name} --posted [URL] | --not-posted | --give-up"
        else:
            said = part.get("url") or hide(str(part.get("error") or ""))
            yield f"  {name} {part.get('state')} {said}".rstrip()


def _outcome(name: str, part: Mapping[str, Any]) -> str:
    """Say in one or two words where a post is, or what became of it there."""
    if part.get("state") != "posted":
        return f"{name}:{part.get('state')}"
    return f"{name} {part.get('url') or ''}".rstrip()
