"""Posts in samples of GPT-2's programs: every piece is a post or has a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.checkpoints.samples import is_samples, leftover, pieces
from tests.support.exports import kept, parsed

LINE = "=" * 20
S, E = "<|startoftext|>", "<|endoftext|>"


def read(content: str) -> tuple[list[str], list[str]]:
    """The posts, and the words of the rest with their verdicts."""
    lines = content.splitlines(keepends=True)
    found = list(pieces(lines, lines))
    return [text for text, verdict in found if not verdict], [f"{why}: {text}" for text, why in found if why]


@pytest.mark.parametrize("side", ["=" * 8, "=" * 40])
def test_heads_of_a_training_and_of_openais_script(side: str) -> None:
    content = f"{side} SAMPLE 1 {side}\nA lamp\nof two lines\n\n{side} SAMPLE 2 {side}\nA kettle\n"
    assert is_samples(content.splitlines())
    assert read(content) == (["A lamp\nof two lines", "A kettle"], [])


def test_what_stands_around_the_samples_of_a_session_is_counted() -> None:
    head, foot = f"{'=' * 40} SAMPLE 1 {'=' * 40}", "=" * 80
    content = f"Model prompt >>> A lamp\n{head}\n burns\n{foot}\nModel prompt >>> {head}\n hums\n{foot}\n"
    assert read(content) == (["burns", "hums"], ["not a post: Model prompt >>> A lamp"])


def test_a_training_log_begins_and_ends_within_posts() -> None:
    log = "[10 | 28.10] loss=3.11 avg=3.11\nSaving checkpoint/run1/model-10\n"
    sample = f"rest of it.{E}\n{S}A lamp.{E}\n{S}two\nlines{E}\n{S}A ket\n"
    posts, rest = read(f"Training...\n{log}======== SAMPLE 1 ========\n{sample}\n{log}")
    assert posts == ["A lamp.", "two\nlines"]
    assert [one.partition(":")[0] for one in rest] == [
        *("not a post", "not a post", "not a post"),
        *("cut off", "cut off", "not a post", "not a post"),
    ]


@pytest.mark.parametrize(
    "end",
    [E, "<|endoftext|", "<|endoftext", "|endoftext|>", "</endoftext|>", "<|end", "<|", "<|STARTOFTEXT|>"],
)
def test_markers_that_are_cut_off_or_misspelt(end: str) -> None:
    assert read(f"{S}A lamp.{end}\n{LINE}\nstartoftext|>A kettle.{end}\n{LINE}\n") == (
        ["A lamp.", "A kettle."],
        [],
    )
    assert read(f"oftext|>A spoon.{end}\n{LINE}\n")[0] == ["A spoon."]


def test_every_piece_between_markers_is_counted() -> None:
    content = f"...{S}A lamp.{E}\n{S}A kettle.{S}A spoon.{E}\n{S}A fo\n{LINE}\n\n{LINE}\n{S}{E}\n"
    assert read(content) == (
        ["A lamp.", "A kettle.", "A spoon."],
        ["cut off: ...", "cut off: A fo", "cut off: ", "cut off: "],
    )


@pytest.mark.parametrize(
    "content",
    [
        f"A lamp.{E}A kettle.{E}",
        f"A lamp.\n{E}\nA kettle.\n{E}\n",
        f"{S}A lamp.\n{S}A kettle.\n",
        f"A lamp.\r\n{LINE}\r\nA kettle.\r\n{LINE}\r\n",
        "\nA lamp.\n==========\n\nA kettle.\n==========\n",
        "=== GENERATED SEQUENCE 1 ===\nA lamp.\n=== GENERATED SEQUENCE 2 ===\nA kettle.\n",
    ],
)
def test_other_forms_of_the_same_two_posts(content: str) -> None:
    assert is_samples(content.splitlines())
    assert read(content) == (["A lamp.", "A kettle."], [])


def test_a_line_of_another_length_belongs_to_the_post() -> None:
    assert read(f"A lamp\n==========\nbelow\n{LINE}\nA kettle\n{LINE}\n")[0] == [
        "A lamp\n==========\nbelow",
        "A kettle",
    ]


HEADINGS = "The tower\n{0}\n\nIt is tall.\nIt has a lamp.\n\nThe kettle\n{0}\n\nIt sings.\nIt hums.\n"
MANY = "".join(f"Line {n} of the keeper\n" for n in range(200))


@pytest.mark.parametrize(
    ("content", "posts"),
    [
        (HEADINGS.format("=" * 10), 6),
        (HEADINGS.format(LINE), 6),
        ("==========\nThe tower\n==========\n\nIt is tall.\n", 2),
        (f"{MANY}==========\n{MANY}", 400),
        (f"{MANY}{LINE}\n{MANY}", 400),
        (f"{MANY}%\n{MANY}%%%%\n{MANY}", 600),
        (f"{MANY}{S}A lamp.{E}\n{MANY}", 401),
        ("A lamp.\n%%%%\nA kettle.\n* * *\nA spoon.\n", 3),
    ],
)
def test_headings_and_dividers_of_other_texts_join_no_lines(tmp_path: Path, content: str, posts: int) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(content)
    found = kept(path)
    assert len(found) == posts
    assert not any("\n" in text or "==" in text or "%" in text or "oftext" in text for text in found)
    assert len(parsed(path)) == len([line for line in content.split("\n") if line.strip()])


def test_fortunes_of_either_kind_and_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "fortunes"
    path.write_text("%% by the keeper\nA lamp\n%%%% of four\n%\nA kettle\n==========\nsings\n%\n")
    assert kept(path) == ["A lamp\n%%%% of four", "A kettle\n==========\nsings"]
    assert [one.text for one in parsed(path) if one.refused] == ["%% by the keeper"]
    path.write_text("A lamp\nburns\n%%\nA kettle\n%%\n")
    assert kept(path) == ["A lamp\nburns", "A kettle"]


@pytest.mark.parametrize(
    "post",
    [LINE, "======== SAMPLE 3 ========", f"{S}A lamp", "A lamp<|end", "A\n==========\nB", "a |endoftext|> b"],
)
def test_what_is_left_of_a_program_is_found_in_a_post(post: str) -> None:
    assert leftover(post)


@pytest.mark.parametrize(
    "post",
    ["[==========>    ] 42 %", "<|:-) a party", "|> pipes", "the end of text", "a == b", "[10 | 2] goals"],
)
def test_and_is_not_found_in_others(post: str) -> None:
    assert leftover(post) == ""
