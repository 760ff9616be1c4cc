"""Checks of the accounts: who they are, what they may do, whether the clocks agree, which lines are too long.

Asks the platforms, posts nothing. A check that succeeds clears the stop of a target.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from botus.errors import CredentialsError, TemporaryError
from botus.monitoring.checks.finding import Finding, guarded, line_numbers
from botus.monitoring.survey import Survey
from botus.posting.target import Target
from botus.schedule.loop import check_credentials
from botus.settings import Settings
from botus.store.durable import files
from botus.store.durable.lines import Line
from botus.store.intents import Intents
from botus.store.state import StateFiles
from botus.text import counted, span

_OFF, _FAR_OFF = 60.0, 300.0  # seconds; X refuses signatures beyond the second


def accounts(survey: Survey) -> Iterator[Finding]:
    """Check every account."""
    targets = survey.targets
    yield from guarded(lambda: _credentials(survey.settings, targets))
    for target in targets.values():
        yield from guarded(lambda target=target: account(survey.data, target))  # type: ignore[misc]
    yield from _unfit(survey.lines(), targets)  # by the limits that were just learnt
    yield from _clock(targets)


def _credentials(settings: Settings, targets: Mapping[str, Target]) -> Iterator[Finding]:
    check_credentials(settings)
    if not (settings.has_targets or targets):
        what = "no credentials are set: post and run are dry runs, nothing is posted"
        yield Finding(
            "warning", what, "botus login mastodon, botus login bluesky, or docs/tokens.md for the others"
        )


def account(data: Path, target: Target) -> Iterator[Finding]:
    try:
        account = target.verify()
    except (CredentialsError, TemporaryError) as error:
        yield Finding("problem", f"{target.name}: {error.message}", error.hint, error.exit_code)
        return
    yield Finding("ok", f"{target.name}: {account.handle} {account.url or ''}".rstrip())
    for what, remedy in account.problems:
        yield Finding("problem", f"{target.name}: {what}", remedy, CredentialsError.exit_code)
    for what, remedy in account.warnings:
        yield Finding("warning", f"{target.name}: {what}", remedy)
    for note in account.notes:
        yield Finding("ok", f"{target.name}: {note}")
    if data.is_dir() and not account.problems:
        yield from guarded(lambda: _let_go_on(data, target))


def _unfit(lines: Iterable[Line], targets: Mapping[str, Target]) -> Iterator[Finding]:
    """Count the lines that a target can never take."""
    total = 0
    unfit: dict[str, dict[int, str]] = {name: {} for name in targets}
    for line in lines:
        if line.text:
            total += 1
            text = line.text.strip()
            for name, target in targets.items():
                if reason := target.problem(text):
                    unfit[name][line.number] = reason
    nowhere = set.intersection(*map(set, unfit.values())) if unfit else set()
    if nowhere:
        reasons = next(iter(unfit.values()))
        what = f"{_share(nowhere, total)} can go nowhere: {_first(nowhere, reasons)}"
        yield Finding("warning", what, "shorten or drop: botus curate shows the long ones under f")
    for name, reasons in unfit.items():
        if only := reasons.keys() - nowhere:
            what = f"{name}: {_share(only, total)} cannot go there: {_first(only, reasons)}"
            yield Finding("warning", what, "such a line goes to the other platforms only")


def _share(numbers: Collection[int], total: int) -> str:
    return f"{len(numbers)} of {counted(total, 'line')}"


def _first(numbers: Collection[int], reasons: Mapping[int, str]) -> str:
    return f"{line_numbers(sorted(numbers))} ({reasons[min(numbers)]})"


def _let_go_on(data: Path, target: Target) -> Iterator[Finding]:
    state = StateFiles(data)
    with files.lock(data, "post", wait=30.0, holder="a posting run"):
        memory = state.load()
        reason = memory.target(target.name, target.account, target.base_url).go_on()
        if not reason:
            return
        state.save(memory)
        waiting = _wake(Intents(data), target.name)
    posts = {0: "", 1: "; 1 post waits for it and goes out with the next slot"}
    more = f"; {waiting} posts wait for it, and one goes out with each slot"
    yield Finding("ok", f"{target.name}: goes on; it had stopped: {reason}{posts.get(waiting, more)}")


def _wake(intents: Intents, name: str) -> int:
    """Let posts that the account's refusal has delayed go out with the next slots; returns how many."""
    waiting = 0
    for intent in intents.open():
        part = intent.deliveries.get(name)
        if part is None or part.state != "pending":
            continue
        waiting += 1
        if part.until and not intent.owner:
            part.until = 0.0
            intents.save(intent)
    return waiting


def _clock(targets: Mapping[str, Target]) -> Iterator[Finding]:
    known = {name: target.clock_off for name, target in targets.items() if target.clock_off is not None}
    if not known:
        return
    name = max(known, key=lambda name: abs(known[name]))
    off = known[name]
    if abs(off) <= _OFF:
        yield Finding("ok", f"the clock agrees with that of {name} to {counted(round(abs(off)), 'second')}")
        return
    what = f"the clock is {span(abs(off))} {'ahead of' if off > 0 else 'behind'} that of {name}"
    hint = "set it, and let it be set: timedatectl set-ntp true"
    if abs(off) > _FAR_OFF and "x" in targets:
        yield Finding("problem", f"{what}, and X refuses what is signed more than 5 minutes off", hint, 2)
    else:
        yield Finding("warning", f"{what}: posts come at other times than they should", hint)
