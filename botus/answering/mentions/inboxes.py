"""The accounts that people may mention, by the settings. X is not among them: there every answer costs."""

from __future__ import annotations

from collections.abc import Callable

from botus.answering.mentions.bluesky import BlueskyMentions
from botus.answering.mentions.mastodon import MastodonMentions
from botus.answering.mentions.seen import Inbox
from botus.posting.target import Timing
from botus.settings import Settings
from botus.store.sessions import Sessions


def inboxes(settings: Settings, clock: Callable[[], float]) -> dict[str, Inbox]:
    """Return them by the name of their target; none where nobody is to be answered."""
    found: dict[str, Inbox] = {}
    accounts, timing = settings.accounts, Timing(clock=clock)
    if settings.answer == "mentions" and "mastodon" in accounts:
        found["mastodon"] = MastodonMentions(accounts["mastodon"], timing)
    if settings.answer == "mentions" and "bluesky" in accounts:
        found["bluesky"] = BlueskyMentions(accounts["bluesky"], Sessions(settings.data), timing)
    return found
