"""What a post is: escapes, sameness; how values are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus.text import brief_span, counted, escape, fingerprint, normalise, span, unescape


@given(st.text(alphabet="\\n\na\r ") | st.text())
def test_a_post_survives_being_written_on_one_line(text: str) -> None:
    assert "\n" not in escape(text)
    assert unescape(escape(text)) == text


@pytest.mark.parametrize("line", ["¯\\_(ツ)_/¯", "C:\\temp", "100 %", "a\\", "plain"])
def test_other_backslashes_are_themselves(line: str) -> None:
    assert unescape(line) == line.replace("\\n", "\n")
    assert escape(unescape(line)) == line


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", " a\u2003b\n"),
        ("a b", "a\nb"),
        ("caf\u00e9", "cafe\u0301"),
        ("caf\u00e9", "cafe\u200c\u0301"),
        ("soft hyphen", "soft hy\u00adphen"),
        ("\u2764", "\u2764\ufe0f"),
        ("bom", "\ufeffbom"),
    ],
)
def test_what_does_not_make_a_text_new(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("a b", "ab"), ("a.", "a"), ("ﬁ", "fi")])
def test_what_makes_a_text_new(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_fingerprints_never_change() -> None:
    """They stand in the files of every bot: another value would post everything again."""
    assert fingerprint("The lamp is lit.") == "96890062db3e04e1514e0579e5527b25"


def test_normalise() -> None:
    assert normalise("  a \r\nb\u2028c\x85 ") == "a\nb\nc"


def test_one_line_is_no_lines() -> None:
    said = [counted(number, "line") for number in (0, 1, 2, 1234)]
    assert said == ["0 lines", "1 line", "2 lines", "1,234 lines"]
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]


@pytest.mark.parametrize(
    ("seconds", "words", "brief"),
    [
        (0, "0 seconds", "0 s"),
        (59, "59 seconds", "59 s"),
        (89, "89 seconds", "1 min"),
        (600, "10 minutes", "10 min"),
        (5400, "90 minutes", "1 h 30 min"),
        (9000, "2 hours", "2 h 30 min"),
        (7300, "2 hours", "2 h 2 min"),
        (86400, "1 day", "24 h 0 min"),
        (216000, "2.5 days", "60 h 0 min"),
    ],
)
def test_how_long_something_lasts(seconds: float, words: str, brief: str) -> None:
    assert (span(seconds), brief_span(seconds)) == (words, brief)
