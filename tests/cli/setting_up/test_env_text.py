"""The text of `.env`: what changes, and that nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus.cli.setting_up.env_text import EnvText, quoted
from botus.settings.environment import parse

KIND = ("when", {"CRON", "TZ"})
BEFORE = """
# my bot, and a note to myself

export CRON="0 9 * * *"  # nine o'clock
LIGHTHOUSE = 'north # rock'
MASTODON_CW=tea # and toast
#TZ=UTC
"""


def changed(text: str, **values: str) -> str:
    found = EnvText(text)
    for name, value in values.items():
        found.set(name, value, *KIND)
    return str(found)


def test_nothing_changes_where_nothing_is_changed() -> None:
    assert changed(BEFORE, CRON="0 9 * * *") == BEFORE
    assert changed(BEFORE.replace("\n", "\r\n")) == BEFORE.replace("\n", "\r\n")
    assert changed("") == ""


def test_one_value_changes_where_it_stands() -> None:
    assert changed(BEFORE, CRON="@daily") == BEFORE.replace('"0 9 * * *"', "@daily")
    assert changed(BEFORE, MASTODON_CW="a # b") == BEFORE.replace("=tea", "='a # b'")
    assert changed(BEFORE, LIGHTHOUSE="south") == BEFORE.replace(" = 'north # rock'", "=south")
    assert changed("CRON=a\nTZ=b\nCRON=c", CRON="d") == "CRON=a\nTZ=b\nCRON=d"  # the one that counts
    assert changed('CRON="a\nb" # c\nTZ=d\n', CRON="e") == "CRON=e # c\nTZ=d\n"


def test_a_new_value_stands_with_its_kind() -> None:
    assert changed(BEFORE, TZ="UTC") == BEFORE.replace("o'clock\n", "o'clock\nTZ=UTC\n")
    assert changed("LAMP=lit", TZ="UTC", CRON="@daily") == "LAMP=lit\n\n# when\nTZ=UTC\nCRON=@daily\n"
    assert changed("LAMP=lit\r\n", TZ="UTC") == "LAMP=lit\r\n\r\n# when\r\nTZ=UTC\r\n"
    assert changed("", TZ="UTC") == "# when\nTZ=UTC\n"


def test_what_is_left_out_becomes_a_comment() -> None:
    text = EnvText('A=1\n\nexport CRON="a\nb" # c\nCRON=d\nTZ=e')
    text.leave_out("CRON")
    text.leave_out("TZ")
    assert str(text) == 'A=1\n\n# export CRON="a\n# b" # c\n# CRON=d\n# TZ=e'
    assert [line.name for line in parse(str(text)) if line.name] == ["A"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0 */4 * * *", "0 */4 * * *"),
        ("https://hc.example/#a", "https://hc.example/#a"),
        ("it's", "'it\\'s'"),
        ("a$b", "'a$b'"),
        ("#a", "'#a'"),
        ("a #b", "'a #b'"),
    ],
)
def test_quotation_marks_where_they_are_needed(value: str, written: str) -> None:
    assert quoted(value) == written


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1).map(str.strip).filter(bool)
)
def test_every_value_is_read_back(value: str) -> None:
    lines = [*parse(changed("TZ=UTC # here\n", CRON=value, TZ=value))]
    assert [(line.name, line.value, line.problem) for line in lines] == [
        ("TZ", value, ""),
        ("CRON", value, ""),
    ]
