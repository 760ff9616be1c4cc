"""Checks everything that can be checked without posting: settings, the folder, the files, the accounts.

Every check is one line: what was looked at, how it is, what to do. A target that had stopped goes on where
its platform answers well now, because whoever runs this has been there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from botus import files, screen
from botus.candidates import Candidates
from botus.decisions import Decisions
from botus.errors import BotusError, BusyError, CredentialsError
from botus.intents import Intents
from botus.mend import check_whole
from botus.queue import Queue
from botus.run import check_credentials, schedule_of
from botus.settings import Settings
from botus.state import State
from botus.targets import Target
from botus.tweeted import Log

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report; `code` is the exit code of a problem."""

    level: Level
    message: str
    hint: str = ""
    code: int = 0


def examine(settings: Settings, targets: Mapping[str, Target]) -> Iterator[Finding]:
    """Yield findings, one check after the other; asks the platforms, posts nothing."""
    said: set[Finding] = set()
    for finding in _all(settings, targets):
        if finding not in said:  # two checks may stumble over the same file
            said.add(finding)
            yield finding


def preflight(data: Path) -> Iterator[Finding]:
    """Try in the data directory what a posting run needs: create, sync, link, rename, lock.

    Raises:
        FileError: naming what failed, with the uid, mode or mount that is wrong.
    """
    log = Log(data)
    files.refuse_link(log.path)
    folder = data / files.STATE_FOLDER
    files.make_folder(folder)
    probe = folder / f"probe-{os.getpid()}"
    files.remove(probe)
    files.claim(probe, b"probe")
    files.replace(probe, b"probe again")
    files.remove(probe)
    yield Finding("ok", f"{data} can be written by uid {os.getuid()}")
    yield _lock(data)
    if files.is_mount_point(log.path):
        hint = "mount the folder, not the single file"
        yield Finding("problem", f"{log.path} is mounted as a single file, which cannot be replaced", hint, 3)


def worst(findings: list[Finding]) -> int:
    """The exit code of a report: that of its worst problem, 0 without one."""
    codes = {finding.code for finding in findings if finding.level == "problem"}
    return min(codes, key=_WORST_FIRST.index, default=0)


_WORST_FIRST = (
    1,
    3,
    2,
    4,
    6,
    7,
    5,
)  # unexpected, damage, settings, ... what may pass by itself


def _all(settings: Settings, targets: Mapping[str, Target]) -> Iterator[Finding]:
    if settings.data.is_dir():
        yield from _checked(lambda: list(preflight(settings.data)))
        for check in (_queue, _log, _others):
            yield from _checked(lambda check=check: check(settings))  # type: ignore[misc]
    else:
        hint = "look at --data and BOTUS_DATA, or make it with: botus generate"
        yield Finding("problem", f"there is no data directory {settings.data}", hint, 3)
    yield from _checked(lambda: _schedule(settings))
    yield from _checked(lambda: _credentials(settings))
    for target in targets.values():
        yield from _checked(lambda target=target: _account(settings, target))  # type: ignore[misc]


def _checked(check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except BotusError as error:
        message = "; ".join(error.message.split("\n"))
        return [Finding("problem", message, error.hint, error.exit_code)]


def _lock(data: Path) -> Finding:
    try:
        with files.lock(data, "post"):
            excludes = files.lock_excludes(data)
    except BusyError:
        return Finding("ok", "locks work: a posting run holds one now")
    if excludes:
        return Finding("ok", "locks work here")
    hint = "run one botus only on this folder (network file systems and Docker Desktop: see docs/locks.md)"
    return Finding("warning", f"locks on {data} do not keep others out", hint)


def _queue(settings: Settings) -> list[Finding]:
    queue = Queue(settings.data)
    lines = list(queue.lines())
    if not queue.path.exists():
        return [Finding("warning", f"there is no {queue.path}", "write one with: botus generate")]
    bad = [str(line.number) for line in lines if line.text is None]
    found = [Finding("ok" if lines else "warning", f"{queue.path}: {len(lines)} lines")]
    if bad:
        numbers = ", ".join(bad[:5]) + (" ..." if len(bad) > 5 else "")
        hint = "they are never posted: save the file as UTF-8"
        found.append(Finding("warning", f"{queue.path}: not valid UTF-8 in line {numbers}", hint))
    return found


def _log(settings: Settings) -> list[Finding]:
    log = Log(settings.data)
    entries = log.entries()
    check_whole(log, State(settings.data).load())
    return [Finding("ok", f"tweeted.json: {len(entries)} entries")]


def _others(settings: Settings) -> list[Finding]:
    screen.parse_denylist(files.read(settings.data / "denylist.txt") or b"")
    Decisions(settings.data).history()
    Candidates(settings.data).records()
    unsent = len(Intents(settings.data).open())
    return [Finding("ok", f"decisions, candidates and intents are sound; {unsent} posts are open")]


def _schedule(settings: Settings) -> list[Finding]:
    if settings.cron is None:
        return [Finding("warning", "CRON is not set: botus run needs it", "for example CRON='0 */4 * * *'")]
    schedule = schedule_of(settings)
    found = [Finding("ok", f"CRON in {settings.zone}: {schedule.words()}")]
    return found + [Finding("warning", text) for text in schedule.warnings(settings.max_per_day)]


def _credentials(settings: Settings) -> list[Finding]:
    check_credentials(settings)
    if not settings.has_targets:
        return [
            Finding(
                "warning", "no credentials are set: botus posts nowhere (a dry run)", "see docs/tokens.md"
            )
        ]
    return []


def _account(settings: Settings, target: Target) -> list[Finding]:
    try:
        account = target.verify()
    except CredentialsError as error:
        return [Finding("problem", f"{target.name}: {error.message}", error.hint, error.exit_code)]
    found = [Finding("ok", f"{target.name}: {account.handle} {account.url or ''}".rstrip())]
    found += [Finding("ok", f"{target.name}: {note}") for note in account.notes]
    found += [Finding("warning", f"{target.name}: {warning}") for warning in account.warnings]
    if settings.data.is_dir():
        found += _checked(lambda: _let_go_on(settings, target))
    return found


def _let_go_on(settings: Settings, target: Target) -> list[Finding]:
    state = State(settings.data)
    with files.lock(settings.data, "post", wait=30.0, holder="a posting run"):
        memory = state.load()
        known = memory.target(target.name, target.account)
        if not known.stopped:
            return []
        reason, known.stopped, known.until = known.stopped, "", 0.0
        known.rejected = known.failures = known.lost = 0
        state.save(memory)
    return [Finding("ok", f"{target.name}: goes on; it had stopped: {reason}")]
