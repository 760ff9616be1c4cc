"""The errors that a person may see, each with its exit code.

    BotusError                   1   unexpected
    ├── SettingsError            2   usage or settings; lists every problem at once
    ├── FileError                3   a file or input is damaged, unreadable or not understood
    ├── CredentialsError         4   credentials missing or refused
    ├── TemporaryError           5   a platform or the network failed, trying again may help
    ├── RefusedError             6   refused by a safety rule
    ├── BusyError                7   another botus is at work on this data directory
    └── Interrupted            130   Ctrl-C or a signal; what was done so far is kept

Every error says what happened and where in its message, and what to do next in its hint.
Only `cli` turns one into an exit code; who tells one and goes on (`run`, the checks) uses `sentence`.
"""

from __future__ import annotations

import errno
import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

UNEXPECTED = "unexpected: "  # how the message of an error begins that nobody expected


class BotusError(Exception):
    """What happened, and what the person can do about it.

    Args:
        message: one sentence: what happened, with file and line or the setting's name.
        hint: one sentence: what to do next; empty where nothing can be done.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(BotusError):
    """One or more settings, options or arguments are wrong; all are reported together."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str], hint: str = "") -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems), hint)


class FileError(BotusError):
    """A file or an input that cannot be read, written or understood."""

    exit_code = 3


class CredentialsError(BotusError):
    """Credentials are missing, incomplete or refused."""

    exit_code = 4


class TemporaryError(BotusError):
    """A platform or the network failed; trying again later may help."""

    exit_code = 5


class RefusedError(BotusError):
    """A safety rule forbids what was asked."""

    exit_code = 6


class BusyError(BotusError):
    """Another botus is at work on the same data directory."""

    exit_code = 7


class Interrupted(BotusError):
    """A person or the system asked botus to stop."""

    exit_code = 130


def unexpected(error: Exception) -> BotusError:
    """Say an error that nobody expected: a fault in botus, or a machine that has too little memory."""
    if isinstance(error, MemoryError):
        return BotusError(
            f"{UNEXPECTED}there was not enough memory; close other programs, or allow botus more"
        )
    return BotusError(
        f"{UNEXPECTED}{type(error).__name__}: {error}",
        "this is a fault in botus: the same command with --debug shows where",
    )


def sentence(error: BotusError) -> str:
    """Say an error, all its problems and its remedy in one line."""
    problems = error.problems if isinstance(error, SettingsError) else [error.message]
    said = "; ".join(problem.rstrip(".") for problem in problems)
    return f"{said} ({error.hint.rstrip('.')})" if error.hint else said


def not_installed(extra: str) -> SettingsError:
    """What a command says whose packages are missing; a container has no pip, but another image has them."""
    hint = f"pip install 'botus[{extra}]'"
    if extra in ("generate", "web"):
        hint += f"; for a container, in botus's folder: docker build -t botus-{extra} --target {extra} ."
    return SettingsError(f"the {extra} extra is not installed", hint)


def how_to_generate() -> str:
    """The command that writes posts; where its packages are missing, also how to get them."""
    if importlib.util.find_spec("ctranslate2") is None:
        return f"botus generate, which needs: {not_installed('generate').hint}"
    return "botus generate"


def remedy(error: OSError, path: Path) -> str:
    """What a person can do about an operating system's error with a file."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "make room on the disk"
    if error.errno in (errno.EACCES, errno.EPERM):
        folder = path if os.path.isdir(path) else path.parent  # Path.is_dir raises where it may not look
        return (
            f"botus runs as uid {os.getuid()}: sudo chown -R {os.getuid()} {folder}"
            " (of a container: the folder that is mounted there), or run it as the owner"
        )
    if error.errno == errno.EROFS:
        return "the file system is read-only: mount the data folder writable"
    if error.errno == errno.EBUSY:
        return "mount the folder, not the single file: a mounted file cannot be replaced"
    if error.errno == errno.EISDIR:
        return "a folder has this name: docker makes one when a mounted file is missing; remove it"
    return "check the disk and the path"


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, outermost first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


_OF_ANSWERS = {errno.EMSGSIZE: "it was too long", errno.EBADMSG: "it could not be unpacked"}


def network_words(error: BaseException) -> str:
    """Name what went wrong on the way to a server, by the innermost cause that says anything.

    The messages of the libraries are never shown: they hold addresses, sometimes headers.
    """
    import socket  # all of these here, because every module imports this one
    import ssl

    import requests
    from urllib3.exceptions import ConnectTimeoutError, ProxyError, ReadTimeoutError

    chain = list(causes(error))
    where = "the proxy: " if any(isinstance(cause, ProxyError) for cause in chain) else ""
    for cause in reversed(chain):
        if isinstance(cause, MemoryError):
            return "not enough memory"
        if isinstance(cause, socket.gaierror):
            return f"{where}the server's name was not found"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the server's certificate was not accepted"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection"
        if isinstance(cause, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
            return f"{where}timed out"
        if isinstance(cause, OSError) and cause.errno:
            return where + (_OF_ANSWERS.get(cause.errno) or os.strerror(cause.errno).lower())
    if isinstance(error, requests.RequestException):
        return f"{where}cut off"
    return f"the client failed ({type(error).__name__})"
