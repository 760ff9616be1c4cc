"""Completion in a shell: `botus completion`, and the values that arguments and options complete to.

Which commands and options there are click tells the shell. A value that has to be looked for is looked for in
the data directory; what goes wrong there is never said in the middle of a person's line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.cli.output import to_stdout
from botus.errors import BotusError
from botus.text import escape, fingerprint, printable, short_id

_MOST = 100  # values: nobody reads more
_WORDS = 60  # letters of a post beside its id


@click.command(epilog=epilog("botus completion bash"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def completion(values: Common, shell: str) -> None:
    """Print what lets a shell complete commands, options and values.

    \b
    bash  a line in ~/.bashrc:  eval "$(botus completion bash)"
    zsh   a line in ~/.zshrc, after compinit:  eval "$(botus completion zsh)"
    fish  once:  botus completion fish > ~/.config/fish/completions/botus.fish
    """
    kind = get_completion_class(shell)
    assert kind  # the choices above are those that click knows
    script = kind(click.get_current_context().find_root().command, {}, "botus", "_BOTUS_COMPLETE").source()
    if values.as_json:
        values.result([], lambda: {"script": script})
    else:
        to_stdout(script)  # as it is: its tabs are meant


def one_of(
    find: Callable[[Path], Iterable[str | CompletionItem]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Complete a value to one of those that are found in the data directory, for `shell_complete`."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        found: list[CompletionItem] = []
        with suppress(BotusError, OSError):
            data = context.ensure_object(Common).settings.data
            items = (one if isinstance(one, CompletionItem) else CompletionItem(one) for one in find(data))
            found.extend(islice((one for one in items if one.value.startswith(begun)), _MOST))
        return found

    return complete


def words(*known: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Complete a value to one of these words, whatever the settings are."""
    return lambda context, parameter, begun: [CompletionItem(one) for one in known if one.startswith(begun)]


def any_file(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Let the shell complete a path, for what may be something else too."""
    return [CompletionItem(begun, type="file")]


def ids_of_queue(data: Path) -> Iterator[CompletionItem]:
    """The ids of the lines of tweets.txt, each with how its post begins."""
    from botus.store.queue.tweets import Queue

    return (_item(line.text) for line in Queue(data).lines() if line.text)


def ids_in_question(data: Path) -> Iterable[CompletionItem]:
    """The ids of the posts that `resolve` may be asked about."""
    return (_item(entry["text"], str(entry.get("id") or "")) for entry in _in_question(data))


def targets_in_question(data: Path) -> Iterable[str]:
    """The targets of those posts, by their names in the log."""
    return sorted({target for entry in _in_question(data) for target in entry["targets"]})


def rules(data: Path) -> Iterable[str]:
    """The rules of the screen."""
    from botus.screening.rules import RULES

    return RULES


def kinds_of_exports(data: Path) -> Iterable[str]:
    """What `corpus import --kind` knows."""
    from botus.corpus.sources.detection import FORMATS

    return FORMATS


def sources_of_corpus(data: Path) -> Iterable[str]:
    """The names under which posts were imported."""
    from botus.store.corpus import Corpus

    return Corpus(data).counts()


def _in_question(data: Path) -> Iterator[dict[str, Any]]:
    from botus.posting.log.entry import log_entry
    from botus.store.intents import Intents
    from botus.store.log.tweeted import Log

    yield from (log_entry(intent, None) for intent in Intents(data).open())
    log = Log(data)
    yield from log.read(log.index().in_question())


def _item(text: str, post_id: str = "") -> CompletionItem:
    shown = printable(escape(text))[:_WORDS]
    return CompletionItem(post_id or short_id(fingerprint(text)), help=shown)
