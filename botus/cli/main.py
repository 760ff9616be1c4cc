"""The command line: the group, and the one boundary where an error becomes a sentence and an exit code.

The commands stand in a module per family. Heavy libraries are imported inside the command that needs them, so
that `--help` is quick and the container's commands never load the model's side.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from botus import __version__
from botus.cli.commands.answering import answer, serve
from botus.cli.commands.corpus import corpus
from botus.cli.commands.generation import generate
from botus.cli.commands.log import log
from botus.cli.commands.monitoring import doctor, health, schedule, status
from botus.cli.commands.posting import post, resolve, run
from botus.cli.commands.queue import queue
from botus.cli.commands.review import curate
from botus.cli.commands.setting_up import init, login
from botus.cli.commands.training import finetune
from botus.cli.commands.web import web
from botus.cli.completion import completion
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.errors import BotusError, Interrupted, unexpected
from botus.settings import log_format
from botus.store.durable.files import explain

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def main() -> None:
    """Run the command line; every error becomes a sentence and an exit code here."""
    values = Common()
    try:
        code = cli.main(prog_name="botus", standalone_mode=False, obj=values)
    except click.ClickException as error:
        code = _show_usage(error, values)
    except (click.Abort, KeyboardInterrupt):
        code = values.complain("interrupted", Interrupted.exit_code)
    except BotusError as error:
        code = _show(error, values)
    except OSError as error:  # a file that no module of ours owns, or an output that cannot be written
        code = _show(explain(error, Path(str(error.filename or "the output")), "use"), values)
    except Exception as error:
        code = _show(unexpected(error), values)
    sys.exit(code if isinstance(code, int) else 0)


@click.group(context_settings=_CONTEXT, epilog=epilog("botus generate -n 500"))
@click.version_option(__version__, "--version", prog_name="botus")
@common
def cli(values: Common) -> None:
    """Write, prune and post a text bot's posts.

    generate writes candidates into tweets.txt, curate prunes them, post and run send them out, one
    random line at a time, and log them in tweeted.json.
    """
    if click.get_current_context().invoked_subcommand == run.name:  # before it reads its own options
        values.log_form = log_format(os.environ, values.data)
    if sys.platform == "win32":
        raise BotusError(
            "botus runs on Linux, macOS and WSL, not on Windows itself", "use WSL or the container"
        )


_INTO_THE_QUEUE = (init, login, corpus, finetune, generate, curate, web, queue)
_OUT_OF_THE_QUEUE = (post, run, resolve, log, serve)
_LOOKS = (answer, status, schedule, doctor, health, completion)
for command in (*_INTO_THE_QUEUE, *_OUT_OF_THE_QUEUE, *_LOOKS):
    cli.add_command(command)


def _call_numbers_n(command: click.Command) -> None:
    """Let the help of all commands say N and not INTEGER RANGE."""
    for one in command.params:
        if isinstance(one.type, click.types.IntParamType | click.types.FloatParamType):
            one.metavar = one.metavar or "N"
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        _call_numbers_n(inner)


_call_numbers_n(cli)


def _show(error: BotusError, values: Common) -> int:
    hint = f"\n{error.hint}" if error.hint else ""
    return values.complain(f"botus: {error.message}{hint}", error.exit_code)


def _show_usage(error: click.ClickException, values: Common) -> int:
    if values.log_form != "text":
        return values.complain(error.format_message(), error.exit_code)
    error.show()
    return error.exit_code
