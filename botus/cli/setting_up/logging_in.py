"""Gets into an account with its owner's help, and writes what that takes into `.env`.

Nothing is written before the account has been seen; a token that is not kept is given back.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from botus import settings as settings_module
from botus.cli.options import Common
from botus.cli.output import ask, can_ask, to_stderr
from botus.cli.setting_up.draft import Draft
from botus.cli.setting_up.writing import write_settings
from botus.errors import CredentialsError, RefusedError, SettingsError, TemporaryError
from botus.settings import Settings
from botus.settings.environment import FILE
from botus.store.durable import files

if TYPE_CHECKING:
    from botus.posting.login.mastodon import Login
    from botus.posting.target import Account


def to_mastodon(values: Common, server: str, *, by_hand: bool, answers: bool, yes: bool) -> None:
    """Get a token through the browser.

    Args:
        server: as a person writes it; "" to ask.
        by_hand: the browser is on another machine, or the person wants to open it.
        answers: the token is for answering mentions, too.
        yes: another account may go.
    """
    from botus.posting.login.mastodon import server_of
    from botus.posting.targets.mastodon import Mastodon

    settings = _settings(values)
    before = settings.accounts.get("mastodon", {})
    base_url = server_of(server or _asked("The bot's server, such as mastodon.example"))
    home = _home(values, settings)
    login, token = consent(base_url, by_hand=by_hand, answers=answers or settings.answer == "mentions")
    try:
        account = Mastodon(base_url, token).verify()
        for problem in account.problems:
            raise CredentialsError(f"{account.handle}: {problem.what}", problem.remedy)
        _confirm(_holder(before) if before else None, account.handle, yes=yes)
        names = {"MASTODON_BASE_URL": base_url, "MASTODON_ACCESS_TOKEN": token}
        write(settings, home, names)
    except BaseException:
        login.revoke()
        raise
    _tell(values, account, home, names)


def consent(base_url: str, *, by_hand: bool, answers: bool) -> tuple[Login, str]:
    """Get a token through the browser, or by a code that a person types; nothing is written.

    Args:
        base_url: the server's address.
        by_hand, answers: as in `to_mastodon`.
    """
    from botus.posting.login.mastodon import BY_HAND, Login
    from botus.posting.login.redirect import Redirect, browse, has_browser
    from botus.posting.targets.mastodon_entities import ANSWERING, POSTING

    with ExitStack() as stack:
        is_here = not by_hand and has_browser(os.environ, sys.platform)
        redirect = stack.enter_context(Redirect()) if is_here else None
        scopes = [*POSTING, *(ANSWERING if answers else ())]
        login = Login(base_url, redirect.uri if redirect else BY_HAND, scopes)
        page = login.page(redirect.state if redirect else "")
        where = "Your browser opens this page" if redirect else "Open this page in any browser"
        to_stderr(f"{where}. Log in there as the bot, not as yourself, and authorise botus:")
        to_stderr(page)
        if redirect:
            to_stderr(
                "Waiting for that; Ctrl-C ends it. (botus login mastodon --no-browser asks for a code.)"
            )
            browse(page)
            code = redirect.wait()
        else:
            code = _asked("The code that it shows then")
    return login, login.token(code)


def token_for(server: str, answers: bool, undo: ExitStack) -> tuple[str, str]:
    """Get a token through the browser; returns the server's address, as it should be, and the token.

    Args:
        undo: takes the token back, unless it is kept.
    """
    from botus.posting.login.mastodon import server_of

    base_url = server_of(server)
    login, token = consent(base_url, by_hand=False, answers=answers)
    undo.callback(login.revoke)
    return base_url, token


def to_bluesky(values: Common, handle: str, service: str, *, yes: bool) -> None:
    """Ask for an app password and try it.

    Args:
        handle: as a person writes it; "" to ask.
        service: the account's server; "" to find it.
        yes: another account may go.
    """
    from botus.platforms.rows import BLUESKY
    from botus.posting.login.bluesky import handle_of, log_in, server_of, service_of

    settings = _settings(values)
    before = settings.accounts.get("bluesky", {}).get("handle", "")
    handle = handle_of(handle or _asked("The bot's handle, such as kettle.bsky.social"))
    home = _home(values, settings)
    service = service_of(service) if service else server_of(handle)
    _confirm(f"@{before}" if before else None, f"@{handle}", yes=yes)
    values.say("Make an app password in Bluesky: Settings, Privacy and security, App passwords.")
    password = _asked("The app password", hidden=True)
    account = log_in(handle, password, service, settings.data)
    names = {"BLUESKY_HANDLE": handle, "BLUESKY_APP_PASSWORD": password}
    names["BLUESKY_SERVICE"] = "" if service == BLUESKY.host else service
    write(settings, home, names)
    _tell(values, account, home, names)


def _settings(values: Common) -> Settings:
    """The settings as far as they can be understood: others may still be wrong, or half."""
    return settings_module.read(os.environ, values.data)[0]


def _home(values: Common, settings: Settings) -> Path:
    """The folder whose `.env` it is: the data directory where that is named or has one, else the current one.

    Raises:
        BotusError: nothing can be written there, which is better known before a person takes the trouble.
    """
    is_data = values.data or os.environ.get("BOTUS_DATA") or (settings.data / FILE).exists()
    home = settings.data if is_data else Path()
    with files.editing(settings.data):
        Draft(home)
    if not os.access(home, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise files.explain(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), home / FILE, "write")
    return home


def write(settings: Settings, home: Path, names: Mapping[str, str]) -> None:
    """Give names their values; "" leaves one out."""
    with files.editing(settings.data):
        draft = Draft(home)
        for name, value in names.items():
            draft.change(name, value)
        list(write_settings(draft))


def _asked(question: str, *, hidden: bool = False) -> str:
    """Ask a person, or read a line of what is piped in.

    Raises:
        SettingsError: nobody answers.
    """
    if can_ask():
        return ask(question, is_secret=hidden).strip()
    to_stderr(f"{question}:")
    answer = sys.stdin.readline().strip() if sys.stdin else ""
    if not answer:
        raise SettingsError(f"nobody answers: {question}", "run this in a terminal, or pipe the answer in")
    return answer


def _confirm(before: str | None, now: str, *, yes: bool) -> None:
    """Ask whether another account may go.

    Args:
        before, now: the accounts, as people write them.

    Raises:
        RefusedError: it may not, or nobody answers.
    """
    if yes or before in (None, now):
        return
    if not (can_ask() and click.confirm(f"botus posts as {before} now. Post as {now} instead?", err=True)):
        raise RefusedError(f"botus still posts as {before}", f"with --yes it posts as {now} instead")


def _holder(account: Mapping[str, Any]) -> str | None:
    """Whose the token is that botus has now; None where it is of no use any more."""
    from botus.posting.targets.mastodon import Mastodon

    try:
        return Mastodon(account["base_url"], account["token"]).verify().handle
    except CredentialsError:
        return None
    except TemporaryError:
        return f"an account at {account['base_url']}"


def _tell(values: Common, account: Account, home: Path, names: Iterable[str]) -> None:
    """Tell who botus is now, and what keeps that from being so."""
    path, warnings = home / FILE, [f"{one.what}: {one.remedy}" for one in account.warnings]
    settings = _settings(values)
    exported = {name for name, place in settings.places.items() if place is None}
    if counts := [name for name in names for name in (name, f"{name}_FILE") if name in exported]:
        them = " ".join(counts)
        warnings.insert(0, f"{them} of this shell's environment counts more than {path}: unset {them}")

    def lines() -> Iterator[str]:
        yield f"logged in as {account.handle}"
        yield f"{path} has what posting there needs; it is a secret"
        yield from (f"warning: {warning}" for warning in warnings)
        yield f"next: {'botus doctor' if settings.cron else 'botus init, which asks when to post'}"

    found = {"account": account.handle, "url": account.url, "file": str(path), "warnings": warnings}
    values.result(lines(), lambda: found, about_us=True)
