"""The settings that the rest of botus goes by: one frozen object, with the default of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from botus.errors import CredentialsError
from botus.platforms.rows import PLATFORMS, Limit, X
from botus.settings.environment import Place

PostOnly = Literal["any", "reviewed", "kept"]
PostOrder = Literal["random", "spaced", "file"]
AnswerWhom = Literal["no", "mentions"]
AnswersFrom = Literal["picked", "posted"]
LogFormat = Literal["text", "json"]

_BASE_MODELS = "https://openaipublic.blob.core.windows.net/gpt-2/models"
_DISCORD = "https://discord.com/api/v10"


class Notice(NamedTuple):
    """Something about the names that are set, which is no mistake for certain.

    Attributes:
        hint: what to do about it.
        is_said: by `run` and `post` too, not by `doctor` alone.
    """

    message: str
    hint: str
    is_said: bool


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        data: the data directory.
        accounts: by platform, where it has all credentials: the arguments of its target (of webhooks, all
            their URLs).
        missing: what is missing where a target's credentials are incomplete.
        notify_urls: Apprise URLs that hear what the owner should know.
        ping_url: the address to call after each good slot, None where there is none.
        web_link: the address of the page of `botus web`, for what the owner hears; "" for no link.
        low_queue: seconds; a queue that lasts less long is an alert.
        cron: the schedule, None where there is none.
        jitter: seconds by which a slot may be late.
        catch_up: whether one missed slot is made up for.
        max_per_day: most posts in 24 hours.
        answer: whom `botus run` answers.
        answers_per_hour: most answers in an hour, to all of them.
        answers_from: whether posts that were posted are answers besides what was picked for that.
        base_models: the address of the folder that has the base models, one folder each.
        serve_token: what programs say that may ask `botus serve`; None where everybody may.
        slack_signing_secret, discord_public_key: by which requests of Slack and Discord are known.
        discord_application_id, discord_bot_token, discord_api: to tell Discord that there is a command.
        secrets: every secret and what in it may be a token, to be censored.
        places: for each name that is set and means something, where it stands; None where it is exported.
        notices: names that are misspelt, and the like.
    """

    data: Path
    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    notify_urls: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)
    web_link: str = ""
    low_queue: float = 3 * 86400.0
    missing: tuple[str, ...] = ()
    cron: str | None = None
    zone: str = "UTC"
    jitter: float = 0.0
    catch_up: bool = False
    max_per_day: int = 48
    post_only: PostOnly = "any"
    post_order: PostOrder = "random"
    answer: AnswerWhom = "no"
    answers_per_hour: int = 6
    answers_from: AnswersFrom = "picked"
    log_format: LogFormat = "text"
    base_models: str = _BASE_MODELS
    serve_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    discord_public_key: str = ""
    discord_application_id: str = ""
    discord_bot_token: str | None = field(default=None, repr=False)
    discord_api: str = _DISCORD
    secrets: tuple[str, ...] = field(default=(), repr=False)
    places: Mapping[str, Place | None] = field(default_factory=dict, repr=False, compare=False)
    notices: tuple[Notice, ...] = field(default=(), repr=False, compare=False)

    @property
    def has_targets(self) -> bool:
        return bool(self.accounts)

    def limits(self) -> list[Limit]:
        """How long a post may be for each target, for X where there are none."""
        return [
            Limit(one, self.accounts.get(one.name, {}).get("limit", one.limit))
            for one in PLATFORMS
            if one.name in (self.accounts or (X.name,))
        ]

    def warnings(self) -> list[str]:
        """What `run` and `post` say about the names that are set."""
        return [f"{one.message}: {one.hint}" for one in self.notices if one.is_said]

    def require_complete(self) -> None:
        """Raise CredentialsError where a target has some of its credentials but not all."""
        if self.missing:
            raise CredentialsError(
                "incomplete credentials: " + ", ".join(self.missing) + " missing",
                "set what is missing, or remove the others of that platform",
            )
