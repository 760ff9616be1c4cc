"""`botus status`, `schedule`, `doctor` and `health`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial

import click

from botus.cli.epilog import ALL, SCHEDULE, epilog
from botus.cli.options import Common, common
from botus.cli.output import is_screen, terminal_width
from botus.errors import SettingsError
from botus.log import censor


@click.command(
    epilog=epilog(
        "botus status --watch",
        f"platforms {SCHEDULE} post_only low_queue answer answers_per_hour answers_from",
    )
)
@click.option("--watch", is_flag=True, help="Draw it anew when something changes, until Ctrl-C.")
@common
def status(values: Common, watch: bool) -> None:
    """Show queue, schedule, last posts and what needs attention.

    Also whether `run` is alive, and since when.
    """
    from botus.monitoring.status import Status, lines, look
    from botus.monitoring.survey import Survey, stamps
    from botus.posting.targets.configured import configured

    settings = values.existing

    def found() -> Status:
        return look(Survey(settings, configured(settings, time.time)), time.time())

    if not watch:
        told = found()
        values.result(lines(told, terminal_width()), told.as_dict, about_us=True)
        sys.exit(told.exit_code)
    if values.as_json or not is_screen():
        raise click.UsageError("--watch needs a terminal; elsewhere ask botus status again")
    from botus.cli.display.watching import watch as show
    from botus.schedule.zones import dated

    def report(width: int) -> Iterator[str]:
        told = found()
        yield f"{dated(datetime.now(UTC), told.zone, 'seconds')}: Ctrl-C ends"
        yield ""
        yield from (censor(line, settings.secrets) for line in lines(told, width))

    show(report, partial(stamps, settings.data))


@click.command(epilog=epilog("botus doctor --notify", ALL))
@click.option("--notify", is_flag=True, help="Send a message to NOTIFY_URLS, to see whether it arrives.")
@common
def doctor(values: Common, notify: bool) -> None:
    """Check settings, files and accounts without posting."""
    from botus.monitoring.checks.finding import Finding
    from botus.monitoring.doctor import consult, lines, worst

    findings: list[Finding] = []

    def told() -> Iterator[Finding]:
        for finding in consult(os.environ, values.data, time.time, send=notify):
            findings.append(finding)
            yield finding

    values.result(lines(told(), terminal_width()), lambda: [asdict(one) for one in told()], about_us=True)
    sys.exit(worst(findings))


@click.command(epilog=epilog("botus health", f"platforms {SCHEDULE} post_only"))
@common
def health(values: Common) -> None:
    """Exit with 0 if `botus run` is well, else with 1."""
    from botus.monitoring.health import look

    found = look(lambda: values.settings, time.time)
    values.result(found.lines(), found.as_dict, about_us=True)
    sys.exit(found.exit_code)


@click.command(epilog=epilog("botus schedule '0 */4 * * *'", f"platforms {SCHEDULE} post_only"))
@click.argument("expression", nargs=-1, metavar="[EXPR]")
@common
def schedule(values: Common, expression: tuple[str, ...]) -> None:
    """Say when a schedule posts, and how long the queue lasts."""
    from botus.monitoring.survey import Survey
    from botus.posting.targets.configured import configured
    from botus.schedule.slots import describe, schedule_of

    settings = values.settings
    if expression:
        settings = replace(settings, cron=_unexpanded(values, expression))
    if settings.cron is None:
        raise SettingsError(
            "no expression is given, and CRON is not set", "for example: botus schedule '0 */4 * * *'"
        )
    plan, now, most = schedule_of(settings), datetime.now(UTC), settings.max_per_day
    targets = configured(settings, time.time)
    about = {name: target.about for name, target in targets.items()}
    counts = Survey(settings, targets).queue if settings.data.is_dir() else None
    ready = counts.ready if counts else None  # the schedule can be told without the queue
    rows = (f"posts to {name} {words}" for name, words in about.items())
    values.result(
        [*describe(plan, now, ready, most), *rows],
        lambda: {**plan.as_dict(now, ready, most), "targets": about},
        about_us=True,
    )


def _unexpanded(values: Common, words: tuple[str, ...]) -> str:
    """The expression of words that stood without quotes, where a shell puts names of files for each `*`."""
    if len(words) == 1:
        return words[0]
    names = sorted(name for name in os.listdir() if not name.startswith("."))
    fields: list[str] = []
    rest = list(words)
    while rest:
        is_star = bool(names) and sorted(rest[: len(names)]) == names
        fields.append("*" if is_star else rest[0])
        del rest[: len(names) if is_star else 1]
    expression = " ".join(fields)
    if expression != " ".join(words):
        said = "your shell has put the names of files here in the place of *"
        values.say(
            f"{said}; read as it was meant, and with quotes it is: botus schedule '{expression}'", "warning"
        )
    return expression
