"""Log lines: one line each, in either form, and never a secret."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from typing import get_args

import pytest

from botus.log import FORMS, LogHandler, censor
from botus.settings import LogFormat

NOW = datetime(2026, 11, 2, 3, 4, 5, 678, tzinfo=UTC)
SECRETS = ("sword", "swordfish", 'quo"te\\d', "abc")


def written(form: str, message: str, level: str = "info", **fields: object) -> str:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stream:
        LogHandler(stream, form, SECRETS, lambda: NOW).say(message, level, **fields)
        stream.seek(0)
        return stream.read()


def test_every_form_that_can_be_set_can_be_written() -> None:
    assert FORMS.keys() == set(get_args(LogFormat))


def test_text_for_people() -> None:
    assert written("text", "hello", url="x") == "2026-11-02T03:04:05+00:00 hello\n"
    assert written("text", "hello", "error") == "2026-11-02T03:04:05+00:00 error: hello\n"


def test_json_for_machines() -> None:
    said = json.loads(written("json", "hello", "warning", url="x", when=NOW))
    assert said.pop("when")
    assert said == {
        "time": "2026-11-02T03:04:05+00:00",
        "level": "warning",
        "message": "hello",
        "url": "x",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_post_with_line_breaks_stays_one_line(form: str) -> None:
    line = written(form, "a\nb\r\nc\u2028d")
    assert line.count("\n") == 1
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_censored_wherever_they_stand(form: str) -> None:
    line = written(form, 'token=swordfish&x="quo"te\\d"', traceback="in swordfish", key=["sword"])
    assert "sword" not in line
    assert "quo" not in line
    assert line.count("***") == (2 if form == "text" else 4)
    assert form == "text" or json.loads(line)["traceback"] == "in ***"


def test_the_longest_secret_first_and_short_ones_not_at_all() -> None:
    assert censor("swordfish sword abc", SECRETS) == "*** *** abc"
    assert censor("nothing", ()) == "nothing"
