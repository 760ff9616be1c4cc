"""Decisions without a terminal, through the real command line."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from botus.cli.main import cli
from botus.cli.options import Common
from botus.errors import BotusError, FileError, SettingsError
from botus.review import batch, sheet
from botus.review.session import open_session
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions.journal import Decisions
from botus.text import fingerprint

LINES = ["alpha", "beta", "", "=SUM(A1)", "1/2", "two\\nlines; a, b", "last"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tweets.txt").write_text("".join(f"{line}\n" for line in LINES))
    return folder


def run(data: Path, *arguments: str, typed: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, ["--data", str(data), *arguments], obj=Common(), input=typed)


def queue(data: Path) -> list[str]:
    return (data / "tweets.txt").read_text().splitlines()


def verdict(data: Path, text: str) -> str | None:
    return Decisions(data).verdicts().get(fingerprint(text))


def saved(path: Path, separator: str, encoding: str, changes: dict[str, tuple[str, str]]) -> None:
    """Fill in a table and save it as a spreadsheet would: its own separator, encoding, and idea of dates."""
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    for row in rows:
        text = sheet.unguarded(row["text"])
        row["decision"], row["edit"] = changes.get(text, ("", ""))
        row["text"] = "01.02.2026" if text == "1/2" else text.upper()
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(table.getvalue().encode(encoding))


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16"), (",", "utf-8")]
)
def test_a_table_survives_a_spreadsheet(data: Path, tmp_path: Path, separator: str, encoding: str) -> None:
    table = tmp_path / "review.csv"
    assert "6 posts" in run(data, "curate", "--export", str(table)).output
    changes = {
        "alpha": ("Keep", ""),
        "=SUM(A1)": ("star", ""),
        "1/2": ("d", ""),
        "two\nlines; a, b": ("keep", "'=café\r\nsecond"),
        "last": ("", "better"),
    }
    saved(table, separator, encoding, changes)
    assert run(data, "curate", "--import", str(table)).output == "2 kept, 1 starred, 1 dropped, 2 edited\n"
    assert queue(data) == ["alpha", "beta", "", "=SUM(A1)", "=café\\nsecond", "better"]
    found = [verdict(data, text) for text in ("alpha", "=SUM(A1)", "1/2", "=café\nsecond", "better", "beta")]
    assert found == ["keep", "star", "drop", "keep", None, None]
    again = run(data, "curate", "--import", str(table)).output  # rows of old wordings are no longer there
    assert again == "nothing changed\n2 no longer in the queue\n"


def test_a_table_moves_lines_to_the_answers_which_have_one_of_their_own(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "review.csv"
    said = run(data, "curate", "--export", str(table)).output
    assert "(keep, star, drop, answer, later)" in said
    saved(table, ",", "utf-8", {"alpha": ("answer", ""), "beta": ("a", ""), "last": ("drop", "")})
    assert run(data, "curate", "--import", str(table)).output == "1 dropped, 2 for answers\n"
    assert sorted((data / "answers.txt").read_text().split()) == ["alpha", "beta"]
    said = run(data, "curate", "--answers", "--export", str(table)).output
    assert said.startswith("2 posts")
    assert "(keep, star, drop, later)" in said
    assert f"then: botus curate --answers --import {table}\n" in said
    saved(table, ",", "utf-8", {"alpha": ("drop", ""), "beta": ("keep", "")})
    assert run(data, "curate", "--answers", "--import", str(table)).output == "1 kept, 1 dropped\n"
    assert (data / "answers.txt").read_text() == "beta\n"
    dropped = run(data, "curate", "--answers", "--drop-matching", "bet", "--yes").output
    assert dropped == "0 match, none dropped\n"  # it is kept
    (data / "answers.txt").write_text("gamma\n")
    dropped = run(data, "curate", "--answers", "--drop-matching", "gam", "--yes").output
    assert "1 dropped; u in botus curate --answers takes it back\n" in dropped
    again = run(data, "curate", "--answers", "--import", str(table)).output
    assert again == "nothing changed\n1 no longer in answers.txt\n"


def test_a_table_has_the_order_that_was_asked_for(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "review.csv"
    run(data, "curate", "--export", str(table), "--order", "new")
    rows = csv.DictReader(io.StringIO(table.read_text("utf-8-sig"), newline=""))
    assert [row["text"] for row in rows][::5] == ["last", "alpha"]
    table.unlink()
    asked = run(data, "curate", "--export", str(table), "--order", "best")
    assert "is not known" in str(asked.exception)
    assert not table.exists()


def test_one_undo_takes_the_decisions_of_a_table_back(data: Path, tmp_path: Path) -> None:
    before, table = queue(data), tmp_path / "review.csv"
    run(data, "curate", "--export", str(table))
    saved(table, ",", "utf-8", {"alpha": ("drop", ""), "beta": ("drop", ""), "last": ("drop", "")})
    run(data, "curate", "--import", str(table))
    assert queue(data) == ["", "=SUM(A1)", "1/2", "two\\nlines; a, b"]
    with open_session(data, "file") as session:
        session.press("u")
    assert queue(data) == before


@given(st.text())
def test_no_cell_is_a_formula_and_every_one_comes_back(text: str) -> None:
    assert not sheet.guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert sheet.unguarded(sheet.guarded(text)) == text


def test_a_table_says_what_generate_noted(data: Path) -> None:
    nearest = {"number": 1, "text": "-near", "run": 5}
    one = Candidate("alpha", 0, 0.5, {"characters": 1.0}, -1.0, nearest, ("a flag",), ())
    Candidates(data).append(Origin("run1", 1, 0.9, 0, 1.0, "", 1), [one], 1)
    with open_session(data, "file") as session:
        content, _ = batch.export(session)
        worth = session.state.worth[fingerprint("alpha")]
    first = next(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert list(first.values()) == [
        f"p{fingerprint('alpha')}",
        *["", "", "alpha", f"{1 / (1 + math.exp(-worth)):.4f}", "a flag", "run1", "0.9", "'-near"],
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no columns"),
        (b"a,b\r\n1,2\r\n", "no columns"),
        (b"id,decision\r\n3E+12,keep\r\n", "row 2: '3E\\+12' is not an id"),
        (b"id,decision\r\np" + b"0" * 32 + b",perhaps\r\n", "row 2: 'perhaps' is not a decision"),
    ],
)
def test_a_wrong_table_changes_nothing(content: bytes, why: str) -> None:
    with pytest.raises(FileError, match=why):
        sheet.read(content, "review.csv")


def test_an_edit_that_cannot_be_saved_is_told(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "review.csv"
    run(data, "curate", "--export", str(table))
    saved(table, ",", "utf-8", {"alpha": ("keep", "beta")})
    assert (
        "not edited: alpha: Not saved: this very text is in"
        in run(data, "curate", "--import", str(table)).output
    )
    assert Decisions(data).verdicts() == {}


def test_lines_are_kept_by_number(data: Path) -> None:
    done = run(data, "curate", "--keep", "1, 4-5,1", "--json")
    assert json.loads(done.output) == {"kept": ["alpha", "=SUM(A1)", "1/2"]}
    assert [verdict(data, text) for text in ("alpha", "beta", "1/2")] == ["keep", None, "keep"]


def test_what_a_keep_frees_is_said_and_the_table_tells_what_is_held(data: Path, tmp_path: Path) -> None:
    (data / "tweets.txt").write_text("ask @gull\nthe fog\nask @crab\n")
    table = tmp_path / "t.csv"
    run(data, "curate", "--export", str(table))
    assert "held: mentions somebody: '@gull'" in table.read_text()
    saved(table, ",", "utf-8", {"ask @gull": ("keep", ""), "the fog": ("", "the thick fog")})
    said = "1 kept, 1 edited\nNow free to be posted (mentions somebody: '@gull')\n"
    assert run(data, "curate", "--import", str(table)).output == said
    done = run(data, "curate", "--keep", "2-3")
    assert done.output.splitlines()[2:] == ["Now free to be posted (mentions somebody: '@crab')"]


@pytest.mark.parametrize("words", ["", "0", "x", "3-1", "1-", "1,,2"])
def test_wrong_numbers_are_usage_errors(words: str) -> None:
    with pytest.raises(SettingsError):
        batch.numbers(words)


def test_a_number_without_a_post_keeps_nothing(data: Path) -> None:
    done = run(data, "curate", "--keep", "1,3,99")
    assert isinstance(done.exception, BotusError)
    assert "line 3" in str(done.exception)
    assert "line 99" in str(done.exception)
    assert Decisions(data).verdicts() == {}


def test_dropping_by_pattern_shows_before_it_does(data: Path) -> None:
    before = queue(data)
    run(data, "curate", "--keep", "1")
    done = run(data, "curate", "--drop-matching", "^(A|b|l)")
    assert "  beta\n  last\n2 match, none dropped: --yes drops them\n" in done.output
    assert queue(data) == before
    done = run(data, "curate", "--drop-matching", "^(A|b|l)", "--yes")
    assert "2 dropped" in done.output
    assert queue(data) == ["alpha", "", "=SUM(A1)", "1/2", "two\\nlines; a, b"]  # what was kept stays
    assert isinstance(run(data, "curate", "--drop-matching", "(").exception, SettingsError)


def test_only_one_of_them_at_a_time(data: Path) -> None:
    assert run(data, "curate", "--keep", "1", "--drop-matching", "x").exit_code == 2
