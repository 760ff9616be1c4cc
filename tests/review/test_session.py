"""The review with its files: real files, real locks, crashes at every moment."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from botus import demo
from botus.errors import BotusError, BusyError, FileError, Interrupted
from botus.posting.posting_run import PostingRun
from botus.review.machine import table
from botus.review.machine.editor import Key
from botus.review.machine.explaining import ordered
from botus.review.session import ReviewSession, open_session
from botus.settings import Settings
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions.journal import Decisions
from botus.store.durable import files, jsonl
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import ANSWERS, Queue
from botus.store.state import PostingState, StateFiles
from botus.text import fingerprint
from tests.proofs import crash

LINES = (
    b"one",
    b"two",
    b"two ",
    b"three\\nlines",
    b"",
    b"  ",
    b"\r",
    b"caf\xe9",
    "¯\\_(ツ)_/¯".encode(),
    b"x y\r",
)
RESTART, POST, APPEND = "restart", "post", "append"
KEYS = ("k", "d", "a", " ", "s", "u", "r", "up", "down", "left", "?", "enter")
EDITS = (
    ("e", "!", "enter"),
    ("e", "newline", "x", "enter"),
    ("e", " ", "escape"),
    ("e", "ctrl-u", "o", "enter"),
)


def test_a_line_of_the_demo_is_compared_with_the_demo_s_corpus(tmp_path: Path) -> None:
    text = demo.corpus().read_text().splitlines()[0]
    (tmp_path / "tweets.txt").write_text(f"{text}\nmine\n")
    group = [Candidate(text, 0, 0.5, {}, -1.0, None, (), ())]
    Candidates(tmp_path).append(Origin(demo.NAME, 1, 0.9, 0, 1.0, "", 1), group, 1)
    with open_session(tmp_path, "file") as session:
        assert f"words in a row as in post 1 of the demo's corpus: {text}" in session.compare(
            fingerprint(text)
        )
        assert "there is no corpus.txt here" in session.compare(fingerprint("mine"))
    (tmp_path / "corpus.txt").write_text("something else altogether is written here\n")
    with open_session(tmp_path, "file") as session:
        assert f"post 1 of the demo's corpus: {text}" in session.compare(fingerprint(text))
        assert session.compare(fingerprint("mine")).startswith("nothing in the corpus shares")


def test_a_new_review_tells_what_the_earlier_ones_have_taught(tmp_path: Path) -> None:
    posts = [f"the {'tide' if number % 2 else 'kettle'} counts {number}" for number in range(80)]
    (tmp_path / "tweets.txt").write_text("".join(f"{post}\n" for post in posts))
    with open_session(tmp_path, "file") as session:
        session.decide([(fingerprint(post), "keep" if "tide" in post else "drop") for post in posts[:61]])
    with open_session(tmp_path) as session:
        assert "(61 decisions, 30 kept)" in ordered(session.state).long


class Quick(files.Disk):
    """A disk that does not wait: the order of things is the same."""

    def fsync(self, descriptor: int) -> None:
        pass

    def fsync_folder(self, path: Path) -> None:
        pass


@contextmanager
def disk(stand_in: files.Disk) -> Iterator[None]:
    real, files.disk = files.disk, stand_in
    try:
        yield
    finally:
        files.disk = real


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "tweets.txt").write_bytes(b"alpha\nbeta\ngamma\n")
    return tmp_path


def content(data: Path) -> bytes:
    return (data / "tweets.txt").read_bytes()


def pool(data: Path) -> list[str]:
    path = data / "answers.txt"
    return path.read_text().splitlines() if path.exists() else []


def press(session: ReviewSession, *keys: Key) -> None:
    for key in keys:
        session.press(key)


def log(data: Path, text: str) -> None:
    """Take a line out as `post` does."""
    Queue(data).remove(text.encode())
    Log(data).append(
        {"text": text, "timestamp": 1_700_000_000_000, "id": "1", "targets": {"x": {"url": "https://x/1"}}}
    )


queues = st.builds(
    lambda bom, lines, ending: bom + b"\n".join(lines) + ending,
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.sampled_from(LINES), max_size=6),
    st.sampled_from([b"", b"\n", b"\r\n", b"\n\n \n"]),
)
PAGES = (
    ("tab",),
    ("tab", "1", "3", "3", "d"),
    ("tab", "2", "k"),
    ("tab", " "),
    ("m", "1", "d"),
    ("m", "k"),
    ("f", "d", "k"),
    ("f", "k", "d"),
    ("f", "a", "k"),
    ("tab", "2", "a"),
    ("f", "/", "o", "enter"),
    ("o", "n"),
    ("/", "o", "enter"),
    ("escape",),
)
actions = st.lists(
    st.one_of(
        st.sampled_from([*[(key,) for key in KEYS], (RESTART,)]),
        st.sampled_from(EDITS),
        st.sampled_from(PAGES),
    ),
    max_size=12,
)


@pytest.mark.proof
@tried(max_examples=150, deadline=None, derandomize=True)
@given(queues, actions)
def test_as_many_undos_as_keys_restore_every_byte_and_verdict(
    before: bytes, pressed: list[tuple[str, ...]]
) -> None:
    with disk(Quick()), tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "tweets.txt").write_bytes(before)
        for _, group in itertools.groupby(pressed, lambda action: action == (RESTART,)):
            with open_session(data, "file") as session:
                for key in itertools.chain(*group):
                    if key != RESTART:
                        session.press(key)
                        check_picture(data, session)
        with open_session(data, "file") as session:
            press(session, *["u"] * sum(map(len, pressed)))
            check_picture(data, session)
        assert content(data) == before
        assert Decisions(data).verdicts() == {}
        assert pool(data) == []


def check_picture(data: Path, session: ReviewSession) -> None:
    """What the machine believes of the file is what the file is."""
    fresh = table.read(Queue(data).lines(), {}, Queue(data, ANSWERS).lines())
    known = session.state.table
    assert known.answers == fresh.answers
    assert len(pool(data)) == len(fresh.answers)
    assert {post: Counter(card.raws) for post, card in known.cards.items() if card.raws} == {
        post: Counter(card.raws) for post, card in fresh.cards.items()
    }
    for number, raw in enumerate(fresh.lines):
        if raw.strip():
            assert known.lines[number] == raw
            assert known.place(raw) == fresh.place(raw)
    assert Decisions(data).verdicts() == {
        post: verdict for post, verdict in session.state.verdicts.items() if verdict != "later"
    }


words = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)
outside = st.lists(
    st.one_of(
        st.sampled_from([(key,) for key in KEYS]),
        st.sampled_from([(POST,), (APPEND,), EDITS[0]]),
        st.sampled_from(PAGES),
    ),
    max_size=12,
)


@tried(max_examples=60, deadline=None, derandomize=True)
@given(words, outside, st.randoms(use_true_random=False))
def test_with_a_post_in_between_every_line_that_was_not_used_comes_back(
    texts: list[str], pressed: list[tuple[str, ...]], rng: object
) -> None:
    with disk(Quick()), tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "tweets.txt").write_text("".join(f"{text}\n" for text in texts))
        expected = set(texts)
        with open_session(data, "file") as session:
            for number, action in enumerate(pressed):
                present = [line.text for line in Queue(data).lines() if line.text]
                if action == (POST,) and present:
                    used = present[number % len(present)]
                    log(data, used)
                    expected.discard(used.rstrip("!"))
                elif action == (APPEND,):
                    Queue(data).append([f"new {number}"])
                    expected.add(f"new {number}")
                elif action != (POST,):
                    press(session, *action)
            press(session, "escape", *["u"] * (6 * len(pressed) + 2))
        left = [line.text for line in Queue(data).lines()]
        used = {entry["text"].rstrip("!") for entry in Log(data).entries()}
        assert sorted(text for text in left if text not in used) == sorted(expected)


SCENARIO: tuple[tuple[Key, ...], ...] = (("d",), ("u",), ("e", "!", "enter"), ("u",), ("r",), ("a",), ("k",))


@pytest.mark.proof
def test_after_a_crash_at_any_moment_nothing_decided_is_lost_or_doubled(data: Path, tmp_path: Path) -> None:
    before = b"alpha\nbeta\r\nalpha\ngamma"
    (data / "tweets.txt").write_bytes(before)
    runs, expected, answers = [], [before], list[list[str]]([[]])
    with open_session(data, "file") as session:
        for number, keys in enumerate(SCENARIO):
            runs.append((number, crash.Recorder(data)))
            with disk(runs[-1][1]):
                press(session, *keys)
            expected.append(content(data))
            answers.append(pool(data))
    tried = 0
    for number, recorder in runs:
        images = {crash.key(image): image for image, _ in crash.states(recorder)}
        for image in images.values():
            tried += 1
            check_restart(image, number, expected, answers, tmp_path / str(tried))
        settled = tmp_path / f"settled {number}"  # the key has come back: it is on disk
        assert check_restart(recorder.durable(), number, expected, answers, settled) == number + 1
    assert tried > 50


def check_restart(
    image: crash.Image, before: int, expected: list[bytes], answers: list[list[str]], data: Path
) -> int:
    """Start again after a crash, undo everything, and return how many keys had been written down."""
    data.mkdir()
    crash.restore(image, data)
    with disk(Quick()):
        with open_session(data, "file"):
            pass
        written = sum(1 for record in jsonl.read(Decisions(data).path) if record["kind"] != "end")
        assert before <= written <= before + 1
        assert (content(data), pool(data)) == (expected[written], answers[written])
        with open_session(data, "file") as session:
            press(session, *["u"] * len(SCENARIO))
        assert (content(data), pool(data)) == (expected[0], [])
    return written


def test_the_decision_is_on_disk_before_the_file_changes(data: Path) -> None:
    recorder = crash.Recorder(data)
    with disk(recorder), open_session(data, "file") as session:
        press(session, "d")
        names = [(kind, path) for (kind, path, *_), _ in recorder.log]
    synced = names.index(("fsync", ".botus/decisions.jsonl"))
    renamed = next(at for at, (kind, path) in enumerate(names) if kind == "rename" and "tweets.txt" in path)
    assert synced < renamed


def test_a_second_review_is_refused(data: Path) -> None:
    with open_session(data), pytest.raises(BusyError, match="another review"), open_session(data):
        pass


def test_a_key_for_a_card_that_was_posted_meanwhile_does_nothing(data: Path) -> None:
    with open_session(data, "file") as session:
        log(data, "alpha")
        press(session, "d")
        card = session.state.current
        assert card
        assert card.text == "beta"
        assert session.state.notice == "This post was used meanwhile: posted on 2023-11-14 https://x/1"
    assert Decisions(data).verdicts() == {}
    assert content(data) == b"beta\ngamma\n"


def test_an_edit_whose_line_goes_in_that_very_moment_is_taken_back(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(data, "file") as session:
        press(session, "e", "!")
        append = Decisions.append

        def append_and_post(self: Decisions, entry: object) -> None:
            append(self, entry)  # type: ignore[arg-type]
            monkeypatch.undo()
            log(data, "alpha")

        monkeypatch.setattr(Decisions, "append", append_and_post)
        press(session, "enter")
        card = session.state.current
        assert card
        assert card.text == "beta"
        assert "posted on" in session.state.notice
    assert Decisions(data).verdicts() == {}
    assert content(data) == b"beta\ngamma\n"


def test_what_an_editor_does_meanwhile_is_respected(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "d")
        (data / "tweets.txt").write_bytes(b"by hand\nbeta, better\ngamma\n")
        press(session, "k")  # meant for beta, which is gone
        card = session.state.current
        assert card
        assert card.text == "gamma"
        press(session, "u")
    assert content(data) == b"alpha\nby hand\nbeta, better\ngamma\n"
    assert Decisions(data).verdicts() == {}


def test_oddities_are_told_at_the_start(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "d")
    (data / "tweets.txt").write_bytes(b"alpha\nbeta\n\xff\ngamma\n")
    log(data, "gamma")
    (data / "tweets.txt").write_bytes(b"alpha\nbeta\n\xff\ngamma\n")
    path = data / ".botus" / "decisions.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "dro')
    with open_session(data, "file") as session:
        torn, unreadable, again, used = session.notices
        assert "torn" in torn
        assert "line 3 of tweets.txt" in unreadable
        assert again.startswith("1 taken out before")
        assert used.startswith("1 posted before")
        assert [
            card.text for card in session.state.table.cards.values() if card.fingerprint in session.state.deck
        ] == ["beta"]
    assert content(data) == b"alpha\nbeta\n\xff\ngamma\n"  # a look changes nothing


def test_a_line_deleted_after_a_proper_end_stays_deleted(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "d", "u")
    (data / "tweets.txt").write_bytes(b"beta\n")
    with open_session(data, "file"):
        pass
    assert content(data) == b"beta\n"


@pytest.mark.parametrize(
    ("error", "is_open"), [(Interrupted("stopped"), False), (FileError("disk full"), True)]
)
def test_only_a_failed_review_leaves_its_last_step_in_doubt(
    data: Path, error: BotusError, is_open: bool
) -> None:
    with suppress(BotusError), open_session(data, "file") as session:
        press(session, "d")
        raise error
    assert (Decisions(data).history().last is not None) is is_open


def test_provenance_survives_an_edit(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "e", "!", "enter", "k")
    with open_session(data, "file") as session:
        assert session.state.origins == {fingerprint("alpha!"): fingerprint("alpha")}


def test_a_symbolic_link_stops_the_review_and_nothing_is_lost(data: Path) -> None:
    (data / "tweets.txt").rename(data / "real.txt")
    (data / "tweets.txt").symlink_to(data / "real.txt")
    with pytest.raises(FileError, match="symbolic link"), open_session(data, "file") as session:
        press(session, "d")
    assert (data / "real.txt").read_bytes() == b"alpha\nbeta\ngamma\n"


def test_what_generate_noted_is_found_also_where_an_edit_went_in_a_circle(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "e", "!", "enter", "u")
        assert session.noted(fingerprint("alpha")) == {}
        press(session, "e", "!", "enter", "e", "backspace", "enter")
        assert session.noted(fingerprint("alpha")) == {}


@pytest.mark.parametrize("policy", ["reviewed", "any"])
def test_a_flag_survives_any_number_of_edits_until_somebody_keeps_the_post(
    data: Path, policy: Literal["reviewed", "any"]
) -> None:
    origin = Origin("run1", 1, 0.9, 0, 1.0, "", 1)
    Candidates(data).append(origin, [Candidate("alpha", 0, 0.5, {}, -1.0, None, ("odd",), ())], 1)
    with open_session(data, "file") as session:
        press(session, "e", "!", "enter", "e", "!", "enter", "e", "!", "enter")
    assert refusal(data, "alpha!!!", policy)
    with open_session(data, "file") as session:
        press(session, "k")
    assert refusal(data, "alpha!!!", policy) is None


def refusal(data: Path, text: str, policy: Literal["reviewed", "any"]) -> object:
    """Why `post` would not draw a line."""
    line = next(line for line in Queue(data).lines() if line.text == text)
    settings = Settings(data, post_only=policy)
    run = PostingRun(settings, {}, rng=random.Random(1), clock=time.time, say=lambda *_, **__: None)
    return run.selection().refusal(line)


def test_a_line_that_a_platform_found_too_long_is_named_and_found(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("the short kettle\nthe long kettle\n")
    remembered = StateFiles(tmp_path)
    remembered.save(PostingState(too_long={fingerprint("the long kettle"): "mastodon: 422"}))
    decisions = Decisions(tmp_path)
    with open_session(tmp_path) as session:
        assert "1 set aside until shorter" in session.notices[0]
        session.decide([(fingerprint("the long kettle"), "keep")])
        session.press("f")
        session.press("l")
        assert session.state.current is not None
        assert session.state.current.text == "the long kettle"
        remembered.save(PostingState())
        session.look_again()
        assert not session.state.set_aside
    assert decisions.verdicts()[fingerprint("the long kettle")] == "keep"


def test_a_moves_a_line_to_the_answers_and_u_takes_it_back(data: Path) -> None:
    (data / "answers.txt").write_bytes(b"by hand")  # without a line break
    before = (data / "tweets.txt").read_bytes()
    with open_session(data, "file") as session:
        press(session, "a")
        assert (pool(data), b"alpha" in (data / "tweets.txt").read_bytes()) == (["by hand", "alpha"], False)
        assert Decisions(data).verdicts() == {fingerprint("alpha"): "answer"}
        press(session, "u")
        assert (pool(data), (data / "tweets.txt").read_bytes()) == (["by hand"], before)
        press(session, "r")
        assert pool(data) == ["by hand", "alpha"]
    with open_session(data, "file") as session:  # in another review too
        press(session, "u")
        assert (pool(data), (data / "tweets.txt").read_bytes()) == (["by hand"], before)


def test_an_answer_that_is_kept_or_dropped_after_all_leaves_the_answers(data: Path) -> None:
    before = (data / "tweets.txt").read_bytes()
    with open_session(data, "file") as session:
        press(session, "a", "up", "d")
        assert (pool(data), Decisions(data).verdicts()) == ([], {fingerprint("alpha"): "drop"})
        press(session, "up", "a")
        assert (pool(data), Decisions(data).verdicts()) == (["alpha"], {fingerprint("alpha"): "answer"})
        press(session, "up", "k")
        assert (pool(data), (data / "tweets.txt").read_bytes()) == ([], before)
        press(session, "u")
        assert (pool(data), b"alpha" in (data / "tweets.txt").read_bytes()) == (["alpha"], False)


def test_a_line_that_was_an_answer_before_is_one_after_undo(data: Path) -> None:
    (data / "answers.txt").write_bytes(b"alpha\n")
    with open_session(data, "file") as session:
        press(session, "a")
        assert pool(data) == ["alpha"]
        press(session, "u")
        assert pool(data) == ["alpha"]


def test_a_page_goes_to_the_answers_in_one_step(data: Path) -> None:
    before = (data / "tweets.txt").read_bytes()
    with open_session(data, "file") as session:
        press(session, "tab", "1", "a")
        assert pool(data) == ["beta", "gamma"]
        assert (data / "tweets.txt").read_bytes() == b"alpha\n"
        press(session, "u")
        assert (pool(data), (data / "tweets.txt").read_bytes()) == ([], before)


def test_an_older_botus_reads_a_line_for_answers_as_dropped(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "a")
    [record, _] = map(json.loads, (data / ".botus" / "decisions.jsonl").read_text().splitlines())
    assert (record["kind"], record["answer"]) == ("drop", "added")


def test_answers_are_reviewed_like_posts_with_a_journal_of_their_own(data: Path) -> None:
    before = b"one\ntwo\nbeta\nalpha\n"
    with open_session(data, "file") as session:
        press(session, "a")
    (data / "answers.txt").write_bytes(before)
    log(data, "beta")  # what was posted may be said
    queue = content(data)
    with open_session(data, "file", file=ANSWERS) as session:
        assert [session.state.table.cards[post].text for post in session.state.deck] == ["one", "two", "beta"]
        press(session, "d", "e", "!", "enter", "k", "a")
        assert session.state.notice == "These are the answers: k keeps one, d drops it"
        session.decide([(fingerprint("beta"), "answer")])
        assert pool(data) == ["two!", "beta", "alpha"]
        assert set(Decisions(data, ANSWERS).verdicts().values()) == {"drop", "edited", "keep"}
        press(session, "u", "u", "u", "u")
        assert (data / "answers.txt").read_bytes() == before
        assert session.state.notice == "Nothing to take back"
    assert content(data) == queue
    assert Decisions(data).verdicts() == {fingerprint("alpha"): "answer"}


def test_what_was_picked_for_answers_before_is_found_in_their_review(data: Path) -> None:
    with open_session(data, "file") as session:
        press(session, "a")
    with open_session(data, "file", file=ANSWERS) as session:
        assert session.state.deck == ()
        press(session, "f", "a", "d")
    assert pool(data) == []
