"""The questions of `botus init`, platform by platform; the answers go into a draft, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from botus.cli.setting_up.draft import SECRETS_FOLDER, Draft
from botus.cli.setting_up.values import check, in_words
from botus.errors import BotusError, SettingsError, sentence
from botus.monitoring.checks.finding import Finding
from botus.platforms.rows import MASTODON, PLATFORMS, Platform, Setting
from botus.settings.names import OWN
from botus.text import choice, truth

Answer = TypeVar("Answer")
_NONE = "none"
_SERVER, _TOKEN = (one.name for one in MASTODON.required)
_MASKED = "***, as it is"
_MASKED_ANEW = "***, as you just gave it"


class Talk(Protocol):
    """The person at the terminal."""

    def ask(self, question: str, default: str = "", *, shown: str = "", is_secret: bool = False) -> str:
        """Ask; returns the default where nothing is answered, which may be `shown` as something else."""

    def tell(self, line: str) -> None:
        """Say something."""

    def head(self, line: str) -> None:
        """Begin a new part."""


@dataclass
class Conversation:
    """Asks for everything, and again for what cannot be.

    Attributes:
        usual: what to suggest where the folder says nothing, by name.
        trial: asks a platform about its credentials.
        now: the time.
        log_in: gets a token through the browser, by the address of a Mastodon server, which it returns too
            as it should be; None where there is no person for that.
    """

    draft: Draft
    talk: Talk
    usual: Mapping[str, str]
    trial: Callable[[Platform, Mapping[str, str]], Iterable[Finding]]
    now: datetime
    log_in: Callable[[str], tuple[str, str]] | None = None

    def hold(self) -> None:
        """Ask for everything."""
        chosen = self._platforms()
        for platform in PLATFORMS:
            if platform.name not in chosen:
                self.draft.leave_out(platform)
            elif not self._platform(platform):
                self.draft.leave_out(platform)
                self.talk.tell(f"No answer: {platform.title} is left out.")
        self.talk.head("When, and what")
        for setting in sorted((one for one in OWN if one.question), key=lambda one: one.secret):
            self._setting(setting)
        if self.draft.new_secrets():
            self.talk.head("Secrets")
            question = f"Keep them in files of their own, in {SECRETS_FOLDER}/, instead of .env? yes or no"
            self.draft.has_secret_files = self._read(question, "no", truth)

    def _platform(self, platform: Platform) -> bool:
        """Ask for one platform, and try it; False where a required answer is missing."""
        self.talk.head(platform.title[:1].upper() + platform.title[1:])
        self.talk.tell(f"What lets botus in comes from {platform.whence}.")
        while True:
            for setting in platform.settings:
                if setting.question and not self._setting(setting):
                    return False
            if self._is_well(platform):
                return True
            if not self._read("Answer this once more? yes or no", "yes", truth):
                return True

    def _is_well(self, platform: Platform) -> bool:
        """Try the answers, and say what came of it."""
        self.talk.tell(f"Asking {platform.title} ...")
        levels = set()
        for one in self.trial(platform, self.draft.values):
            self.talk.tell(f"{one.level:<8} {one.message}{f' -> {one.hint}' if one.hint else ''}")
            levels.add(one.level)
        return "problem" not in levels

    def _setting(self, setting: Setting) -> bool:
        """Ask for one setting until the answer can be; False where it is required and there is none."""
        name, is_there = setting.name, self.draft.has(setting.name)
        default = self.draft.values.get(name, "" if is_there else self.usual.get(name, ""))
        if not (is_there or default) and isinstance(setting.default, str):
            default = setting.default
        is_masked = setting.secret and bool(is_there or default)
        masked = _MASKED_ANEW if self.draft.is_changed(name) else _MASKED
        shown = masked if is_masked else default or ("" if setting.required else _NONE)
        by_browser = self.log_in if name == _TOKEN and not is_masked else None
        shown = "through the browser" if by_browser else shown
        while True:
            said = self.talk.ask(setting.question, default, shown=shown, is_secret=setting.secret).strip()
            answer = _without_name(name, said)
            if by_browser and not answer and not (answer := self._let_in(by_browser)):
                continue
            if is_there and not answer:  # it is in a file of its own
                return True
            if answer.lower() in ("", _NONE):
                self.draft.change(name, "")
                return not setting.required
            if self._is_good(name, answer):
                is_usual = answer == setting.default and name not in self.usual
                if answer != default if is_there else not is_usual:
                    self.draft.change(name, answer)
                return True

    def _let_in(self, log_in: Callable[[str], tuple[str, str]]) -> str:
        """Get a token through the browser; "" where that came to nothing."""
        try:
            address, token = log_in(self.draft.values[_SERVER])
        except BotusError as error:
            self.talk.tell(f"{sentence(error)}. Type a token, or {_NONE} to leave {MASTODON.title} out.")
            return ""
        self.draft.change(_SERVER, address)
        return token

    def _is_good(self, name: str, answer: str) -> bool:
        """Look at an answer, and say why it cannot be, or what it means."""
        try:
            check(name, answer)
            lines = [*in_words(name, {**self.draft.values, name: answer}, self.now)]
        except SettingsError as error:
            lines = [*error.problems, *([error.hint] if error.hint else [])]
            is_good = False
        else:
            is_good = True
        for line in lines:
            self.talk.tell(line)
        return is_good

    def _read(self, question: str, default: str, read: Callable[[str], Answer]) -> Answer:
        """Ask what no setting says, until it can be read."""
        while True:
            try:
                return read(self.talk.ask(question, default, shown=default).strip())
            except ValueError as error:
                self.talk.tell(f"That {error}")

    def _platforms(self) -> set[str]:
        present = [one.name for one in PLATFORMS if any(self.draft.has(each.name) for each in one.required)]
        exported = [one.name for one in PLATFORMS if all(each.name in self.usual for each in one.required)]
        names = (*(one.name for one in PLATFORMS), _NONE)
        question = f"Where does it post? One or several of {', '.join(names)}"
        default = " ".join(present or exported or [MASTODON.name])
        found = self._read(
            question, default, lambda text: {choice(names, one) for one in text.replace(",", " ").split()}
        )
        return found - {_NONE}


def _without_name(name: str, answer: str) -> str:
    """An answer that was copied as a line of a file or a hint, `NAME='value'`, is the value."""
    given, equals, value = answer.removeprefix("export ").partition("=")
    return value.strip("'\"") if equals and given == name else answer
