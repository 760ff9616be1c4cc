"""The sources: what a file is found to be, and what is read from it."""

from __future__ import annotations

from pathlib import Path

from botus.sources import Found, read


def test_plain_text_has_one_post_per_line(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("one\n\n two \n")
    reading = read(tmp_path / "lines")
    assert reading.kind == "plain text"
    assert list(reading) == [Found("one"), Found("two")]
    assert list(reading) == [Found("one"), Found("two")]
    assert reading.notes == []
