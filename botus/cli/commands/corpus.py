"""The commands around corpus.txt. Parse, call, print; `cli` has the others."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from botus.cli.completion import kinds_of_exports, one_of, sources_of_corpus
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.cli.output import can_ask, can_show, is_terminal, progress_bar, terminal_width, to_stderr
from botus.errors import RefusedError
from botus.text import counted, duration

_at_least = partial(click.option, type=click.IntRange(0), default=0, metavar="N")
_treatment = partial(
    click.option, type=click.Choice(["drop", "keep", "refuse"]), default="drop", show_default=True
)


def _duration(value: str) -> float:
    try:
        return duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} {error}") from error


@click.group(epilog=epilog("botus corpus import twitter.zip"))
def corpus() -> None:
    """Look after corpus.txt, the text that a model is trained on."""


@corpus.command("import", epilog=epilog("botus corpus import twitter.zip --min-likes 2", "platforms"))
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Remember the posts under this name.  [default: FILE's]")
@click.option("--replies", is_flag=True, help="Also take answers to others.")
@click.option("--content-warnings", "warnings", is_flag=True, help="Also take posts with a content warning.")
@click.option("--cut-off", is_flag=True, help='Also take parts of longer texts: (1/2), (cont), "… link".')
@click.option(
    "--deleted", is_flag=True, help="Also take what its author took back, where an archive says so."
)
@click.option("--media", is_flag=True, help="Of a post without words, take its picture's description.")
@_at_least("--min-likes", help="Only what was liked so often.")
@_at_least("--min-chars", help="Only posts of so many characters.")
@click.option(
    "--merge-within",
    type=_duration,
    default="15m",
    show_default=True,
    metavar="TIME",
    help="Join messages of one channel less than this apart; 0 joins none.",
)
@_treatment("--mentions", help="What becomes of @names.")
@_treatment("--links", help="Links.")
@_treatment("--entities", type=click.Choice(["fix", "keep"]), default="fix", help="&amp; and its like.")
@click.option(
    "--kind",
    metavar="KIND",
    help="Read FILE as this kind of export.  [default: found out]",
    shell_complete=one_of(kinds_of_exports),
)
@click.option(
    "--author", metavar="NAME", help="Of a chat or a table of several people, only this one's words."
)
@click.option(
    "--encoding", metavar="NAME", help="The encoding of FILE, such as cp1251.  [default: found out]"
)
@click.option("--column", metavar="NAME", help="The column or field that has the text.  [default: found out]")
@click.option(
    "--unknown-channels", is_flag=True, help="Also take Discord channels that do not say what they are."
)
@click.option(
    "--explain",
    multiple=True,
    metavar="REASON",
    help="Show samples of what was left out; all: of everything.",
)
@click.option("--dry-run", is_flag=True, help="Only look; change nothing.")
@common
def corpus_import(
    values: Common,
    paths: tuple[Path, ...],
    name: str | None,
    explain: tuple[str, ...],
    dry_run: bool,
    mentions: str,
    links: str,
    entities: str,
    kind: str | None,
    author: str | None,
    column: str | None,
    unknown_channels: bool,
    encoding: str | None,
    **filters: object,
) -> None:
    """Add the posts of exports to corpus.txt.

    FILE, just as it was downloaded, is an archive of X, Mastodon, Discord, Reddit, Instagram or Threads (zip,
    tar or unpacked), Bluesky's repo.car, posts of Tumblr, YouTube's comments,
    The Trump Archive, CSV, JSON, a fortune file, gpt-2-simple's output or plain text.
    """
    from botus.cli.display import corpus_import as display
    from botus.corpus import importing
    from botus.corpus.cleaning import Treatment
    from botus.corpus.filtering import FilterOptions
    from botus.corpus.parsing.post import Options, Taken

    treatment = Treatment(mentions, links, entities == "fix")
    with progress_bar(quiet=values.quiet) as show:
        done = importing.import_exports(
            values.settings.data,
            paths,
            FilterOptions(treatment=treatment, limits=values.settings.limits(), **filters),  # type: ignore[arg-type]
            Options(unknown_channels, column, kind, author, encoding),
            name,
            dry_run=dry_run,
            on_progress=lambda said: show(0, said),  # how many posts there are is known when they are read
        )
    for note in (*done.notes, *display.missing(done.counts, explain)):
        values.say(note, "info" if isinstance(note, Taken) else "warning")
    width = terminal_width() or 0
    values.result(
        [*display.samples(done.counts, explain, width), *display.lines(done)],
        lambda: display.value(done, explain),
    )
    if done.counts.kept and not dry_run and is_terminal():
        values.say("next: botus finetune; botus corpus stats says whether that is enough for it")


@corpus.command("remove", epilog=epilog("botus corpus remove twitter.zip"))
@click.argument("source", shell_complete=one_of(sources_of_corpus))
@common
def corpus_remove(values: Common, source: str) -> None:
    """Take what came from SOURCE out again.

    What another source has too stays, and so do your own lines.
    """
    from botus.cli.display import corpus_import as display
    from botus.store.corpus import Corpus

    own = Corpus(values.existing.data)
    with own.working():
        done = own.remove(source)
        left = len(own.texts())
    values.result(display.removal(done, own.path, left), lambda: {**asdict(done), "total": left})


@corpus.command("stats", epilog=epilog("botus corpus stats --plot lengths.svg"))
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Draw an SVG.")
@common
def corpus_stats(values: Common, plot: Path | None) -> None:
    """Show what corpus.txt is like.

    And whether it is enough to train on.
    """
    from botus.cli.display import corpus as display
    from botus.corpus import stats
    from botus.store.durable import files

    found = stats.look(values.existing.data, Path.cwd())
    if plot:
        files.replace(plot, display.plot(found).encode())
        values.say(f"the plots are in {plot}")
    width, blocks = min(80, shutil.get_terminal_size().columns), can_show("█")
    values.result(
        display.lines(found, width, blocks=blocks),
        lambda: display.value(found),
    )


@corpus.command("add", epilog=epilog("botus corpus add --kept"))
@click.option("--kept", is_flag=True, required=True, help="What was kept, starred or posted.")
@common
def corpus_add(values: Common, kept: bool) -> None:
    """Add the posts that proved good.

    A star makes a post weigh more in training.
    """
    from botus.corpus import feedback

    added = feedback.add_kept(values.existing.data)
    rows = [f"{added.new:,} added to {values.existing.data / 'corpus.txt'}"]
    rows += [f"{added.reweighted:,} have a new weight"] if added.reweighted else []
    rows += [f"{added.known:,} were there already"] if added.known else []
    values.result(rows, lambda: asdict(added))


@corpus.command("forget", epilog=epilog("botus corpus forget --yes"))
@click.option("--yes", is_flag=True, help="Delete without asking.")
@common
def corpus_forget(values: Common, yes: bool) -> None:
    """Delete the training text; hashes stay, so that nothing copies it."""
    from botus.corpus import forgetting

    settings = values.existing
    plan = forgetting.plan(settings.data)
    if plan is None:
        said = f"there is nothing to forget: {settings.data} has no corpus.txt"
        values.result([said], lambda: {"said": said, "posts": 0})
        return
    for row in plan:
        (values.say if yes else to_stderr)(row)  # a question needs what is asked, with --quiet too
    if not yes and not can_ask():
        raise RefusedError("nothing was deleted", "say --yes to delete what is listed above")
    if not yes and not click.confirm("Forget it?", err=True):
        values.result(["nothing was deleted"], lambda: {"said": "nothing was deleted", "posts": 0})
        return
    done = forgetting.forget(settings.data)
    rows = [f"forgot {counted(done.posts, 'post')}; {done.size / 1024:,.0f} KB of hashes took their place"]
    quotes = counted(done.quotes, "quote of them is", "quotes of them are")
    rows += [f"{quotes} gone from candidates.jsonl"] if done.quotes else []
    values.result(rows, lambda: asdict(done))
