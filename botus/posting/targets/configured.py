"""The targets that the settings name, in the order in which they are posted to."""

from __future__ import annotations

from collections.abc import Callable

from botus.posting.target import Target, Timing
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.webhook import Webhook
from botus.posting.targets.x import X
from botus.settings import Settings
from botus.store.sessions import Sessions


def configured(settings: Settings, clock: Callable[[], float]) -> dict[str, Target]:
    """Return the targets that have credentials, by name."""
    accounts, timing = settings.accounts, Timing(clock=clock)
    targets: list[Target] = []
    if "x" in accounts:
        targets.append(X(**accounts["x"], timing=timing))
    if "mastodon" in accounts:
        targets.append(Mastodon(**accounts["mastodon"], timing=timing))
    if "bluesky" in accounts:
        targets.append(Bluesky(**accounts["bluesky"], sessions=Sessions(settings.data), timing=timing))
    if "webhook" in accounts:
        targets += map(Webhook, accounts["webhook"]["urls"])
    return {target.name: target for target in targets}
