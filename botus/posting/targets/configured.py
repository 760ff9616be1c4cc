"""The targets that the settings name, in the order in which they are posted to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from botus.posting.target import Target, Timing
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.webhook import Webhook
from botus.posting.targets.x import X
from botus.settings import Settings
from botus.store.sessions import Sessions


def configured(settings: Settings, clock: Callable[[], float]) -> dict[str, Target]:
    """Return the targets that have credentials, by name."""
    kinds: dict[str, Callable[..., Target]] = {
        "x": X,
        "mastodon": Mastodon,
        "bluesky": partial(Bluesky, sessions=Sessions(settings.data)),
    }
    accounts, timing = settings.accounts, Timing(clock=clock)
    targets = [make(**accounts[name], timing=timing) for name, make in kinds.items() if name in accounts]
    targets += map(Webhook, accounts.get("webhook", {}).get("urls", ()))
    return {target.name: target for target in targets}
