"""Which lines are answers, and which one it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from botus.answering.pool import Pool
from botus.errors import FileError
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions.entries import Decision, Kind, Step, Wording
from botus.store.decisions.journal import Decisions
from botus.store.queue.tweets import ANSWERS, TWEETS
from botus.text import fingerprint

FOG, KETTLE, GULL = "Fog is only a cloud that gave up.", "My kettle sings flat.", "The gull owes me a chip."


def pool(data: Path, *lines: str, from_posted: bool = False) -> Pool:
    (data / "answers.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return Pool(data, from_posted=from_posted)


def answers(of: Pool, question: str = "anything", tries: int = 60) -> set[str | None]:
    """What is answered to a question when it is asked often."""
    return {of.choose(question, (), Random(seed)) for seed in range(tries)}


def decide(data: Path, about: str, kind: Kind, text: str, new: str | None = None) -> None:
    journal = Decisions(data, about)
    wording = Wording(new, fingerprint(new), new.encode()) if new else None
    decision = Decision(
        kind, fingerprint(text), text, (), wording, pooled="added" if kind == "answer" else None
    )
    journal.append(Step(journal.history().next_step, 1, (decision,)))


def generated(data: Path, *texts: str) -> None:
    origin = Origin("m", 1, 0.9, 0, 1.0, "", 1)
    Candidates(data).append(origin, [Candidate(one, 0, 0.0, {}, 0.0, None, (), ()) for one in texts], 1)


def log(data: Path, *texts: str, **more: object) -> None:
    entries = [{"text": text, "timestamp": 1, **more} for text in texts]
    (data / "tweeted.json").write_text(json.dumps(entries))


def test_the_answer_is_a_line_near_to_what_was_said(tmp_path: Path) -> None:
    asked = pool(tmp_path, FOG, KETTLE, GULL)
    near = [
        asked.choose("@keeper@sea.example what do you think of fog?", (), Random(seed)) for seed in range(80)
    ]
    assert near.count(FOG) > 60


def test_the_same_question_does_not_always_get_the_same_answer(tmp_path: Path) -> None:
    assert len(answers(pool(tmp_path, FOG, KETTLE, GULL), "fog?")) > 1
    assert answers(pool(tmp_path, FOG, "Fog again, and no bun.", GULL), "fog?") >= {
        FOG,
        "Fog again, and no bun.",
    }


def test_nothing_is_said_twice_in_a_conversation_and_in_the_end_nothing_is_left(tmp_path: Path) -> None:
    asked, said = pool(tmp_path, FOG, KETTLE, GULL, FOG), set[str]()
    found = []
    while (answer := asked.choose("fog and fog", said, Random(1))) is not None:
        found.append(answer)
        said.add(fingerprint(answer))
    assert sorted(found) == sorted([FOG, KETTLE, GULL])


def test_only_what_fits_is_said(tmp_path: Path) -> None:
    asked = pool(tmp_path, FOG, KETTLE)
    found = {asked.choose("fog", (), Random(seed), lambda text: len(text) < 25) for seed in range(20)}
    assert found == {KETTLE}


@pytest.mark.parametrize("name", [None, "", "\n\n  \n", "\u200b\n"])
def test_an_empty_pool_answers_nothing(tmp_path: Path, name: str | None) -> None:
    if name is not None:
        (tmp_path / "answers.txt").write_text(name)
    assert Pool(tmp_path).choose("hello", (), Random(1)) is None
    assert Pool(tmp_path).count()[:3] == (0, 0, 0)


def test_a_file_edited_by_hand_is_read_as_the_queue_is(tmp_path: Path) -> None:
    lines = (
        b"\xef\xbb\xbfOne\\nand two.\r\n\r\nNot \xff UTF-8\nOne\\nand two.\n" + b"x" * 60_000 + b"\nThe last."
    )
    (tmp_path / "answers.txt").write_bytes(lines)
    os.utime(tmp_path / "answers.txt", (1, 1))
    assert answers(Pool(tmp_path)) == {"One\nand two.", "The last."}


def test_a_line_that_was_dropped_is_no_answer_though_it_is_in_the_file_again(tmp_path: Path) -> None:
    for about, line in ((TWEETS, FOG), (ANSWERS, KETTLE)):
        decide(tmp_path, about, "drop", line)
    asked = pool(tmp_path, FOG, KETTLE, GULL)
    assert answers(asked) == {GULL}
    decide(tmp_path, ANSWERS, "keep", FOG)  # what is said of it as an answer counts
    assert answers(asked) == {FOG, GULL}


def test_half_a_line_waits_until_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text(f"{FOG}\nThe gull ow")
    asked = Pool(tmp_path)
    assert answers(asked) == {FOG}
    os.utime(tmp_path / "answers.txt", (1, 1))
    assert answers(asked) == {FOG, "The gull ow"}


def test_a_last_line_without_a_line_break_is_read_once_its_moment_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answers.txt").write_text(f"{FOG}\n{KETTLE}")
    asked = Pool(tmp_path)
    assert answers(asked) == {FOG}
    for module in ("store.durable.lines", "answering.pool"):
        monkeypatch.setattr(f"botus.{module}.MOMENT", 0.0)
    assert answers(asked) == {FOG, KETTLE}


def test_utf_16_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_bytes("One.\n".encode("utf-16"))
    with pytest.raises(FileError, match=r"answers\.txt is UTF-16"):
        Pool(tmp_path).choose("hello", (), Random(1))


@pytest.mark.parametrize(
    "line",
    [
        "Ask @gull@sea.example about it.",
        "Mind the barnacle.",
        "Half a post <|endoftext|>",
        "Hi <@123>, hello.",
    ],
)
def test_what_holds_a_post_back_is_no_answer_whatever_a_person_said(tmp_path: Path, line: str) -> None:
    (tmp_path / "denylist.txt").write_text("barnacle\n")
    for about, kind in ((TWEETS, "answer"), (ANSWERS, "keep")):
        decide(tmp_path, about, kind, line)  # type: ignore[arg-type]
    assert answers(pool(tmp_path, line, FOG)) == {FOG}


def test_lines_of_the_queue_are_no_answers_so_that_none_is_burnt(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text(f"Other.\n  {FOG}\u200b\n")
    asked = pool(tmp_path, FOG, KETTLE)
    assert answers(asked, "fog") == {KETTLE}
    assert asked.count().unused == {"waiting to be posted": 1}
    (tmp_path / "tweets.txt").write_text("Other.\n")
    assert answers(asked, "fog") == {FOG, KETTLE}


def test_what_was_posted_is_an_answer_only_where_that_is_asked_for(tmp_path: Path) -> None:
    log(tmp_path, FOG, "An older post.")
    assert answers(pool(tmp_path, FOG, KETTLE)) == {KETTLE}
    asked = pool(tmp_path, FOG, KETTLE, from_posted=True)
    assert answers(asked) == {FOG, KETTLE, "An older post."}
    assert asked.count()[:3] == (2, 1, 3)


def test_what_no_platform_took_was_not_posted(tmp_path: Path) -> None:
    log(tmp_path, FOG, id="x", targets={"x": {"state": "rejected"}})
    assert answers(pool(tmp_path, KETTLE, from_posted=True)) == {KETTLE}


Change = Callable[[Path], None]


@pytest.mark.parametrize(
    ("picked", "is_answer"),
    [
        (lambda data: None, False),
        (lambda data: decide(data, TWEETS, "answer", FOG), True),
        (lambda data: decide(data, TWEETS, "drop", FOG), False),
        (lambda data: decide(data, ANSWERS, "keep", FOG), True),
        (lambda data: decide(data, ANSWERS, "star", FOG), True),
        (lambda data: decide(data, ANSWERS, "later", FOG), False),
        (lambda data: decide(data, ANSWERS, "drop", FOG), False),
        (lambda data: (decide(data, TWEETS, "answer", FOG), decide(data, ANSWERS, "drop", FOG)), False),
        (lambda data: decide(data, ANSWERS, "edit", "Fog, fog and fog.", FOG), False),
    ],
    ids=[
        "nobody",
        "a",
        "dropped",
        "kept",
        "starred",
        "later",
        "dropped here",
        "a, then dropped",
        "edited only",
    ],
)
def test_what_generate_wrote_is_an_answer_once_a_person_has_picked_it(
    tmp_path: Path, picked: Change, is_answer: bool
) -> None:
    asked = pool(tmp_path, FOG, KETTLE)
    generated(tmp_path, FOG, "Fog, fog and fog.")
    picked(tmp_path)
    assert answers(asked) == ({FOG, KETTLE} if is_answer else {KETTLE})


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    asked = pool(tmp_path, FOG)
    assert answers(asked) == {FOG}
    pool(tmp_path, FOG, KETTLE)
    assert answers(asked) == {FOG, KETTLE}
    (tmp_path / "denylist.txt").write_text("fog\n")
    assert answers(asked) == {KETTLE}


def test_counting_says_why_lines_are_not_said(tmp_path: Path) -> None:
    generated(tmp_path, GULL)
    (tmp_path / "tweets.txt").write_text(f"{KETTLE}\n")
    said = pool(tmp_path, FOG, KETTLE, GULL, "Ask @gull@sea.example.").count().said()
    assert said.startswith("4 lines in answers.txt, 1 may be said (")
    assert said.endswith("(1 held back, 1 not reviewed yet, 1 waiting to be posted)")
