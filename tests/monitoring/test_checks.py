"""The doctor's checks one by one: settings, folder, files, schedule. Accounts are in test_doctor."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botus import settings as settings_module
from botus.monitoring.checks.content import content
from botus.monitoring.checks.environment import environment
from botus.monitoring.checks.finding import Finding, line_numbers
from botus.monitoring.checks.folder import closed_files, folder, room
from botus.monitoring.checks.timing import timing
from botus.monitoring.survey import Survey
from botus.settings import Settings
from botus.store.candidates import Candidate, Candidates, Origin

NOW = datetime(2026, 11, 21, 5, 4, tzinfo=UTC)
ORIGIN = Origin("run1", 1, 0.9, 0, 1.0, "", 1)
X = {"x": {"base_url": "https://x.example"}}


def said(*findings: Finding) -> list[str]:
    """What is not ok, with the hint."""
    return [f"{one.message} -> {one.hint}" for one in findings if one.level != "ok"]


def survey(data: Path, **settings: object) -> Survey:
    return Survey(Settings(data, **settings), {})  # type: ignore[arg-type]


def surroundings(**variables: str) -> list[str]:
    return said(*environment(*settings_module.read(variables)))


# --- settings


def test_every_wrong_setting_is_named_without_its_value() -> None:
    found = surroundings(MAX_PER_DAY="-13", JITTER="soonish", POST_ONLY="mine")
    assert len(found) == 3
    assert all(name in " ".join(found) for name in ("MAX_PER_DAY", "JITTER", "POST_ONLY"))
    assert not [value for value in ("-13", "soonish", "mine") if value in " ".join(found)]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MASTODON_URL", "MASTODON_BASE_URL"),
        ("MASTODON_ACESS_TOKEN", "MASTODON_ACCESS_TOKEN"),
        ("TWITTER_API_KEY", "CONSUMER_KEY"),
        ("TWITTER_CONSUMER_SECRET", "CONSUMER_SECRET"),
        ("TWITTER_ACCESS_TOKEN", "ACCESS_TOKEN"),
        ("X_ACCESS_TOKEN_SECRET", "ACCESS_TOKEN_SECRET"),
        ("X_API_KEY", "CONSUMER_KEY"),
        ("BSKY_HANDLE", "BLUESKY_HANDLE"),
        ("BSKY_PASSWORD", "BLUESKY_APP_PASSWORD"),
        ("CRONTAB", "CRON"),
        ("cron", "CRON"),
        ("BOTUS_CRON", "CRON"),
        ("TIMEZONE", "TZ"),
        ("WEBHOOK_URL", "WEBHOOK_URLS"),
        ("MAX_PER_DAYS", "MAX_PER_DAY"),
        ("CRON_FILE", "CRON"),
        ("BOTUS_DATA_DIR", "BOTUS_DATA"),
    ],
)
def test_a_misspelt_name_and_what_was_meant(name: str, meant: str) -> None:
    assert surroundings(**{name: "0"}) == [f"botus does not know {name}, which is set -> is {meant} meant?"]


def test_what_other_programs_have_is_no_business_of_ours() -> None:
    others = ("PATH", "LANG", "API_KEY", "X_SCLS", "TZDIR", "HOSTNAME", "CONDA_PREFIX", "DATA_DIR", "SSH_TTY")
    assert surroundings(**dict.fromkeys(others, "1")) == []
    both = {"TWITTER_API_KEY": "k", "CONSUMER_KEY": "a", "CONSUMER_SECRET": "b"}
    assert not [line for line in surroundings(**both) if "TWITTER" in line]
    for name in ("BOTUS_COLOR", "MASTODON_COLOR", "BLUESKY_COLOR"):
        assert surroundings(**{name: "1"}) == [
            f"botus does not know {name}, which is set -> see docs/settings.md"
        ]
    assert surroundings(X_COLOR="1", WEBHOOK_COLOR="1") == []


def test_settings_without_effect() -> None:
    found = surroundings(X_READ="yes", X_LIMIT="4000", MASTODON_CW="tea", JITTER="5m", BLUESKY_LANGUAGE="en")
    assert found == [
        "X_LIMIT, X_READ have no effect without the four secrets of X"
        " -> set the four secrets of X too, or leave them out",
        "MASTODON_CW has no effect without MASTODON_ACCESS_TOKEN"
        " -> set MASTODON_ACCESS_TOKEN too, or leave it out",
        "BLUESKY_LANGUAGE has no effect without BLUESKY_HANDLE -> set BLUESKY_HANDLE too, or leave it out",
        "JITTER has no effect without CRON -> set CRON too, or leave it out",
    ]
    assert surroundings(CRON="@daily", JITTER="5m", MAX_PER_DAY="3") == []
    assert surroundings(X_READ="") == []  # how compose files leave things out


def test_quotation_marks_that_docker_leaves_in() -> None:
    (found,) = surroundings(BOTUS_DATA="'data'")
    assert found.startswith("BOTUS_DATA has quotation marks around its value")


# --- the folder


def test_a_folder_in_order(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    messages = [finding.message for finding in folder(tmp_path)]
    uid = os.getuid()
    assert messages[0] == f"{tmp_path} can be written by uid {uid} (owner {uid}, mode 750)"
    assert "are free on the disk" in messages[-1]
    assert not said(*folder(tmp_path))


def test_a_folder_that_is_none_or_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is not a folder" in said(*folder(tmp_path / "file"))[0]
    assert "there is no data directory" in said(*folder(tmp_path / "absent"))[0]


def test_a_folder_that_anybody_may_write_into(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (found,) = said(*folder(tmp_path))
    assert found.endswith(f"-> chmod o-w {tmp_path}")
    tmp_path.chmod(0o1777)
    assert not said(*folder(tmp_path))


@pytest.mark.parametrize(
    ("free", "level", "words"),
    [
        (62 << 30, "ok", "62 GiB are free"),
        (60 << 20, "ok", "60 MiB are free"),
        (9 << 20, "warning", "only 9216 KiB are free"),
        (40 << 10, "problem", "as good as full: 40 KiB are free"),
        (0, "problem", "0 KiB"),
    ],
)
def test_a_disk_that_is_full(tmp_path: Path, free: int, level: str, words: str) -> None:
    (found,) = room(tmp_path, free)
    assert (found.level, words in found.message) == (level, True)


def test_files_of_somebody_else(tmp_path: Path) -> None:
    def as_stranger(path: Path, wanted: int) -> bool:
        return path.stat().st_mode & wanted == wanted

    (tmp_path / ".botus").mkdir()
    for name, mode in (("tweets.txt", 0o644), ("tweeted.json", 0o600), (".botus/decisions.jsonl", 0o644)):
        (tmp_path / name).touch(mode)
    (found,) = said(*closed_files(tmp_path, as_stranger))
    uid = os.getuid()
    names = f"tweeted.json (owner {uid}, mode 600), .botus/decisions.jsonl (owner {uid}, mode 644)"
    assert found.startswith(f"uid {uid} cannot use all files in {tmp_path}: {names} -> sudo chown -R {uid}")
    assert not list(closed_files(tmp_path))


# --- files


def test_lines_in_which_a_backslash_n_was_not_meant_as_a_line_break(tmp_path: Path) -> None:
    odd = [r"Open C:\new and see", r"see \\server\name", r"in D:\data\notes", r"(c:\nothing)", r"net\nfs\on"]
    fine = [
        r"roses are red\nviolets are blue",
        r"One.\n\nTwo.",
        r"¯\_(ツ)_/¯\nwell",
        r"C:\\new is escaped",
        r"n\a",
    ]
    (tmp_path / "tweets.txt").write_text("\n".join([*odd, *fine]) + "\n")
    (found,) = said(*content(survey(tmp_path)))
    assert found.endswith(r"in lines 1, 2, 3, 4, 5? -> a backslash before an n is written \\: C:\\new")


def test_what_a_training_writes_between_posts_is_named_in_the_queue(tmp_path: Path) -> None:
    line = "=" * 20
    (tmp_path / "tweets.txt").write_text(f"plain\n{line}\n<|startoftext|>A lamp<|endoftext|>\n[==> ] 42 %\n")
    warning = "2 lines of tweets.txt are what a training writes between posts: lines 2, 3"
    assert any(one.startswith(warning) for one in said(*content(survey(tmp_path))))


def test_in_the_queue_of_the_predecessor_every_such_line_is_named(tmp_path: Path) -> None:
    generated = Candidate("from a\nmodel", 0, 1.0, {}, -1.0, None, (), ())
    Candidates(tmp_path).append(ORIGIN, [generated], 1)
    (tmp_path / "tweets.txt").write_text("plain\nroses\\nviolets\nfrom a\\nmodel\n")
    (tmp_path / "tweeted.json").write_text('[{"text": "old", "timestamp": 1}]')
    found, unread = said(*content(survey(tmp_path)))
    assert "meant in line 2?" in found
    hint = "botus curate, or POST_ONLY=reviewed holds them back"
    assert unread == f"nobody has reviewed 1 of 3 lines that may go out -> {hint}"
    assert len(said(*content(survey(tmp_path, post_only="reviewed")))) == 1
    log = next(one.message for one in content(survey(tmp_path)) if "tweeted" in one.message)
    assert log == "tweeted.json: 1 entry, 1 of them from botus-twitter"


def test_what_the_files_hold_is_counted_and_damage_is_named(tmp_path: Path) -> None:
    Candidates(tmp_path).append(ORIGIN, [Candidate("one", 0, 1.0, {}, -1.0, None, (), ())], 1)
    (tmp_path / "tweets.txt").write_text("one\n")
    (tmp_path / "denylist.txt").write_text("word\n/pattern/\n")
    (tmp_path / "corpus.txt").write_bytes(b"a\nb\n\xff\n")
    findings = list(content(survey(tmp_path)))
    messages = [finding.message for finding in findings]
    assert f"{tmp_path / 'tweets.txt'}: 1 line" in messages
    assert "candidates.jsonl: 1 line written by botus" in messages
    assert "denylist.txt: 2 rules" in messages
    assert "corpus.txt: 2 posts" in messages
    assert len(said(*findings)) == 2  # nobody has reviewed the line; one of the corpus is not UTF-8
    for name in ("candidates.jsonl", "decisions.jsonl", "corpus.jsonl", "state.json"):
        (tmp_path / ".botus" / name).write_text("{broken\n{}\n")
    problems = [finding for finding in content(survey(tmp_path)) if finding.level == "problem"]
    assert len(problems) == 4
    assert {finding.code for finding in problems} == {3}


def test_line_numbers() -> None:
    assert line_numbers([4]) == "line 4"
    assert line_numbers([1, 2, 3, 4, 5, 6]) == "lines 1, 2, 3, 4, 5 ..."


# --- the schedule


def times(tmp_path: Path, *names: str, **settings: object) -> list[Finding]:
    return list(timing(survey(tmp_path, places=dict.fromkeys(names), **settings), NOW))


def test_the_time_zone_and_what_time_it_is(tmp_path: Path) -> None:
    findings = times(tmp_path, "TZ", cron="0 9 * * *", zone="Europe/Stockholm")
    assert [one.message for one in findings] == [
        "time zone Europe/Stockholm: it is Sat 2026-11-21 06:04 +01:00",
        "CRON in Europe/Stockholm: at 09:00 every day",
        "the next post is due on Sat 2026-11-21 09:00 +01:00",
    ]
    (found,) = said(*times(tmp_path, cron="0 9 * * *"))
    assert found.startswith("TZ is not set: the hours of CRON are UTC, it is Sat 2026-11-21 05:04 +00:00 -> ")
    assert not said(*times(tmp_path, cron="0 */4 * * *"))  # hardly matters


def test_too_many_posts_are_warned_about(tmp_path: Path) -> None:
    found = said(*times(tmp_path, cron="* */4 * * *", max_per_day=48))
    assert any("did you mean 0 */4 * * *?" in line for line in found)
    assert any("more than MAX_PER_DAY=48" in line for line in found)


def test_what_a_month_costs_on_x(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("plain\nsee https://example.org\nplain too\nand more\n")
    messages = [one.message for one in times(tmp_path, cron="0 */4 * * *", accounts=X)]
    assert "at most 1 post in 15 minutes; X allows 100" in messages
    assert messages[-1] == (
        "X: 180 posts a month cost about $2.70, or $36.00 with a link in each;"
        " 1 of 4 lines with a link: about $11.02"
    )
    (tmp_path / "tweets.txt").write_bytes(b"\xff\xfeU\x00")
    capped = [one.message for one in times(tmp_path, cron="* * * * *", max_per_day=100, accounts=X)]
    assert capped[-1] == "X: 3000 posts a month cost about $45.00, or $600.00 with a link in each"
    assert "at most 15 posts in 15 minutes; X allows 100" in capped
