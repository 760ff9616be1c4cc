"""Writes what `botus init` has asked into the folder, and says what to type next."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import botus
from botus.cli.setting_up.compose import compose, source_of
from botus.cli.setting_up.draft import Draft
from botus.errors import FileError, how_to_generate
from botus.monitoring.checks.finding import Finding
from botus.monitoring.survey import Survey
from botus.settings import SECRETS, Settings
from botus.store.durable import files

_COMPOSE = "compose.yaml"
_COMPOSE_NAMES = (_COMPOSE, "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_PRIVATE = 0o600
_APPRISE = ("WEBHOOK_URLS", "NOTIFY_URLS")


def preflight(folder: Path) -> None:
    """Refuse a folder that cannot be made, or written to, before a person takes the trouble.

    Raises:
        FileError: it cannot.
    """
    place = next(one for one in (folder, *folder.resolve().parents) if one.exists())
    if not place.is_dir():
        raise FileError(f"{place} is not a folder", "name another one")
    if not os.access(place, os.W_OK | os.X_OK):
        raise files.explain(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), place, "write to")


def write(draft: Draft) -> Iterator[str]:
    """Write secrets and `.env`, each in one step, and make the data folder; yields what became of each.

    Raises:
        FileError: something cannot be written.
    """
    draft.data.mkdir(parents=True, exist_ok=True)
    (draft.folder / "data").mkdir(exist_ok=True)  # where the container has the data folder
    with files.editing(draft.data):
        yield from write_settings(draft)
    for name in SECRETS:
        path = Path(draft.values.get(f"{name}_FILE", draft.folder))
        if not path.resolve().is_relative_to(draft.folder.resolve()):
            yield f"{path} is not in {draft.folder}: a container does not see it"


def write_compose(draft: Draft) -> str:
    """Write compose.yaml, where there is none; returns what became of it.

    Raises:
        FileError: it cannot be written.
    """
    owner, extras = draft.data.stat(), "webhook" if any(map(draft.has, _APPRISE)) else ""
    source = source_of(Path(), Path(botus.__file__).parents[1])
    data = os.path.relpath(draft.data, draft.folder)
    text = compose(f"./{data}" if data[0] != "." else data, (owner.st_uid, owner.st_gid), source, extras)
    there = next((draft.folder / name for name in _COMPOSE_NAMES if (draft.folder / name).exists()), None)
    if there is None:
        return f"{draft.folder / _COMPOSE} {_put(draft.folder / _COMPOSE, text, 0o666)}"
    if there.read_text("utf-8", "replace") == text:
        return f"{there} is as it was"
    return f"{there} stays as it is: remove it to have it written anew"


def write_settings(draft: Draft) -> Iterator[str]:
    """Write secrets and `.env` alone; yields what became of each.

    Raises:
        FileError: something cannot be written.
    """
    for path, text in draft.files():
        if path.parent != draft.folder:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        yield f"{path} {_put(path, text, _PRIVATE)}"


def _put(path: Path, text: str, mode: int) -> str:
    before, content = files.read(path), text.encode()
    if before == content and not path.stat().st_mode & 0o777 & ~mode:
        return "is as it was"
    files.replace(path, content, mode=mode)
    return "was written" if before is None else "was changed"


def next_step(begin: str, read: Callable[[], Settings], findings: Collection[Finding]) -> str:
    """Say what to type next.

    Args:
        begin: what leads into the folder.
        read: reads the settings, which have no problem where the findings have none.
    """
    if any(one.level == "problem" for one in findings):
        return f"next, fix each problem above, then: {begin}botus doctor"
    settings = read()
    queue = Survey(settings, {}).queue
    if queue is None or not (queue.ready or queue.held):
        return f"next, write posts: {begin}{how_to_generate()}"
    if not queue.ready:
        return f"next, choose among them: {begin}botus curate"
    if not settings.has_targets:
        return f"next, see what would be posted: {begin}botus post --dry-run"
    return f"next: {begin}botus run (or, in a container: {begin}docker compose up -d)"
