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
from botus.settings.environment import FILE, EnvFile, text_of
from botus.settings.names import OWN, SECRETS

SECRETS_FOLDER = "secrets"
_FIRST = "# The settings of this bot. What is exported wins; docs/settings.md of botus has all of them.\n"
_BOM = "\ufeff"


class Draft:
    """What one folder is to have.

    Args:
        folder: where `.env` is, or will be.
        has_secret_files: whether a secret that is new gets a file of its own.

    Raises:
        FileError: `.env` cannot be read.
        SettingsError: it holds what is no setting, so that it cannot be changed safely.
    """

    def __init__(self, folder: Path, *, has_secret_files: bool = False) -> None:
        self.folder, self.has_secret_files = folder, has_secret_files
        self.path = folder / FILE
        self.present = EnvFile(self.path)
        if self.present.problems:
            raise SettingsError(self.present.problems, "mend it, then: botus init")
        self._text = text_of(self.path)
        self._changes: dict[str, str] = {}

    @property
    def values(self) -> dict[str, str]:
        """What will be set, by name; the path of a file is that from here."""
        found = {name: value for name, value in self.present.values.items() if name not in self._changes}
        for name, value in self._changes.items():
            found.pop(_other(name), None)
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
        if not value:
            self._changes[_other(name)] = ""

    def leave_out(self, platform: Platform) -> None:
        """Take the settings of a platform out."""
        for setting in platform.settings:
            if self.has(setting.name):
                self.change(setting.name, "")

    def new_secrets(self) -> list[str]:
        """The secrets that have no place yet."""
        known = self.present.values
        return [
            name for name in SECRETS if self._changes.get(name) and not {name, f"{name}_FILE"} & known.keys()
        ]

    def files(self) -> Iterator[tuple[Path, str]]:
        """The files that are to be written, secrets first; each is for its owner alone to read."""
        text, secrets = EnvText(self._text or _FIRST), {}
        for name, value in self._changes.items():
            if name in SECRETS and value and (place := self._place(name)):
                secrets[place] = f"{value}\n"
                name, value = f"{name}_FILE", str(place)
            if not value:
                text.leave_out(name)
            elif value != self.present.values.get(name):
                is_path = name == "BOTUS_DATA" or name.endswith("_FILE")
                text.set(name, self._from_folder(value) if is_path else value, *_kind(name))
                text.leave_out(_other(name))
        yield from secrets.items()
        yield self.path, str(text)

    def _place(self, name: str) -> Path | None:
        """The file of this folder that a secret is in, or is to be; None for `.env` itself."""
        there = Path(self.present.values.get(f"{name}_FILE", os.devnull))
        if there.resolve().is_relative_to(self.folder.resolve()):
            return there
        is_new = self.has_secret_files and name not in self.present.values
        return self.folder / SECRETS_FOLDER / name.lower() if is_new else None

    def _from_folder(self, path: str) -> str:
        """A path as it is from the folder, which may be moved with all that is in it."""
        is_inside = Path(path).resolve().is_relative_to(self.folder.resolve())
        return os.path.relpath(path, self.folder) if is_inside or not os.path.isabs(path) else path


def _other(name: str) -> str:
    """The other name under which the same thing is said: of NAME that of its file, and of that NAME."""
    return name.removesuffix("_FILE") if name.endswith("_FILE") else f"{name}_FILE"


def _kind(name: str) -> tuple[str, set[str]]:
    """The heading above a setting in a new file, and the settings that stand below it."""
    plain = name.removesuffix("_FILE")
    kinds: list[tuple[str, tuple[Setting, ...]]] = [(one.title, one.settings) for one in PLATFORMS]
    title, settings = next(
        ((title, some) for title, some in kinds if plain in {one.name for one in some}),
        ("when, which lines, and who is told", OWN),
    )
    return title, {name for one in settings for name in (one.name, f"{one.name}_FILE")}
