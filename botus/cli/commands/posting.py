"""`botus post`, `run` and `resolve`."""

from __future__ import annotations

import os
import random
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from botus import shutdown
from botus.cli.completion import ids_in_question, ids_of_queue, one_of, targets_in_question
from botus.cli.epilog import SCHEDULE, epilog
from botus.cli.options import Common, common
from botus.cli.output import can_ask
from botus.errors import CredentialsError, RefusedError, TemporaryError
from botus.log import Say
from botus.settings import Settings, log_format
from botus.text import fingerprint, printable, short_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botus.posting.posting_run import Outcome, PostingRun

_PART = 20  # of what `status` looks at


@click.command(epilog=epilog("botus post --dry-run", "accounts post_only post_order"))
@click.argument("name", required=False, metavar="[ID]", shell_complete=one_of(ids_of_queue))
@click.option("--dry-run", is_flag=True, help="Show what would be posted; change nothing.")
@click.option("--anyway", is_flag=True, help="With ID: though it is held, or nobody has reviewed it.")
@common
def post(values: Common, name: str | None, dry_run: bool, anyway: bool) -> None:
    """Post one line now: a random one, or the one with this id."""
    from botus.posting.posting_run import PostingRun
    from botus.posting.targets.configured import configured
    from botus.schedule.loop import check_credentials, preview

    settings = values.existing
    for warning in settings.warnings():
        values.say(warning, "warning")
    settings.require_complete()
    targets = configured(settings, time.time)
    say = _without_result(values)
    run = PostingRun(settings, targets, rng=random.Random(), clock=time.time, say=say)
    if name is not None:  # "" is rather the empty variable of a script than "any line"
        name = _agreed(values, run, name, anyway=anyway, asks=not dry_run and settings.has_targets)
    elif anyway:
        raise click.UsageError("--anyway is about one line: say its ID (botus queue list)")
    if dry_run or not settings.has_targets:
        if not dry_run:
            check_credentials(settings)
            values.say("no credentials are set: this is a dry run (botus init sets them)", "warning")
        text = preview(run, say, name)
        values.result([text] if text else [], lambda: {"dry_run": True, "text": text})
        _tell_of_unreviewed(values, run)
        return
    outcome = run.post(name)
    failed, code = _failed(run, outcome)
    posted = [one._asdict() for one in outcome.posted]
    about = {"id": outcome.chosen_id or None, "text": outcome.chosen}
    values.result(
        _rows(outcome), lambda: {**about, "posted": posted, "states": dict(outcome.states), "failed": failed}
    )
    for why in outcome.left_out:
        values.say(why, "warning")
    _tell_of_unreviewed(values, run)
    sys.exit(code)


def _agreed(values: Common, run: PostingRun, name: str, *, anyway: bool, asks: bool) -> str:
    """Return the fingerprint of the line that is meant, once a person has agreed to it.

    Args:
        anyway: the person has agreed.
        asks: it is to be posted, so that somebody has to agree where it is held, or not reviewed.

    Raises:
        SettingsError, RefusedError: it is no line that may go out, or nobody is there to agree.
    """
    from botus.posting.selection import named

    selection = run.selection()
    line = named(selection, run.queue, run.log, name, anyway=asks or anyway)
    post, doubt = fingerprint(line.text or ""), selection.doubt(line)
    if doubt and asks and not anyway:
        if not can_ask():
            remedy = f"read it, and then: botus post {short_id(post)} --anyway; or keep it in botus curate"
            raise RefusedError(f"{short_id(post)} is not posted: {doubt}", remedy)
        shown = printable(f"{short_id(post)} {line.text}")
        question = f"{shown}\n{printable(doubt[0].upper() + doubt[1:])}. Post it all the same?"
        if not click.confirm(question, err=True):
            values.say("nothing was posted")
            sys.exit(0)
    elif doubt:
        values.say(f"{short_id(post)}: {doubt}", "warning")
    run.anyway = anyway or asks
    return post


