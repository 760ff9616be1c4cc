"""The targets that the settings name, in the order in which they are posted to."""

from __future__ import annotations

from collections.abc import Callable

from botus.posting.target import Target
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.webhook import Webhook
from botus.posting.targets.x import X
from botus.settings import Settings
from botus.store.sessions import Sessions


def configured(settings: Settings, clock: Callable[[], float]) -> dict[str, Target]:
    """Return the targets that have credentials, by name."""
    targets: list[Target] = []
    if x := settings.x:
        secrets = (x.consumer_key, x.consumer_secret, x.access_token, x.access_token_secret)
        targets.append(X(*secrets, base_url=x.base_url, limit=x.limit, may_read=x.may_read, clock=clock))
    if mastodon := settings.mastodon:
        targets.append(
            Mastodon(
                mastodon.base_url,
                mastodon.access_token,
                visibility=mastodon.visibility,
                language=mastodon.language or "",
                content_warning=mastodon.content_warning or "",
                clock=clock,
            )
        )
    if bluesky := settings.bluesky:
        targets.append(
            Bluesky(
                bluesky.handle,
                bluesky.app_password,
                Sessions(settings.data),
                service=bluesky.service,
                languages=bluesky.languages,
                clock=clock,
            )
        )
    targets += [Webhook(url) for url in settings.webhooks]
    return {target.name: target for target in targets}
