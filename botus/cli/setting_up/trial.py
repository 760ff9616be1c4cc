"""Whether a platform can be reached and takes the credentials. Posts nothing, keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from botus.log import censor
from botus.monitoring.checks.accounts import account
from botus.monitoring.checks.finding import Finding, guarded
from botus.platforms.rows import Platform
from botus.posting.targets.configured import configured
from botus.settings import understand
from botus.settings.environment import Environment


def trial(platform: Platform, values: Mapping[str, str], clock: Callable[[], float]) -> Iterator[Finding]:
    """Ask a platform who the account is, and what keeps it from posting.

    Args:
        values: the settings, by name; those of other platforms do not matter.
        clock: seconds since the epoch.
    """
    names = {name for one in platform.settings for name in (one.name, f"{one.name}_FILE")}
    mine = {name: value for name, value in values.items() if name in names}
    with TemporaryDirectory() as folder:  # a login to Bluesky would be kept there
        settings, problems = understand(Environment(Path(folder), mine))
        findings = [Finding("problem", problem, "", 2) for problem in problems]
        if not problems:
            for target in configured(settings, clock).values():
                findings += guarded(lambda target=target: account(Path(folder), target))  # type: ignore[misc]
    for one in findings:
        message, hint = (censor(words, settings.secrets) for words in (one.message, one.hint))
        yield replace(one, message=message, hint=hint)
