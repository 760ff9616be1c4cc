"""The commands: parse, call, print. The only error boundary.

Those of a family stand with it (`gathering`, `review`, `training`, `logbook`); all print through `options`.
Heavy libraries are imported by the command that needs them, so that `--help` is quick and the container's
commands never load the model's side.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from botus import __version__
from botus.cli.corpus import corpus
from botus.cli.log import log
from botus.cli.options import Common, common, terminal_width
from botus.cli.review import curate, queue
from botus.cli.training import finetune
from botus.errors import BotusError, Interrupted, SettingsError
from botus.settings import log_format
from botus.store.durable.files import explain

if TYPE_CHECKING:
    from botus.posting.posting_run import PostingRun

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_ABOVE_0 = click.FloatRange(0, min_open=True)
_SHARE = click.FloatRange(0, 1, min_open=True)
_TREATMENT = click.Choice(["refuse", "drop", "allow"])


def main() -> None:
    """Run the command line; every error becomes a sentence and an exit code here."""
    values = Common()
    try:
        code = cli.main(standalone_mode=False, obj=values)
    except click.ClickException as error:
        code = _show_usage(error, values)
    except (click.Abort, KeyboardInterrupt):
        code = Interrupted.exit_code
        values.complain("interrupted", code)
    except BotusError as error:
        code = _show(error, values)
    except OSError as error:  # a file that no module of ours owns, or an output that cannot be written
        code = _show(explain(error, Path(str(error.filename or "the output")), "use"), values)
    except Exception as error:
        code = _show_unexpected(error, values)
    sys.exit(code if isinstance(code, int) else 0)


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, "--version", prog_name="botus")
@common
def cli(values: Common) -> None:
    """Write, prune and post a text bot's posts.

    generate writes candidates into tweets.txt, curate prunes them, post and run send them out, one
    random line at a time, and log them in tweeted.json.
    """
    if sys.platform == "win32":
        raise BotusError(
            "botus runs on Linux, macOS and WSL, not on Windows itself", "use WSL or the container"
        )


@cli.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), metavar="DIR", help="A run folder, base model or tar."
)
@click.option("-n", "n", type=click.IntRange(1), help="Lines to write.  [default: 500; 10 to compare]")
@click.option("--temp", type=_ABOVE_0, default=0.9, show_default=True, help="Temperature: lower is tamer.")
@click.option("--top-k", type=click.IntRange(0), default=0, help="Sample from the K likeliest tokens only.")
@click.option(
    "--top-p", type=_SHARE, default=1.0, help="Sample from the likeliest tokens of this probability."
)
@click.option("--prefix", default="", help="How every post begins.")
@click.option("--seed", type=int, help="Repeat a run.")
@click.option("--max-chars", type=click.IntRange(1), help="The longest post, in characters.")
@click.option("--threads", type=click.IntRange(1), help="CPU cores to use.  [default: all]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option(
    "--mentions", type=_TREATMENT, default="refuse", show_default=True, help="What becomes of @names."
)
@click.option("--links", type=_TREATMENT, default="refuse", show_default=True, help="Links.")
@click.option("--without", multiple=True, metavar="RULE", help="Switch a rule of the screen off.")
@click.option("--copies", type=click.Choice(["refuse", "allow"]), default="refuse", show_default=True)
@click.option("--compare", metavar="T,T,...", help="Print samples at several temperatures side by side.")
@click.option("--dry-run", is_flag=True, help="Print the lines instead of queueing them.")
@common
def generate(values: Common, compare: str | None, copies: str, n: int | None, **options: object) -> None:
    """Write candidates into tweets.txt."""
    from botus.cli.display import generation
    from botus.generation.setup import Choice

    choice = Choice(n=n or (10 if compare else 500), copies=copies == "allow", **options)  # type: ignore[arg-type]
    if compare:
        generation.compare(values, choice, compare)
    else:
        generation.write(values, choice)


cli.add_command(curate)
cli.add_command(queue)
cli.add_command(corpus)
cli.add_command(finetune)
cli.add_command(log)


@cli.command()
@click.option("--dry-run", is_flag=True, help="Show what would be posted; change nothing.")
@common
def post(values: Common, dry_run: bool) -> None:
    """Post one random line now."""
    from botus.schedule.loop import check_credentials, preview

    settings = values.existing
    settings.require_complete()
    run = _posting_run(values)
    if dry_run or not settings.has_targets:
        if not dry_run:
            check_credentials(settings)
            values.talk("no credentials are set: this is a dry run", "warning")
        text = preview(run, _without_text(values))
        values.result([text] if text else [], lambda: {"dry_run": True, "text": text})
        return
    outcome = run.post()
    failed = outcome.failed if outcome.chosen or outcome.posted else outcome.failed or _down(run)
    rows = [f"{name} {post_id} {url or ''}".rstrip() for name, post_id, url in outcome.posted]
    posted = [dict(zip(("target", "id", "url"), one, strict=True)) for one in outcome.posted]
    values.result(rows, lambda: {"text": outcome.chosen, "posted": posted, "failed": failed})
    if failed:
        sys.exit(_code_of(run, failed))


@cli.command()
@common
def run(values: Common) -> None:
    """Post on the schedule in CRON: what the container runs."""
    import signal

    # As process 1 of a container nothing else would end it while it is still loading.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    values.logs_json = log_format(os.environ) == "json"
    from botus.schedule.loop import settings_of
    from botus.schedule.process import serve

    settings_of(os.environ, values.data)
    serve(values.existing, debug=values.debug)


@cli.command()
@click.argument("expression", required=False, metavar="[EXPR]")
@common
def schedule(values: Common, expression: str | None) -> None:
    """Say when a schedule posts, and how long the queue lasts."""
    from datetime import UTC, datetime

    from botus.monitoring.queue_counts import count_queue
    from botus.posting.targets.configured import configured
    from botus.schedule import slots as cron
    from botus.schedule.loop import schedule_of

    settings = values.settings
    if expression is not None:
        plan = cron.parse(
            expression, settings.zone, identity=str(settings.data.resolve()), jitter=settings.jitter
        )
    elif settings.cron is None:
        raise SettingsError(
            "no expression is given, and CRON is not set", "for example: botus schedule '0 */4 * * *'"
        )
    else:
        plan = schedule_of(settings)
    now, targets = datetime.now(UTC), configured(settings, time.time)
    about = {name: target.about for name, target in targets.items()}
    ready: int | None = None  # the schedule can be told without the queue
    if settings.data.is_dir():
        with suppress(BotusError):
            ready = count_queue(settings, targets).ready
    values.result(
        [
            *cron.describe(plan, now, ready, settings.max_per_day),
            *(f"posts to {name} {words}" for name, words in about.items()),
        ],
        lambda: {**plan.as_dict(now, ready, settings.max_per_day), "targets": about},
    )


@cli.command()
@common
def status(values: Common) -> None:
    """Show queue, schedule, last posts and what needs you."""
    from botus.monitoring import status as state
    from botus.posting.targets.configured import configured

    settings = values.existing
    found = state.look(settings, configured(settings, time.time), time.time)
    values.result(state.lines(found, terminal_width()), found.as_dict)
    sys.exit(found.exit_code)


@cli.command()
@click.argument("post_id", metavar="ID")
@click.option("--target", metavar="T", help="Which target, where several are in question.")
@click.option("--posted", is_flag=False, flag_value="", metavar="[URL]", help="It is there.")
@click.option("--not-posted", is_flag=True, help="It is not there: send it again.")
@click.option("--give-up", is_flag=True, help="Do not send it any more.")
@common
def resolve(
    values: Common, post_id: str, target: str | None, posted: str | None, not_posted: bool, give_up: bool
) -> None:
    """Say what became of a post whose fate is unknown."""
    from botus.posting import resolve as resolving

    words: list[resolving.Word] = []
    words += ["posted"] if posted is not None else []
    words += ["not-posted"] if not_posted else []
    words += ["give-up"] if give_up else []
    if len(words) != 1:
        raise click.UsageError("say one of --posted [URL], --not-posted and --give-up")
    said = resolving.resolve(values.existing.data, post_id, target, words[0], posted or None, time.time)
    values.result([said], lambda: {"said": said})


@cli.command()
@click.option("--notify", is_flag=True, help="Send a message to NOTIFY_URLS, to see whether it arrives.")
@common
def doctor(values: Common, notify: bool) -> None:
    """Check settings, files and accounts without posting."""
    from dataclasses import asdict

    from botus.monitoring import doctor as practice

    findings: list[practice.Finding] = []

    def told() -> Iterator[practice.Finding]:
        for finding in practice.consult(os.environ, values.data, time.time, send=notify):
            findings.append(finding)
            yield finding

    values.result(practice.lines(told(), terminal_width()), lambda: [asdict(one) for one in told()])
    sys.exit(practice.worst(findings))


@cli.command()
@common
def health(values: Common) -> None:
    """Exit with 0 if `botus run` is well, else with 1."""
    from botus.monitoring import health as practice

    found = practice.look(lambda: values.settings, time.time)
    values.result(found.lines(), found.as_dict)
    sys.exit(found.exit_code)


def _without_text(values: Common) -> Callable[..., None]:
    """Talk that leaves out the post of a dry run, because that is the result and is printed as such."""

    def say(message: str, level: str = "info", text: str = "", **fields: object) -> None:
        values.talk(message.removesuffix(f" {text}") if text else message, level, **fields)

    return say


def _posting_run(values: Common) -> PostingRun:
    from botus.posting.posting_run import Policy, PostingRun
    from botus.posting.targets.configured import configured

    settings = values.settings
    return PostingRun(
        settings.data,
        configured(settings, time.time),
        Policy(settings.post_only, settings.post_order),
        rng=random.Random(),
        clock=time.time,
        say=values.talk,
    )


def _code_of(run: PostingRun, failed: tuple[str, ...]) -> int:
    """4 where an account was refused, 5 where a platform failed."""
    memory = run.state.load()
    return 4 if any(state.stopped for name, state in memory.targets.items() if name in failed) else 5


def _down(run: PostingRun) -> tuple[str, ...]:
    """All targets, where none takes posts: stopped, or asked not to be tried yet."""
    memory = run.state.load()
    states = {name: memory.target(name, target.account) for name, target in run.targets.items()}
    is_down = all(state.stopped or state.until > time.time() for state in states.values())
    return tuple(states) if is_down else ()


def _show(error: BotusError, values: Common) -> int:
    hint = f"\n{error.hint}" if error.hint else ""
    values.complain(f"botus: {error.message}{hint}", error.exit_code)
    return error.exit_code


def _show_unexpected(error: Exception, values: Common) -> int:
    values.complain(
        f"botus: unexpected: {type(error).__name__}: {error}\n"
        "this is a fault in botus: the same command with --debug shows where",
        BotusError.exit_code,
    )
    return BotusError.exit_code


def _show_usage(error: click.ClickException, values: Common) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context and context.command is run and log_format(os.environ) == "json":
        values.logs_json = True
        values.complain(error.format_message(), error.exit_code)
    else:
        error.show()
    return error.exit_code
