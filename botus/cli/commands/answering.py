"""`botus answer` and `serve`."""

from __future__ import annotations

import random
from pathlib import Path

import click

from botus import shutdown
from botus.cli.epilog import epilog
from botus.cli.options import Common, common, proxy_option
from botus.errors import SettingsError
from botus.settings import Settings


@click.command(epilog=epilog("botus answer 'why is it so foggy?'", "answers_from"))
@click.argument("question", default="")
@click.option(
    "-n", "count", type=click.IntRange(1), default=1, help="So many answers, as in one conversation."
)
@common
def answer(values: Common, question: str, count: int) -> None:
    """Show what the bot would answer to a question; nothing is sent."""
    from botus.answering.pool import Pool
    from botus.text import escape, fingerprint

    settings = values.existing
    pool = Pool.of(settings)
    found, rng = dict[str, str](), random.Random()
    while len(found) < count and (line := pool.choose(question, found.keys(), rng)):
        found[fingerprint(line)] = line
    if not found:
        values.say("there is nothing to answer with: botus status says why")
    values.result(map(escape, found.values()), lambda: {"answers": list(found.values())})


@click.command(
    epilog=epilog(
        "botus serve --port 8018",
        "answers_from serve_token slack_signing_secret discord_public_key "
        "discord_application_id discord_bot_token discord_api",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8018, show_default=True, type=click.IntRange(0, 65535), help="0 for any.")
@proxy_option
@click.option("--live", is_flag=True, help="Let the model write each answer; nobody has read it before.")
@click.option("--checkpoint", type=click.Path(path_type=Path), metavar="DIR", help="The model of --live.")
@click.option("--register-discord", is_flag=True, help="Tell Discord that there is a command, and end.")
@click.option("--command", "name", default="ask", show_default=True, help="The name of that command.")
@common
def serve(
    values: Common,
    host: str,
    port: int,
    proxy: str,
    live: bool,
    checkpoint: Path | None,
    register_discord: bool,
    name: str,
) -> None:
    """Answer over HTTP, in Slack and in Discord.

    With lines that a person has picked: those of answers.txt.
    """
    settings = values.existing
    if register_discord:
        _register(values, settings, name)
        return
    if checkpoint and not live:
        raise SettingsError("--checkpoint is the model of --live", "say both, or neither")
    shutdown.exit_on_sigterm()  # while it is still loading; then the server takes the signals
    from botus.web.answers.serving import Place, opened

    with opened(settings, Place(host, port, proxy, live, checkpoint), values.say) as answers:
        rows = [f"Answers are given at {answers.address}", *(f"  {one}" for one in answers.endpoints)]
        values.result(rows, lambda: {"address": answers.address, "endpoints": list(answers.endpoints)})
        answers.run()


def _register(values: Common, settings: Settings, name: str) -> None:
    from botus.web.answers.registration import register

    application, token = settings.discord_application_id, settings.discord_bot_token
    lacking = [
        setting
        for setting, value in (("DISCORD_APPLICATION_ID", application), ("DISCORD_BOT_TOKEN", token))
        if not value
    ]
    if lacking:
        raise SettingsError([f"{one} is not set" for one in lacking], "docs/answers.md says where they are")
    command = register(settings.discord_api, application, token or "", name)
    said = f"Discord knows {command} now; its address for interactions ends in /discord"
    values.result([said], lambda: {"command": command})
