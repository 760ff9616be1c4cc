"""The targets that the settings name, in the order in which they are posted to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from botus.platforms.rows import PLATFORMS
from botus.posting.target import Target, Timing
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.webhook import Webhook
from botus.posting.targets.x import X
from botus.settings import Settings
from botus.store.sessions import Sessions


def configured(settings: Settings, clock: Callable[[], float]) -> dict[str, Target]:
    """Return the targets that have credentials, by name; none whose credentials are wrong."""
    kinds: dict[str, Callable[..., Target]] = {
        "x": X,
        "mastodon": Mastodon,
        "bluesky": partial(Bluesky, sessions=Sessions(settings.data)),
    }
    needs = {platform.name: platform.required for platform in PLATFORMS}
    accounts = {
        name: values
        for name, values in settings.accounts.items()
        if all(values[one.argument] for one in needs[name])
    }
    timing = Timing(clock=clock)
    targets = [make(**accounts[name], timing=timing) for name, make in kinds.items() if name in accounts]
    targets += map(Webhook, accounts.get("webhook", {}).get("urls", ()))
    return {target.name: target for target in targets}
