"""Tells Discord that there is a command; done once, and again when its name changes.

Source: Discord's documentation, "Registering a Command" (a command of the same name is replaced).
"""

from __future__ import annotations

import re

import requests

from botus.errors import BotusError, CredentialsError, SettingsError, TemporaryError, network_words
from botus.posting.http.bounded import Bounded

_NAME = re.compile(r"[-_'\w]{1,32}")
_TIMEOUT = 20  # seconds without a byte


def register(api: str, application: str, token: str, name: str) -> str:
    """Register a slash command with one text that may be left out; returns its name with the slash.

    Args:
        api: the address of Discord's API.
        application: the application's number; token: its bot's.

    Raises:
        SettingsError: Discord takes no such name, or knows no such application.
        CredentialsError: the token is wrong.
        TemporaryError: Discord cannot be reached, or has had enough for now.
    """
    if not _NAME.fullmatch(name) or name != name.lower():
        raise SettingsError(f"--command {name!r} is no name of a command", "use small letters and hyphens")
    option = {"type": 3, "name": "text", "description": "What you say", "required": False}
    command = {"type": 1, "name": name, "description": "Says a line that a person has picked"}
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Bounded(max_retries=0))
    try:
        answer = session.post(
            f"{api}/applications/{application}/commands",
            json=command | {"options": [option]},
            headers={"Authorization": f"Bot {token}"},
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except (requests.RequestException, OSError) as error:
        raise TemporaryError(f"Discord cannot be reached: {network_words(error)}", "try again") from error
    if answer.status_code in (200, 201):
        return f"/{name}"
    raise _refusal(answer.status_code)


def _refusal(status: int) -> BotusError:
    if status in (401, 403):
        return CredentialsError(
            f"Discord does not take DISCORD_BOT_TOKEN: HTTP {status}",
            "copy the token of the bot that belongs to the application of DISCORD_APPLICATION_ID",
        )
    if status == 404:
        return SettingsError(
            "Discord knows no application of DISCORD_APPLICATION_ID", "copy its number again"
        )
    if status == 429 or status >= 500:
        return TemporaryError(f"Discord takes no command now: HTTP {status}", "try again in a few minutes")
    return BotusError(f"Discord has refused the command: HTTP {status}")
