"""The environment: every name, its default, and everything that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.errors import CredentialsError, SettingsError
from botus.settings import SECRETS, load
from tests.command import X_SECRETS

MASTODON = {"MASTODON_BASE_URL": "https://example.social", "MASTODON_ACCESS_TOKEN": "swordfish"}


def problems(**environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environment)
    return caught.value.problems


def test_nothing_set_is_a_dry_run_with_defaults() -> None:
    found = load({})
    assert (found.data, found.has_targets, found.secrets, found.missing) == (Path("data"), False, (), ())
    assert (found.cron, found.zone, found.jitter, found.catch_up) == (None, "UTC", 0.0, False)
    assert (found.max_per_day, found.post_only, found.post_order) == (48, "any", "random")
    assert found.log_format == "text"
    found.require_complete()


def test_the_predecessors_five_variables() -> None:
    found = load({**X_SECRETS, "CRON": "* */4 * * *"})
    assert found.x
    assert (found.x.consumer_key, found.x.access_token_secret) == ("x-key", "x-token-secret")
    assert (found.x.base_url, found.x.limit, found.x.may_read) == ("https://api.twitter.com", 280, False)
    assert found.cron == "* */4 * * *"
    assert set(found.secrets) == set(X_SECRETS.values())


def test_mastodon_and_everything_else() -> None:
    found = load(
        {
            **MASTODON,
            "MASTODON_BASE_URL": " example.social/ ",
            "MASTODON_VISIBILITY": "Public",
            "MASTODON_LANGUAGE": "de",
            "MASTODON_CW": "a bot",
            "BOTUS_DATA": "/somewhere",
            "TZ": "Europe/Berlin",
            "JITTER": "15m",
            "CATCH_UP": "1",
            "MAX_PER_DAY": "6",
            "POST_ONLY": "kept",
            "POST_ORDER": "SPACED",
            "LOG_FORMAT": "json",
        }
    )
    assert found.mastodon
    assert (found.mastodon.base_url, found.mastodon.visibility) == ("https://example.social", "public")
    assert (found.mastodon.language, found.mastodon.content_warning) == ("de", "a bot")
    assert (found.data, found.zone, found.jitter) == (Path("/somewhere"), "Europe/Berlin", 900.0)
    assert (found.catch_up, found.max_per_day) == (True, 6)
    assert (found.post_only, found.post_order, found.log_format) == ("kept", "spaced", "json")


def test_the_flag_wins_over_the_environment() -> None:
    assert load({"BOTUS_DATA": "a"}, Path("b")).data == Path("b")


def test_empty_values_count_as_not_set() -> None:
    empty = dict.fromkeys((*X_SECRETS, *MASTODON, "CRON", "TZ", "JITTER", "MAX_PER_DAY", "CATCH_UP"), "")
    assert load(empty) == load({})


def test_every_problem_at_once_by_name_and_never_by_value(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    found = problems(
        X_LIMIT="swordfish",
        X_READ="swordfish",
        MAX_PER_DAY="0",
        JITTER="-5",
        CATCH_UP="swordfish",
        POST_ONLY="swordfish",
        POST_ORDER="swordfish",
        LOG_FORMAT="swordfish",
        MASTODON_VISIBILITY="swordfish",
        MASTODON_BASE_URL="ftp://me:swordfish@host",
        X_BASE_URL="ftp://swordfish",
        CONSUMER_KEY="swordfish",
        CONSUMER_KEY_FILE=str(tmp_path / "empty"),
        ACCESS_TOKEN_FILE=str(tmp_path / "absent"),
        CONSUMER_SECRET_FILE=str(tmp_path / "bytes"),
    )
    assert [problem.split()[0].rstrip(":") for problem in found] == [
        "CONSUMER_KEY",
        "CONSUMER_KEY_FILE",
        "CONSUMER_SECRET_FILE",
        "ACCESS_TOKEN_FILE",
        "X_BASE_URL",
        "X_LIMIT",
        "X_READ",
        "MASTODON_BASE_URL",
        "MASTODON_VISIBILITY",
        "JITTER",
        "CATCH_UP",
        "MAX_PER_DAY",
        "POST_ONLY",
        "POST_ORDER",
        "LOG_FORMAT",
    ]
    assert "swordfish" not in "\n".join(found)


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbfswordfish\r\n")  # an editor on Windows wrote it
    found = load({**X_SECRETS, **MASTODON, name: "", f"{name}_FILE": str(tmp_path / "secret")})
    assert not found.missing
    assert "swordfish" in found.secrets


def test_a_secret_is_in_no_repr() -> None:
    found = load({**X_SECRETS, **MASTODON})
    assert not [secret for secret in (*X_SECRETS.values(), "swordfish") if secret in repr(found)]


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({"CONSUMER_KEY": "a"}, ("CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")),
        ({**X_SECRETS, "ACCESS_TOKEN": ""}, ("ACCESS_TOKEN",)),
        ({"MASTODON_BASE_URL": "https://example.social"}, ("MASTODON_ACCESS_TOKEN",)),
        ({**X_SECRETS, "MASTODON_ACCESS_TOKEN": "a"}, ("MASTODON_BASE_URL",)),
    ],
)
def test_an_incomplete_set_is_no_settings_problem_but_no_way_to_post(
    environment: dict[str, str], missing: tuple[str, ...]
) -> None:
    found = load(environment)
    assert found.missing == missing
    with pytest.raises(CredentialsError, match="incomplete credentials: " + ", ".join(missing)):
        found.require_complete()


@pytest.mark.parametrize(
    ("value", "seconds"), [("90", 90), ("90s", 90), ("1.5M", 90), ("2h", 7200), ("1d", 86400)]
)
def test_times(value: str, seconds: float) -> None:
    assert load({"JITTER": value}).jitter == seconds
