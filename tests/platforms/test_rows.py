"""The rows of the platforms: what is said there is what settings, targets and limits go by."""

from __future__ import annotations

import time
from pathlib import Path

from botus.platforms.rows import MASTODON, PLATFORMS, Limit, X, confirms
from botus.posting.targets.configured import configured
from botus.settings import NAMES, load
from tests.support.command import X_SECRETS

MASTODON_SECRETS = {"MASTODON_BASE_URL": "https://example.social", "MASTODON_ACCESS_TOKEN": "swordfish"}
EVERYTHING = {
    **X_SECRETS,
    **MASTODON_SECRETS,
    "BLUESKY_HANDLE": "kettle.test",
    "BLUESKY_APP_PASSWORD": "swordfish",
    "WEBHOOK_URLS": "discord://id/token",
}


def test_a_row_has_the_arguments_of_its_target(tmp_path: Path) -> None:
    targets = configured(load(EVERYTHING, tmp_path), time.time)
    assert [name.partition("-")[0] for name in targets] == [one.name for one in PLATFORMS]


def test_a_name_in_the_log_says_whether_a_lost_post_can_be_found(tmp_path: Path) -> None:
    targets = configured(load(EVERYTHING, tmp_path), time.time)
    assert {name: confirms(name) for name in targets} == {
        name: target.platform.confirms for name, target in targets.items()
    }
    assert [one.name for one in PLATFORMS if not one.confirms] == ["webhook"]
    assert confirms("one-of-old")


def test_every_setting_has_one_name_and_one_row() -> None:
    names = [one.name for platform in PLATFORMS for one in platform.settings]
    assert len(names) == len(set(names))
    assert set(names) <= NAMES
    assert {f"{one.name}_FILE" for one in X.required} <= NAMES


def test_settings_begin_with_their_platform_and_aliases_are_no_settings() -> None:
    for platform in PLATFORMS:
        for one in platform.settings:
            # X was there first, before a name had to say whose it is.
            assert one.name.startswith(f"{platform.name.upper()}_") or (platform is X and one.secret)
            assert not NAMES & set(one.aliases)


def test_limits_are_those_of_the_targets_and_of_x_without_any() -> None:
    assert load({}).limits() == [Limit(X, 280)]
    assert load({**MASTODON_SECRETS, **X_SECRETS, "X_LIMIT": "4000"}).limits() == [
        Limit(X, 4000),
        Limit(MASTODON, 500),
    ]
