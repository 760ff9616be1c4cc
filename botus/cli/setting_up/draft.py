"""The settings of a folder as they are, and what is to become of them. Nothing is written here.

A secret stands in `.env`, or in a file of its own that `.env` names; where it is, it stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from botus.cli.setting_up.env_text import EnvText
from botus.errors import SettingsError
from botus.platforms.rows import PLATFORMS, Platform, Setting
from botus.settings.environment import FILE, EnvFile, gather_in, is_path, other, text_of
from botus.settings.names import OWN, SECRETS
from botus.store.durable import files

SECRETS_FOLDER = "secrets"
_FIRST = "# The settings of this bot. What is exported wins; docs/settings.md of botus has all of them.\n"


class Draft:
    """What one folder is to have.

    Args:
        folder: where `.env` is, or will be; one in the data folder counts more, and is read and changed too.
        has_secret_files: whether a secret that is new gets a file of its own.

    Raises:
        SettingsError: a file cannot be read, or holds what is no setting: it could not be changed safely.
        FileError: a file is a link: it cannot be replaced safely.
    """

    def __init__(self, folder: Path, *, has_secret_files: bool = False) -> None:
        self.folder, self.has_secret_files = folder, has_secret_files
        here = EnvFile(folder / FILE)
        data = Path(here.values.get("BOTUS_DATA") or folder / "data")
        self._found = gather_in(here, {}, data)
        if self._found.problems:
            raise SettingsError(self._found.problems, "fix it, then say the same command again")
        self._paths = [path for path in (data / FILE, here.path) if path == here.path or path.exists()]
        for path in self._paths:
            files.refuse_link(path)
        self._changes: dict[str, str] = {}

    @property
    def values(self) -> dict[str, str]:
        """What will be set, by name; the path of a file is that from here."""
        found = {name: value for name, value in self._found.values.items() if name not in self._changes}
        for name, value in self._changes.items():
            found.pop(other(name), None)
            if value:
                found[name] = value
        return found

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.values.get("BOTUS_DATA") or self.folder / "data")

    def has(self, name: str) -> bool:
        """Whether a setting is there, also as a file."""
        return not self.values.keys().isdisjoint((name, f"{name}_FILE"))

    def change(self, name: str, value: str) -> None:
        """Give a setting another value, a path as it is from here; "" leaves it out."""
        self._changes[name] = value
        if value:
            self._changes.pop(other(name), None)
        else:
            self._changes[other(name)] = ""

    def is_changed(self, name: str) -> bool:
        """Whether a setting was given another value."""
        return bool(self._changes.get(name))

    def leave_out(self, platform: Platform) -> None:
        """Take the settings of a platform out."""
        for setting in platform.settings:
            if self.has(setting.name):
                self.change(setting.name, "")

    def new_secrets(self) -> list[str]:
        """The secrets that have no place yet."""
        new = (name for name in SECRETS if self._changes.get(name))
        return [name for name in new if self._found.values.keys().isdisjoint((name, f"{name}_FILE"))]

    def files(self) -> Iterator[tuple[Path, str]]:
        """The files that are to be written, secrets first; each is for its owner alone to read.

        Raises:
            FileError: what is to change can no longer be read.
        """
        texts = {path: EnvText(text_of(path) or _FIRST) for path in self._paths}
        secrets = {}
        for name, value in self._changes.items():
            if name in SECRETS and value and (place := self._place(name)):
                secrets[place] = f"{value}\n"
                name, value = f"{name}_FILE", str(place)
            if value == self._found.values.get(name):
                continue
            for text in texts.values():
                text.leave_out(other(name))
            if value:
                path = self._home(name)
                told = _from(path.parent, value) if is_path(name) else value
                texts[path].set(name, told, *_kind(name))
        yield from secrets.items()
        yield from ((path, str(text)) for path, text in texts.items())

    def _home(self, name: str) -> Path:
        """The file that sets a name, or is to."""
        places = self._found.places
        place = places.get(name) or places.get(other(name))
        return place.path if place else self._paths[-1]

    def _place(self, name: str) -> Path | None:
        """The file of this folder that a secret is in, or is to be; None for `.env` itself."""
        there = Path(self._found.values.get(f"{name}_FILE", os.devnull))
        if there.resolve().is_relative_to(self.folder.resolve()):
            return there
        is_new = self.has_secret_files and name not in self._found.values
        return self.folder / SECRETS_FOLDER / name.lower() if is_new else None


def _from(folder: Path, path: str) -> str:
    """A path as it is from a folder, which may be moved with all that is in it."""
    is_inside = Path(path).resolve().is_relative_to(folder.resolve())
    return os.path.relpath(path, folder) if is_inside or not os.path.isabs(path) else path


def _kind(name: str) -> tuple[str, set[str]]:
    """The heading above a setting in a new file, and the settings that stand below it."""
    plain = name.removesuffix("_FILE")
    kinds: list[tuple[str, tuple[Setting, ...]]] = [(one.title, one.settings) for one in PLATFORMS]
    title, settings = next(
        ((title, some) for title, some in kinds if plain in {one.name for one in some}),
        ("when, which lines, and who is told", OWN),
    )
    return title, {name for one in settings for name in (one.name, f"{one.name}_FILE")}
