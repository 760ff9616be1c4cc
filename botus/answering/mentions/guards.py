"""Who gets an answer? Every bot that answered people has looped or pestered somebody, so most reasons are
against it. Pure.

All times are the server's: the own clock may be wrong, and nothing here depends on it. An answer that lies in
the future was given by a clock that was ahead; for a day it counts as one of this hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from botus.answering.mentions.seen import Seen, Thread
from botus.store.log.answered import Given
from botus.text import span

HOUR, DAY = 3600.0, 86400.0  # seconds
IN_A_THREAD = 3
_IN_A_DAY = 3  # for one person: a bot that does not say so may begin a thread for each
STOPPED = "this person has asked for no more answers"
_OTHERS = 3  # people besides the bot and whoever wrote it


def against(
    seen: Seen,
    given: Collection[Given],
    stopped: bool,
    per_hour: int,
    now: float,
    *,
    is_first: bool,
) -> str:
    """Say why a mention gets no answer, as far as it tells itself; "" where it may get one.

    Args:
        given: the answers so far.
        stopped: whether this person has asked for no more.
        per_hour: most answers in an hour, to all.
        now: seconds since the epoch.
        is_first: nobody has looked for mentions before.
    """
    return next(_reasons(seen, given, stopped, per_hour, now, is_first), "")


def against_thread(thread: Thread, given: Iterable[Given]) -> str:
    """Say why a mention gets no answer for the conversation in which it stands; "" where it may get one."""
    if thread.unfit:
        return thread.unfit
    mine = sum(one.thread == thread.mention.thread for one in given)
    if max(mine, thread.mine) >= IN_A_THREAD:
        return f"there are {IN_A_THREAD} answers in the thread"
    # Of two bots each counts only its own answers; so each counts the other's as well.
    if thread.exchanged >= IN_A_THREAD:
        return f"{thread.exchanged} replies have gone to and fro"
    return ""


def _reasons(
    seen: Seen, given: Collection[Given], stopped: bool, per_hour: int, now: float, is_first: bool
) -> Iterator[str]:
    person = seen.mention.person
    if seen.unfit:
        yield seen.unfit
    if stopped:
        yield STOPPED
    if seen.has_no_bot:
        yield "the profile says #nobot"
    if seen.others > _OTHERS:
        yield f"it mentions {seen.others} other people"
    latest = HOUR if is_first else DAY
    if seen.at is not None and now - seen.at > latest:
        yield f"it is {span(now - seen.at)} old"
    recent = [one for one in given if -DAY <= now - one.at < HOUR]
    if any(one.person == person for one in recent):
        yield "this person had an answer less than an hour ago"
    if sum(one.person == person and abs(now - one.at) < DAY for one in given) >= _IN_A_DAY:
        yield f"this person had {_IN_A_DAY} answers within a day"
    if len(recent) >= per_hour:
        yield f"ANSWERS_PER_HOUR is {per_hour}"
