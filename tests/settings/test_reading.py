"""The environment: every name, its default, and everything that is wrong with it at once."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import pytest

from botus.errors import CredentialsError, SettingsError
from botus.settings import SECRETS, SETTINGS, load, read, secret_file
from botus.settings.environment import gather
from tests.support.command import X_SECRETS

MASTODON = {"MASTODON_BASE_URL": "https://example.social", "MASTODON_ACCESS_TOKEN": "swordfish"}
BLUESKY = {"BLUESKY_HANDLE": "kettle.bsky.social", "BLUESKY_APP_PASSWORD": "swordfish"}


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
    secrets = {name.lower(): secret for name, secret in X_SECRETS.items()}
    others = {"base_url": "https://api.twitter.com", "limit": 280, "may_read": False}
    assert found.accounts == {"x": {**secrets, **others}}
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
    assert found.accounts["mastodon"] == {
        "base_url": "https://example.social",
        "token": "swordfish",
        "visibility": "public",
        "language": "de",
        "content_warning": "a bot",
    }
    assert (found.data, found.zone, found.jitter) == (Path("/somewhere"), "Europe/Berlin", 900.0)
    assert (found.catch_up, found.max_per_day) == (True, 6)
    assert (found.post_only, found.post_order, found.log_format) == ("kept", "spaced", "json")


def test_bluesky() -> None:
    found = load({**BLUESKY, "BLUESKY_HANDLE": "@Kettle.bsky.social", "BLUESKY_LANGUAGE": "en, pt-BR"})
    assert found.accounts["bluesky"] == {
        "handle": "kettle.bsky.social",
        "password": "swordfish",
        "service": "https://bsky.social",
        "languages": ("en", "pt-BR"),
    }
    found = load({**BLUESKY, "BLUESKY_HANDLE": "did:plc:abc", "BLUESKY_SERVICE": "pds.example"})
    own = found.accounts["bluesky"]
    assert (own["handle"], own["service"], own["languages"]) == ("did:plc:abc", "https://pds.example", ())


ADDRESSES = ("X_BASE_URL", "MASTODON_BASE_URL", "BLUESKY_SERVICE", "BASE_MODEL_URL")
TOKENS = (*X_SECRETS, "MASTODON_ACCESS_TOKEN", "BLUESKY_APP_PASSWORD")


@pytest.mark.parametrize(
    "url",
    ["ftp://a", "http://", "http://a:b@c", "http://[", "http://a b", "http://a/?x", "http://ä.de", "a@b"],
)
def test_an_address_that_is_none_is_named_not_shown(url: str) -> None:
    found = problems(**dict.fromkeys(ADDRESSES, url))
    assert sorted(problem.split()[0] for problem in found) == sorted(ADDRESSES)
    assert url not in " ".join(found)


def test_a_slash_at_the_end_of_an_address_is_dropped() -> None:
    found = load({**MASTODON, "MASTODON_BASE_URL": "https://example.social/"})
    assert found.accounts["mastodon"]["base_url"] == "https://example.social"


@pytest.mark.parametrize("token", ["to ken", "to\nken", "tökén"])
def test_all_tokens_that_are_none_are_named_at_once_and_not_shown(token: str) -> None:
    found = problems(**dict.fromkeys(TOKENS, token))
    assert [problem.split()[0] for problem in found] == list(TOKENS)
    assert token not in " ".join(found)


def test_webhooks_are_split_before_a_scheme_only() -> None:
    urls = ("discord://id/token", "tgram://bot/chat1,chat2", "https://hooks.slack.com/services/a/b/c?x=y,z")
    for between in (" ", ",", ", ", "\n", " ,\n"):
        assert load({"WEBHOOK_URLS": f" {between.join(urls)}\n"}).accounts["webhook"]["urls"] == urls
    assert load({"WEBHOOK_URLS": f"{urls[0]} {urls[0]}"}).accounts["webhook"]["urls"] == urls[:1]
    assert not load({"WEBHOOK_URLS": " , "}).has_targets


def test_a_webhook_hides_its_tokens_but_not_its_host() -> None:
    secrets = load({"WEBHOOK_URLS": "https://hooks.slack.com/services/T1JJ3T3L2/swordfish99"}).secrets
    assert {"T1JJ3T3L2", "swordfish99"} <= set(secrets)
    assert "hooks.slack.com" not in secrets


def test_news_for_the_owner() -> None:
    found = load({})
    assert (found.notify_urls, found.ping_url, found.low_queue) == ((), None, 3 * 86400)
    found = load(
        {
            "NOTIFY_URLS": "tgram://b/c, mailto://me:swordfish99@example.org",
            "PING_URL": "https://hc.example/a-b-c-d-e",
        }
        | {"LOW_QUEUE": "36h"}
    )
    assert found.notify_urls == ("tgram://b/c", "mailto://me:swordfish99@example.org")
    assert (found.ping_url, found.low_queue) == ("https://hc.example/a-b-c-d-e", 36 * 3600)
    assert not found.has_targets
    assert {"swordfish99", "a-b-c-d-e", "https://hc.example/a-b-c-d-e"} <= set(found.secrets)
    assert "swordfish99" not in repr(found)
    assert "a-b-c-d-e" not in repr(found)
    assert problems(PING_URL="swordfish", NOTIFY_URLS="swordfish", LOW_QUEUE="few") == [
        "NOTIFY_URLS holds what is no Apprise URL like discord://ID/TOKEN: number 1",
        "PING_URL is not a web address like https://hc-ping.com/ID",
        "LOW_QUEUE is not a time like 90s, 15m, 6h or 3d",
    ]


@pytest.mark.parametrize("name", ["WEBHOOK_URLS", "NOTIFY_URLS"])
def test_webhooks_need_their_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)  # as if it were not installed
    (problem,) = problems(**{name: "discord://id/swordfish"})
    assert problem.startswith(f"{name} needs Apprise")
    assert "pip install 'botus[webhook]'" in problem
    assert "--build-arg EXTRAS=webhook" in problem
    assert load({}).accounts == {}


def test_what_is_wrong_with_the_other_doors() -> None:
    found = problems(
        BLUESKY_HANDLE="swordfish",
        BLUESKY_APP_PASSWORD="swordfish",
        BLUESKY_LANGUAGE="swordfish!",
        BLUESKY_SERVICE="ftp://swordfish",
        WEBHOOK_URLS="discord://id/token swordfish,also-not",
    )
    names = ["BLUESKY_SERVICE", "BLUESKY_HANDLE", "BLUESKY_LANGUAGE", "WEBHOOK_URLS"]
    assert [problem.split()[0] for problem in found] == names
    assert "swordfish" not in "".join(found)


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
    urls = {"WEBHOOK_URLS": "discord://id/swordfish", "NOTIFY_URLS": "discord://id/swordfish"}
    value = {**urls, "PING_URL": "https://hc.example/swordfish"}.get(name, "swordfish")
    (tmp_path / "secret").write_bytes(f"\ufeff{value}\r\n".encode())  # an editor on Windows wrote it
    found = load({**X_SECRETS, **MASTODON, **BLUESKY, name: "", f"{name}_FILE": str(tmp_path / "secret")})
    assert not found.missing
    assert {value, "swordfish"} <= set(found.secrets)


def test_a_secret_may_come_through_a_pipe_that_gives_it_once(tmp_path: Path) -> None:
    reads, writes = os.pipe()  # what `NAME_FILE=<(command)` is
    os.write(writes, b"swordfish\n")
    os.close(writes)
    found = load({**X_SECRETS, "ACCESS_TOKEN": "", "ACCESS_TOKEN_FILE": f"/dev/fd/{reads}"})
    os.close(reads)
    assert "swordfish" in found.secrets


def test_a_secret_comes_from_nothing_that_waits_or_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_file, "_PATIENCE", 0)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").write_bytes(b"swordfish" * 10_000)
    for path, why in (
        (tmp_path / "pipe", "nothing came through the pipe in 0 seconds"),
        (tmp_path / "long", "too long to be a secret"),
        (tmp_path, "a folder"),
        ("/dev/zero", "neither a file nor a pipe"),
    ):
        _, (problem,) = read({**X_SECRETS, "ACCESS_TOKEN": "", "ACCESS_TOKEN_FILE": str(path)})
        assert problem == f"ACCESS_TOKEN_FILE names a file that cannot be read: {why}"


def test_a_secret_is_in_no_repr() -> None:
    environment = {**X_SECRETS, **MASTODON, **BLUESKY, "WEBHOOK_URLS": "discord://id/swordfish"}
    shown = repr(load(environment)) + repr(gather(environment))
    assert not [secret for secret in (*X_SECRETS.values(), "swordfish") if secret in shown]


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({"BLUESKY_HANDLE": "kettle.test"}, ("BLUESKY_APP_PASSWORD",)),
        ({"BLUESKY_APP_PASSWORD": "a"}, ("BLUESKY_HANDLE",)),
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


@pytest.mark.parametrize("name", [name for name, one in SETTINGS.items() if isinstance(one.read, partial)])
def test_a_word_that_is_nearly_one_of_several_is_told(name: str) -> None:
    (words,) = SETTINGS[name].read.args
    for word in words:
        (problem,) = problems(**{name: f"{word}x"})
        assert problem == f"{name} is none of: {', '.join(words)}; did you mean {word}?"
    assert problems(**{name: "swordfish"}) == [f"{name} is none of: {', '.join(words)}"]


def test_a_slip_in_a_yes_or_no_is_told() -> None:
    assert problems(CATCH_UP="ture", X_READ="swordfish") == [
        "X_READ is neither yes nor no",
        "CATCH_UP is neither yes nor no; did you mean true?",
    ]
