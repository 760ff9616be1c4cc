"""The doctor: everything that can be checked without posting, in order, as findings and as lines of text.

The checks are in `checks`. Nothing that comes out holds a secret, and the exit code is that of the worst.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from botus import settings as settings_module
from botus.log import censor
from botus.monitoring import notify
from botus.monitoring.checks.accounts import accounts
from botus.monitoring.checks.answers import answers
from botus.monitoring.checks.content import content
from botus.monitoring.checks.environment import environment
from botus.monitoring.checks.finding import Finding, guarded
from botus.monitoring.checks.folder import folder
from botus.monitoring.checks.notifications import notifications
from botus.monitoring.checks.timing import timing
from botus.monitoring.columns import folded
from botus.monitoring.survey import Survey
from botus.posting.target import Target
from botus.posting.targets.configured import configured
from botus.settings import Settings
from botus.text import counted

# Exit codes, worst first: unexpected, damage, settings, ... what may pass by itself.
_WORST_FIRST = (1, 3, 2, 4, 6, 7, 5)


def consult(
    variables: Mapping[str, str], data: Path | None, clock: Callable[[], float], *, send: bool = False
) -> Iterator[Finding]:
    """Yield findings on what an environment sets up, one check after the other.

    Args:
        data: the data directory of the command line.
        clock: seconds since the epoch.
        send: send a message to each service of NOTIFY_URLS.
    """
    settings, problems = settings_module.read(variables, data)
    targets: dict[str, Target] = {}

    def connect() -> Iterator[Finding]:
        targets.update(configured(settings, clock))
        return iter(())

    def everything() -> Iterator[Finding]:
        yield from environment(settings, problems)
        yield from guarded(connect)
        yield from examine(settings, targets, clock())
        yield from guarded(lambda: answers(settings, clock))
        trial = notify.try_out(settings) if send else None
        yield from guarded(lambda: notifications(notify.check(settings), trial))

    for finding in everything():
        message, hint = (censor(words, settings.secrets) for words in (finding.message, finding.hint))
        yield replace(finding, message=message, hint=hint)


def examine(settings: Settings, targets: Mapping[str, Target], now: float | None = None) -> Iterator[Finding]:
    """Yield findings on folder, files, schedule and accounts; asks the platforms, posts nothing.

    Args:
        now: the time, in seconds since the epoch; the clock's without it.
    """
    moment = datetime.now(UTC) if now is None else datetime.fromtimestamp(now, UTC)
    survey = Survey(settings, targets)

    def everything() -> Iterator[Finding]:
        yield from guarded(lambda: folder(settings.data))
        if settings.data.is_dir():
            yield from content(survey)
        yield from guarded(lambda: timing(survey, moment))
        yield from accounts(survey)

    said: set[Finding] = set()
    for finding in everything():
        if finding not in said:  # two checks may stumble over the same file
            said.add(finding)
            yield finding


def lines(findings: Iterable[Finding], width: int | None = None) -> Iterator[str]:
    """Yield findings for a person, as they come, and a last line that counts them."""
    count = Counter[str]()
    for finding in findings:
        count[finding.level] += 1
        yield from folded(f"{finding.level:<8} {finding.message}", width, 9)
        if finding.hint:
            yield from folded(f"{'':<8} -> {finding.hint}", width, 12)
    yield f"{counted(count['problem'], 'problem')}, {counted(count['warning'], 'warning')}"


def worst(findings: Iterable[Finding]) -> int:
    """The exit code of a report: that of its worst problem, 0 without one."""
    codes = {finding.code for finding in findings if finding.level == "problem"}
    return min(codes, key=_WORST_FIRST.index, default=0)
