"""`botus curate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from botus.cli.completion import words
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.cli.output import can_ask
from botus.errors import FileError
from botus.store.queue.tweets import ANSWERS, TWEETS
from botus.text import counted

if TYPE_CHECKING:
    from botus.review.session import ReviewSession

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog=epilog("botus curate --order uncertain", "platforms"))
@click.option(
    "--order",
    default="score",
    show_default=True,
    help="score, random, file, new or uncertain.",
    shell_complete=words("score", "random", "file", "new", "uncertain"),
)
@click.option("--no-learning", is_flag=True, help="Do not let your decisions change the order.")
@click.option("--answers", is_flag=True, help="Review answers.txt, the lines to answer people with.")
@click.option("--dropped", is_flag=True, help="Begin with what was dropped, to bring it back.")
@click.option("--take-over", is_flag=True, help="End the review of another terminal or the page first.")
@click.option("--export", "target", type=_FILE, metavar="CSV", help="Write a table to be filled in.")
@click.option("--import", "table", type=_FILE, metavar="CSV", help="Carry out what such a table says.")
@click.option("--keep", metavar="N,N-N", help="Keep the lines with these numbers.")
@click.option("--drop-matching", metavar="REGEX", help="Drop undecided lines that match, after a preview.")
@click.option("--yes", is_flag=True, help="Drop without asking.")
@common
def curate(
    values: Common,
    order: str,
    no_learning: bool,
    answers: bool,
    dropped: bool,
    take_over: bool,
    target: Path | None,
    table: Path | None,
    keep: str | None,
    drop_matching: str | None,
    yes: bool,
) -> None:
    """Review tweets.txt, one key per decision.

    Or decide without a terminal, with --export and --import, --keep or --drop-matching.
    """
    chosen = [option for option in (target, table, keep, drop_matching) if option is not None]
    if len(chosen) > 1:
        raise click.UsageError("say only one of --export, --import, --keep and --drop-matching")
    learning, file = not no_learning, ANSWERS if answers else TWEETS
    if not chosen:
        from botus.review.machine.tally import tally
        from botus.review.terminal.loop import closing, review

        settings = values.existing
        done = review(settings, order, dropped=dropped, learning=learning, take_over=take_over, file=file)
        values.result(closing(done), lambda: dict(tally(done).made))
        return
    from botus.review.session import open_session

    with open_session(
        values.existing.data, order, learning=learning, take_over=take_over, file=file
    ) as session:
        if target:
            _export(values, session, target)
        elif table:
            _import(values, session, table)
        elif keep is not None:
            _keep(values, session, keep)
        elif drop_matching is not None:
            _drop_matching(values, session, drop_matching, yes)


def _export(values: Common, session: ReviewSession, target: Path) -> None:
    from botus.review import batch, sheet
    from botus.store.durable import files

    content, count = batch.export(session)
    files.replace(target, content)
    known = ", ".join(one for one in sheet.DECISIONS if one != "answer" or session.state.file != ANSWERS)
    rows = [
        f"{counted(count, 'post')} in {target}: fill in `decision` ({known}) or `edit` (a new wording),",
        "and leave empty what is to stay as it is;",
        f"then: {_command(session)} --import {target}",
    ]
    values.result(rows, lambda: {"posts": count})


def _import(values: Common, session: ReviewSession, table: Path) -> None:
    from botus.review import batch, sheet
    from botus.store.durable import files

    content = files.read(table, named=True)
    if content is None:
        raise FileError(f"there is no {table}", "make one with: botus curate --export FILE")
    done = batch.take_in(session, sheet.read(content, str(table)))
    rows = [", ".join(f"{count:,} {what}" for what, count in done.made.items()) or "nothing changed"]
    where = "the queue" if session.state.file == TWEETS else session.state.file
    rows += [f"{done.gone:,} no longer in {where}"] if done.gone else []
    rows += [*(f"not edited: {why}" for why in done.refused), *filter(None, [done.freed])]
    values.result(rows, lambda: asdict(done))


def _keep(values: Common, session: ReviewSession, numbers: str) -> None:
    from botus.review import batch

    kept = batch.keep(session, batch.numbers(numbers))
    freed = filter(None, [session.state.notice])
    values.result([*(f"kept: {line}" for line in kept), *freed], lambda: {"kept": kept})


def _drop_matching(values: Common, session: ReviewSession, pattern: str, yes: bool) -> None:
    from botus.review import batch

    posts = batch.matching(session, pattern)
    texts = [session.state.table.cards[post].text for post in posts]
    for text in texts[:20]:
        values.say(f"  {text}")
    if len(texts) > 20:
        values.say(f"  and {len(texts) - 20:,} more")
    asks = bool(posts) and not yes and can_ask()
    if posts and (yes or (asks and click.confirm(f"Drop these {len(posts):,}?", err=True))):
        session.decide([(post, "drop") for post in posts])
        said = f"{len(posts):,} dropped; u in {_command(session)} takes it back"
    else:
        hint = ": --yes drops them" if posts and not asks else ""
        said = f"{len(posts):,} match, none dropped{hint}"
    values.result([said], lambda: {"said": said, "matching": texts})


def _command(session: ReviewSession) -> str:
    """What opens this review."""
    return "botus curate --answers" if session.state.file == ANSWERS else "botus curate"
