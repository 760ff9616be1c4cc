"""Names that are misspelt, and those that are only another program's."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.settings import NAMES, load, read
from botus.settings.notices import meant
from tests.support.command import botus

SHELL = """
_ BASH_VERSION COLORTERM COLUMNS CONDA_DEFAULT_ENV CONDA_PREFIX DBUS_SESSION_BUS_ADDRESS DISPLAY EDITOR
GPG_AGENT_INFO HISTFILE HISTSIZE HOME HOSTNAME HOSTTYPE IFS INVOCATION_ID JOURNAL_STREAM LANG LANGUAGE
LC_ALL LESS LESSOPEN LINES LISTEN_PID LOGNAME LS_COLORS MAIL MANPATH NO_COLOR NOTIFY_SOCKET NVM_DIR OLDPWD
OSTYPE PAGER PATH PS1 PWD PYENV_ROOT PYTHONPATH RANDOM SHELL SHLVL SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION
SSH_TTY SUDO_USER SYSTEMD_EXEC_PID TERM TERM_PROGRAM TMPDIR TMUX TZDIR UID USER VIRTUAL_ENV VISUAL
WAYLAND_DISPLAY WINDOWID WSL_DISTRO_NAME XAUTHORITY XDG_CACHE_HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR
XDG_SESSION_TYPE HTTP_PROXY https_proxy no_proxy ALL_PROXY CRAN REQUESTS_CA_BUNDLE SSL_CERT_FILE PING PORT
HOST TOKEN SECRET LIMIT ORDER JITTER_MS ANSWERED CROND CRON_LOG X11 SERVER
"""
CI = """
CI CI_ACCESS_TOKEN GH_ACCESS_TOKEN HF_ACCESS_TOKEN GIT_ACCESS_TOKEN CI_COMMIT_SHA CI_JOB_TOKEN
CI_PROJECT_DIR GITHUB_ACTIONS GITHUB_TOKEN GITHUB_ENV GITLAB_CI RUNNER_OS RUNNER_TEMP AGENT_NAME BUILD_ID
BUILDKITE CIRCLECI JENKINS_URL TRAVIS WORKSPACE TEAMCITY_VERSION ACTIONS_RUNTIME_TOKEN ACTIONS_CACHE_URL
SLACK_WEBHOOK_URL DISCORD_WEBHOOK API_KEY API_SECRET ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
AWS_SESSION_TOKEN NPM_TOKEN PYPI_TOKEN TIMEZONE
"""
CONTAINERS = """
DOCKER_HOST COMPOSE_FILE COMPOSE_PROJECT_NAME KUBERNETES_SERVICE_HOST KUBERNETES_PORT_443_TCP_ADDR PUID PGID
UMASK BOTUS_SERVICE_HOST BOTUS_SERVICE_PORT BOTUS_PORT BOTUS_PORT_8017_TCP BOTUS_PORT_8017_TCP_ADDR
BOTUS_SERVICE_PORT_HTTP MASTODON_PORT_3000_TCP MASTODON_SERVICE_HOST BLUESKY_PORT MALLOC_MMAP_THRESHOLD_
PYTHONUNBUFFERED GPG_KEY container
"""
OTHERS = f"{SHELL} {CI} {CONTAINERS}".split()


def warned(*names: str) -> list[str]:
    return load(dict.fromkeys(names, "1")).warnings() if names else []


SLIPS = {
    "POST_ONYL": "POST_ONLY",
    "POSTONLY": "POST_ONLY",
    "MASTODON_ACESS_TOKEN": "MASTODON_ACCESS_TOKEN",
    "CORN": "CRON",
    "JITER": "JITTER",
    "NOTIFY_URLS_FLIE": "NOTIFY_URLS_FILE",
    "ANWSER": "ANSWER",
}
OTHER_NAMES = {
    "MASTODON_TOKEN": "MASTODON_ACCESS_TOKEN",
    "MASTODON_API_KEY": "MASTODON_ACCESS_TOKEN",
    "BLUESKY_PASSWORD": "BLUESKY_APP_PASSWORD",
    "BSKY_IDENTIFIER": "BLUESKY_HANDLE",
    "TWITTER_API_SECRET": "CONSUMER_SECRET",
    "cron": "CRON",
}


@pytest.mark.parametrize(("name", "meant"), (SLIPS | OTHER_NAMES).items())
def test_a_misspelt_name(name: str, meant: str) -> None:
    sentence = f"botus does not know {name}, which is set: is {meant} meant?"
    assert warned(name) == [sentence]
    found, _ = read({name: "1", meant: "1"})  # where another program's name is no slip of the pen
    assert found.warnings() == ([sentence] if name in SLIPS else [])


def test_a_slip_in_any_setting_is_noticed() -> None:
    for setting in NAMES - {"TZ"}:
        swapped = f"{setting[:-3]}{setting[-2]}{setting[-3]}{setting[-1]}"
        assert swapped in NAMES or meant(swapped) == setting


def test_what_shells_ci_and_containers_have_is_no_business_of_ours() -> None:
    assert warned(*OTHERS) == []
    assert load(dict.fromkeys(CONTAINERS.split(), "1")).notices == ()  # not by the doctor either
    assert warned("MASTODON_CLIENT_ID", "MASTODON_CLIENT_KEY", "MASTODON_CLIENT_SECRET") == []


def test_a_doubled_line_is_noticed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CRON=@daily\nTZ=UTC\nCRON=@hourly\nTIMEZONE=UTC\n")
    found = load({}, tmp_path)
    assert found.cron == "@hourly"
    assert found.warnings() == [
        f"{tmp_path}/.env, line 3: CRON is set a second time: the last one counts: remove the others"
    ]
    (tmp_path / ".env").write_text("TIMEZONE=UTC\n")
    assert load({}, tmp_path).warnings() == [
        f"{tmp_path}/.env, line 1: botus does not know TIMEZONE, which is set: is TZ meant?"
    ]


def test_what_is_hidden_is_told_by_the_doctor(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CRON=@daily\nTZ=UTC\nPING_URL=https://a.example\nLAMP=lit\n")
    (tmp_path / "ping").write_text("https://b.example")
    exported = {"CRON": "@hourly", "TZ": "UTC", "PING_URL_FILE": str(tmp_path / "ping"), "LAMP": "out"}
    found = load(exported, tmp_path)
    assert [f"{one.message}: {one.hint}" for one in found.notices] == [
        f"{tmp_path}/.env, line 1: CRON has no effect: what the environment says counts more",
        f"{tmp_path}/.env, line 3: PING_URL has no effect: what the environment says counts more",
    ]
    assert found.warnings() == []


def test_run_and_post_say_it(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("The lamp is lit.\n")
    sentence = "warning: botus does not know CORN, which is set: is CRON meant?"
    assert sentence in botus("post", "--data", tmp_path, CORN="@daily").err
    ended = botus("run", "--data", tmp_path, CORN="@daily")
    assert (ended.code, ended.err.splitlines()[:2]) == (2, ["botus: CRON is not set", sentence[9:]])