@click.command(
    epilog=epilog(
        "CRON='0 */4 * * *' botus run",
        f"accounts {SCHEDULE} post_only post_order low_queue notify_urls ping_url web_link "
        "answer answers_per_hour answers_from log_format",
    )
)
@common
def run(values: Common) -> None:
    """Post on the schedule in CRON: what the container runs."""
    shutdown.exit_on_sigterm()  # while it is still loading; then `serve` takes the signals
    from botus.monitoring.notify import listener
    from botus.monitoring.start_page import start_page
    from botus.schedule.loop import settings_of
    from botus.schedule.process import serve
    from botus.web.access import invitation

    def invite(settings: Settings) -> str:
        return invitation(settings.data, settings.web_link, time.time)

    values.log_form = log_format(os.environ, values.data)
    settings_of(os.environ, values.data)
    serve(values.existing, start_page, partial(listener, invite=invite), debug=values.debug)


@click.command(epilog=epilog("botus resolve 3f9a0c41d2 --posted"))
@click.argument("post_id", metavar="ID", required=False, shell_complete=one_of(ids_in_question))
@click.option(
    "--target",
    metavar="T",
    help="Which target, where several are in question.",
    shell_complete=one_of(targets_in_question),
)
@click.option("--posted", is_flag=False, flag_value="", metavar="[URL]", help="It is there.")
@click.option("--not-posted", is_flag=True, help="It is not there: send it again.")
@click.option("--give-up", is_flag=True, help="Do not send it any more.")
@common
def resolve(
    values: Common,
    post_id: str | None,
    target: str | None,
    posted: str | None,
    not_posted: bool,
    give_up: bool,
) -> None:
    """Record what happened to a post that botus could not confirm."""
    from botus.posting.resolve import Word, resolve

    words: list[Word] = ["posted"] if posted is not None else []
    words += ["not-posted"] if not_posted else []
    words += ["give-up"] if give_up else []
    if post_id is None and posted and "/" not in posted:  # `resolve --posted ID`
        post_id, posted = posted, ""
    if post_id is None:
        raise click.UsageError("say which post: botus status lists those that need attention, by their ids")
    if len(words) != 1:
        raise click.UsageError("say one of --posted [URL], --not-posted and --give-up")
    said = resolve(values.existing.data, post_id, target, words[0], posted or None, time.time)
    values.result([said], lambda: {"said": said})


def _without_result(values: Common) -> Say:
    """Says the messages of a run without the post and where it came out: that is the result."""

    def say(message: str, level: str = "info", **fields: object) -> None:
        if fields.get("state") != "posted":
            values.say(message.removesuffix(f" {fields.get('text', '')}"), level, **fields)

    return say


def _rows(outcome: Outcome) -> Iterator[str]:
    """Each post with its text, and below it how far it came on each target: as `status` shows it."""
    states = {(one.id, one.target): "posted" for one in outcome.posted}
    states |= {(outcome.chosen_id, target): state for target, state in outcome.states.items()}
    texts = {one.id: one.text for one in outcome.posted}
    if outcome.chosen is not None:
        texts[outcome.chosen_id] = outcome.chosen
    addresses = {(one.id, one.target): one.url for one in outcome.posted}
    for post, text in texts.items():
        yield f"{post} {text}"
        for place, state in states.items():
            if place[0] == post:
                yield f"  {place[1]} {state} {addresses.get(place) or ''}".rstrip()


def _tell_of_unreviewed(values: Common, run: PostingRun) -> None:
    """Say how many of the lines that may go out nobody has read; a long queue is estimated."""
    from botus.monitoring.queue.counts import count_lines, unreviewed

    step = run.queue.step(_PART)
    if said := unreviewed(count_lines(run.queue.lines(step), run.selection(), step)):
        values.say(said, "warning")


def _failed(run: PostingRun, outcome: Outcome) -> tuple[tuple[str, ...], int]:
    """The targets that failed, and the exit code: an account was refused, or else a platform failed."""
    memory, failed = run.state.load(), outcome.failed
    if not (failed or outcome.chosen or outcome.posted):
        known = {
            name: memory.target(name, target.account, target.base_url) for name, target in run.targets.items()
        }
        if all(state.stopped or state.until > time.time() for state in known.values()):
            failed = tuple(known)
    is_refused = any(state.stopped for name, state in memory.targets.items() if name in failed)
    error = CredentialsError if is_refused else TemporaryError
    return failed, error.exit_code if failed else 0
