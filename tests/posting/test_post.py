"""The posting run: what is promised in the README, one test each."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from botus.errors import BusyError, FileError, SettingsError
from botus.posting.log import repair
from botus.posting.resolve import resolve
from botus.posting.selection import Selection
from botus.settings import Settings
from botus.store.decisions.entries import Decision, Step
from botus.store.decisions.journal import Decisions
from botus.store.durable import files, mounts
from botus.store.durable.lines import Line
from botus.store.intents import Intents
from botus.store.queue.tweets import Queue
from botus.text import fingerprint
from tests.proofs.poster import no_lock
from tests.support.fakes import FakeTarget, Platform, World


def log(data: Path) -> list[dict[str, object]]:
    return json.loads((data / "tweeted.json").read_text())


def queue(data: Path) -> list[str]:
    return (data / "tweets.txt").read_text().splitlines()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines("first", "second", "third")
    return world


def decide(data: Path, kind: str, *texts: str) -> None:
    decisions = Decisions(data)
    for text in texts:
        step = Step(decisions.history().next_step, 0, (Decision(kind, fingerprint(text), text),))  # type: ignore[arg-type]
        decisions.append(step)


def test_one_line_goes_out_is_logged_and_leaves_the_queue(world: World) -> None:
    outcome = world.run().post()
    [entry] = log(world.data)
    assert world.targets["one"].platform.posts == [outcome.chosen] == [entry["text"]]
    assert list(entry) == ["text", "timestamp", "id", "targets"]
    assert entry["timestamp"] == int(world.clock() * 1000)
    assert entry["targets"] == {
        "one": {
            "state": "posted",
            "id": "1",
            "url": "https://fake.example/1",
            "at": entry["timestamp"],
            "error": None,
        }
    }
    assert sorted([*queue(world.data), str(outcome.chosen)]) == ["first", "second", "third"]
    assert not Intents(world.data).open()


def test_every_line_goes_out_once_and_then_the_queue_is_empty(world: World) -> None:
    for _ in range(5):
        world.run().post()
    assert sorted(world.targets["one"].platform.posts) == ["first", "second", "third"]
    assert queue(world.data) == []
    assert world.said[-1][1].startswith("nothing to post")


def test_predecessors_entries_stay_to_the_letter_and_count_as_used(world: World) -> None:
    old = '[\n  {"text":"first",   "timestamp":1589472000000},\n  {"timestamp": 1.5e12, "text": "a\\\\nb"}\n]'
    (world.data / "tweeted.json").write_text(old)
    world.lines("first", "a\\nb", "second", "first")
    for _ in range(3):
        world.run().post()
    assert world.targets["one"].platform.posts == ["second"]
    assert (world.data / "tweeted.json").read_text().startswith(old[:-2] + ",\n")
    assert queue(world.data) == ["first", "a\\nb", "first"]


@pytest.mark.parametrize("again", ["first", "fi\u200brst", "  first ", "first\r"])
def test_a_line_that_comes_back_is_not_posted_again(world: World, again: str) -> None:
    world.lines("first")
    world.run().post()
    world.lines(again)
    assert world.run().post().chosen is None
    assert world.targets["one"].platform.posts == ["first"]


def test_two_equal_lines_are_one_post(world: World) -> None:
    world.lines("same", "same")
    world.run().post()
    world.run().post()
    assert world.targets["one"].platform.posts == ["same"]


# Two posts whose fingerprints begin with the same ten digits.
ALIKE = [
    "The keeper wrote 1042100 letters to the fog and had 7294700 answers.",
    "The keeper wrote 1126715 letters to the fog and had 7887005 answers.",
]


@pytest.mark.parametrize("order", [ALIKE, ALIKE[::-1]], ids=["one", "the other"])
def test_two_posts_with_one_short_id_are_two_posts(world: World, order: list[str]) -> None:
    assert len({fingerprint(text)[:10] for text in ALIKE}) == 1
    (world.data / "tweets.txt").write_text("")
    for text in order:
        world.lines(text)
        world.run().post()
    assert [entry["text"] for entry in log(world.data)] == order
    assert len({str(entry["id"]) for entry in log(world.data)}) == 2
    world.lines(*ALIKE)
    for _ in range(3):
        world.run().post()
    assert world.targets["one"].platform.posts == order


def test_one_of_two_posts_with_one_short_id_may_be_forgotten(world: World) -> None:
    (world.data / "tweets.txt").write_text("")
    for text in ALIKE:
        world.lines(text)
        world.run().post()
    (world.data / "tweeted.json").write_text(json.dumps(log(world.data)[1:]))
    repair.accept(world.data)
    assert len(Intents(world.data).done_names()) == 1
    world.lines(ALIKE[1])
    assert world.run().post().chosen is None
    world.lines(ALIKE[0])
    assert world.run().post().chosen == ALIKE[0]


def test_sending_is_on_the_disk_before_the_request(world: World) -> None:
    def look(text: str) -> None:
        [intent] = Intents(world.data).open()
        assert intent.deliveries["one"].state == "sending"
        assert text not in queue(world.data)

    world.targets["one"].before_send = look
    assert world.run().post().posted


def test_dropped_lines_and_those_for_answers_are_never_drawn(world: World) -> None:
    decide(world.data, "drop", "first")
    decide(world.data, "answer", "second")
    for _ in range(3):
        world.run().post()
    assert world.targets["one"].platform.posts == ["third"]


def test_held_lines_wait_for_a_keep(world: World) -> None:
    (world.data / "denylist.txt").write_text("fog\n")
    held = [
        "hello @someone out there",
        "attention @everyone",
        "a bell \x07",
        "<!DOCTYPE html><title>502</title>",
    ]
    world.lines(*held, "the fog again", "\u200b \ufeff")
    assert world.run().post().chosen is None
    decide(world.data, "keep", "the fog again")
    assert world.run().post().chosen == "the fog again"
    assert len(queue(world.data)) == 5


def test_a_line_too_long_for_all_is_not_claimed_and_for_one_is_rejected_there(tmp_path: Path) -> None:
    short, long = FakeTarget(Platform(), "short", limit=5), FakeTarget(Platform(), "long", limit=9)
    world = World(tmp_path, short, long)
    world.lines("x" * 10)
    assert world.run().post().chosen is None
    assert queue(tmp_path) == ["x" * 10]
    world.lines("x" * 7)
    world.run().post()
    [entry] = log(tmp_path)
    states = {name: part["state"] for name, part in entry["targets"].items()}  # type: ignore[attr-defined]
    assert states == {"short": "rejected", "long": "posted"}
    assert short.requests == []


def test_a_no_to_the_text_is_logged_and_not_tried_again(world: World) -> None:
    world.lines("first")
    world.targets["one"].script.append("reject")
    world.run().post()
    world.run().post()
    assert world.targets["one"].requests == ["first"]
    assert log(world.data)[0]["targets"]["one"]["state"] == "rejected"  # type: ignore[index]


def test_three_rejected_in_a_row_stop_the_target(world: World) -> None:
    world.lines(*"abcdef")
    world.targets["one"].script.extend(["reject"] * 6)
    for _ in range(6):
        world.run().post()
    assert len(world.targets["one"].requests) == 3
    assert len(queue(world.data)) == 3


def test_a_no_to_the_account_loses_nothing_and_stops_the_target(world: World) -> None:
    world.targets["one"].script.append("account")
    world.run().post()
    world.clock.now += 86400
    world.run().post()
    assert len(world.targets["one"].requests) == 1
    assert len(queue(world.data)) == 2
    [intent] = Intents(world.data).open()
    assert intent.deliveries["one"].state == "pending"
    world.targets["one"].account = "another"  # a new token
    world.run().post()
    assert world.targets["one"].platform.posts == [intent.text]


def test_nothing_is_claimed_while_no_target_is_up(world: World) -> None:
    world.targets["one"].down = True
    assert world.run().post().failed == ("one",)
    assert len(queue(world.data)) == 3
    assert not (world.data / "tweeted.json").exists()


def test_a_passing_no_is_tried_again_later_and_takes_that_slot(world: World) -> None:
    world.targets["one"].script.append("later")
    text = world.run().post().chosen
    world.run().post()
    assert world.targets["one"].platform.posts == []  # not before its time
    world.clock.now += 3600
    world.run().post()
    assert world.targets["one"].platform.posts == [text]
    world.run().post()
    assert len(world.targets["one"].platform.posts) == 2


def test_one_dead_target_holds_up_nobody_and_then_catches_up_one_by_one(tmp_path: Path) -> None:
    alive, dead = FakeTarget(Platform(), "alive"), FakeTarget(Platform(), "dead")
    dead.down = True
    world = World(tmp_path, alive, dead)
    world.lines(*(f"line {number}" for number in range(40)))
    for _ in range(25):
        world.run().post()
        world.clock.now += 7200
    assert len(alive.platform.posts) == 25
    assert len(Intents(tmp_path).open()) == 20
    dead.down = False
    for count in range(1, 4):
        world.run().post()
        assert len(dead.platform.posts) == 2 * count  # an overdue one and the new one
    assert dead.platform.posts[0] == alive.platform.posts[0]
    for _ in range(17):
        world.run().post()
    assert not Intents(tmp_path).open()
    assert not set(alive.platform.posts[20:25]) & set(dead.platform.posts)
    assert not alive.platform.doubles()
    assert not dead.platform.doubles()


def test_a_lost_answer_is_unknown_and_never_sent_again(world: World) -> None:
    world.lines("first")
    world.targets["one"].script.append("lost")
    world.run().post()
    world.clock.now += 86400
    world.run().post()
    assert world.targets["one"].requests == ["first"]
    assert log(world.data)[0]["targets"]["one"]["state"] == "unknown"  # type: ignore[index]


@pytest.mark.parametrize("step", ["lost", "nothing"])
def test_a_lost_answer_is_settled_where_the_platform_can_tell(world: World, step: str) -> None:
    target = world.targets["one"]
    world.lines("first")
    target.sees = True
    target.script.append(step)
    world.run().post()
    world.clock.now += 3600
    world.run().settle()
    assert target.platform.posts == ["first"]
    assert log(world.data)[0]["targets"]["one"]["state"] == "posted"  # type: ignore[index]


@pytest.mark.parametrize("step", ["down", "later", "nothing"])
def test_a_clock_that_was_years_ahead_makes_nothing_wait_for_years(world: World, step: str) -> None:
    target = world.targets["one"]
    world.lines("first")
    target.sees, target.down = True, step == "down"
    target.script.extend({"down": [], "later": [step], "nothing": [step] * 2}[step])
    world.clock.now += 1e8
    world.run().post()
    assert target.platform.posts == []
    world.clock.now -= 1e8
    target.down = False
    world.run().post()
    assert target.platform.posts == ["first"]


def test_a_wait_is_never_longer_than_a_day(world: World) -> None:
    target = world.targets["one"]
    world.lines("first")
    target.script.append("later")
    target.until = world.clock.now + 1e8
    world.run().post()
    world.clock.now += 86_000
    world.run().post()
    assert target.platform.posts == []
    world.clock.now += 401
    world.run().post()
    assert target.platform.posts == ["first"]


def test_a_lost_request_is_repeated_at_once_where_that_is_safe_and_only_once(world: World) -> None:
    target = world.targets["one"]
    world.lines("first", "second")
    target.sees = True
    target.script.append("nothing")
    outcome = world.run().post()
    assert (outcome.failed, outcome.look_at) == ((), None)
    assert len(target.requests) == 2
    assert target.platform.posts == target.requests[:1]
    target.script.extend(["nothing"] * 2)
    assert world.run().post().look_at
    assert len(target.requests) == 4
    world.clock.now += 3600
    world.run().settle()
    assert sorted(target.platform.posts) == ["first", "second"]


def test_three_of_which_nobody_knows_in_a_row_stop_the_target(world: World) -> None:
    world.lines(*"abcdef")
    target = world.targets["one"]
    target.script.extend(["lost", "nothing", "ok", "lost", "nothing", "lost", "lost"])
    for _ in range(8):
        world.run().post()
    assert len(target.requests) == 6
    assert any("stopped: 3 posts in a row were not confirmed" in words for _, words in world.said)


def test_another_account_makes_a_lost_answer_unknown(world: World) -> None:
    target = world.targets["one"]
    world.lines("first")
    target.sees = True
    target.script.extend(["nothing", "nothing"])  # lost, repeated at once, and lost again
    world.run().post()
    target.account = "another"
    world.clock.now += 3600
    world.run().settle()
    assert target.platform.posts == []
    assert log(world.data)[0]["targets"]["one"]["state"] == "unknown"  # type: ignore[index]


def unknown(world: World) -> str:
    world.lines("first")
    world.targets["one"].script.append("nothing")
    world.run().post()
    return str(log(world.data)[0]["id"])


def test_resolve_posted(world: World) -> None:
    post = unknown(world)
    resolve(world.data, post, None, "posted", "https://fake.example/9", world.clock)
    part = log(world.data)[0]["targets"]["one"]  # type: ignore[index]
    assert (part["state"], part["url"]) == ("posted", "https://fake.example/9")
    assert len(log(world.data)) == 1


def test_resolve_not_posted_sends_it_once_more(world: World) -> None:
    post = unknown(world)
    resolve(world.data, post, "one", "not-posted", None, world.clock)
    world.run().post()
    world.run().post()
    assert world.targets["one"].platform.posts == ["first"]
    [entry] = log(world.data)
    assert entry["targets"]["one"]["state"] == "posted"  # type: ignore[index]


def test_resolve_gives_up_a_waiting_part(world: World) -> None:
    world.targets["one"].script.append("account")
    world.run().post()
    [intent] = Intents(world.data).open()
    resolve(world.data, intent.id, None, "give-up", None, world.clock)
    world.run().settle()
    assert log(world.data)[0]["targets"]["one"]["error"] == "given up by hand"  # type: ignore[index]
    with pytest.raises(SettingsError, match="nothing about it is in question"):
        resolve(world.data, intent.id, None, "give-up", None, world.clock)


def test_resolve_needs_a_post_that_exists(world: World) -> None:
    with pytest.raises(SettingsError, match="no post 12345678"):
        resolve(world.data, "12345678", None, "posted", None, world.clock)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1, column 1"),
        (b'[{"text": "a", "timestamp": 1},]', "byte"),
        (b'[{"text": "a", "timestamp": 1}', "byte 30"),
        (b'{"text": "a"}', "not a JSON array"),
        (b'[{"text": 5, "timestamp": 1}]', "entry 1"),
        (b"[\xff]", "byte 1"),
    ],
)
def test_a_damaged_log_stops_everything(world: World, content: bytes, message: str) -> None:
    (world.data / "tweeted.json").write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        world.run().post()
    assert "botus log repair" in caught.value.hint
    assert world.targets["one"].requests == []
    assert (world.data / "tweeted.json").read_bytes() == content
    assert len(queue(world.data)) == 3


def test_repair_saves_every_whole_entry_and_keeps_the_damaged_file(world: World) -> None:
    world.run().post()
    world.run().post()
    path = world.data / "tweeted.json"
    whole = log(world.data)
    damaged = path.read_bytes()[:-30]
    path.write_bytes(damaged)
    repair.repair(world.data, world.clock)
    assert log(world.data) == whole[:1]
    [kept] = world.data.glob("tweeted.json.damaged-*")
    assert kept.read_bytes() == damaged
    world.run().post()
    assert [entry["text"] for entry in log(world.data)][:2] == [entry["text"] for entry in whole]
    assert not world.targets["one"].platform.doubles()


@pytest.mark.parametrize("missing", [True, False])
def test_a_log_that_went_missing_or_shrank_stops_until_it_is_accepted(world: World, missing: bool) -> None:
    (world.data / "tweeted.json").write_text('[{"text": "a", "timestamp": 1}, {"text": "b", "timestamp": 2}]')
    world.run().post()
    if missing:
        (world.data / "tweeted.json").unlink()
    else:
        (world.data / "tweeted.json").write_text(json.dumps(log(world.data)[2:]))
    with pytest.raises(FileError, match=r"missing, but 3|has 1 entry, but 3") as caught:
        world.run().post()
    assert "botus log accept" in caught.value.hint
    assert len(world.targets["one"].requests) == 1
    repair.accept(world.data)
    world.run().post()
    assert len(world.targets["one"].platform.posts) == 2


def test_what_done_has_comes_back_into_the_log(world: World) -> None:
    world.run().post()
    first = log(world.data)
    world.run().post()
    (world.data / "tweeted.json").write_text(json.dumps(first))  # another poster wrote over ours
    world.run().post()
    assert sorted(entry["text"] for entry in log(world.data)) == ["first", "second", "third"]  # type: ignore[type-var]


@pytest.mark.proof
def test_old_proofs_go_once_the_log_has_them(world: World) -> None:
    world.lines(*(f"line {number}" for number in range(60)))
    for _ in range(60):
        world.run().post()
    world.clock.now += 31 * 86400
    for _ in range(3):
        world.run().settle()
    assert len(Intents(world.data).done_names()) == 10
    assert len(log(world.data)) == 60


def test_a_linked_log_is_refused_before_the_claim(world: World) -> None:
    (world.data / "real.json").write_text("[]")
    (world.data / "tweeted.json").symlink_to("real.json")
    with pytest.raises(FileError, match="symbolic link"):
        world.run().post()
    assert world.targets["one"].requests == []
    assert len(queue(world.data)) == 3


def test_a_linked_queue_is_only_a_warning(world: World) -> None:
    os.rename(world.data / "tweets.txt", world.data / "real.txt")
    (world.data / "tweets.txt").symlink_to("real.txt")
    for _ in range(4):
        world.run().post()
    assert sorted(world.targets["one"].platform.posts) == ["first", "second", "third"]
    assert any("symbolic link" in message for _, message in world.said)


def test_two_posting_runs_do_not_meet(world: World) -> None:
    with files.lock(world.data, "post"), pytest.raises(BusyError):
        world.run().post()


@pytest.mark.parametrize(
    ("post_only", "expected"),
    [("any", {"first", "second", "third"}), ("reviewed", {"first", "third"}), ("kept", {"third"})],
)
def test_post_only(world: World, post_only: str, expected: set[str]) -> None:
    record = {"text": "second", "fingerprint": fingerprint("second"), "flags": [], "time": 0}
    files.make_folder(world.data / ".botus")
    (world.data / ".botus" / "candidates.jsonl").write_text(json.dumps(record) + "\n")
    decide(world.data, "keep", "third")
    world.settings = Settings(world.data, post_only=post_only)  # type: ignore[arg-type]
    for _ in range(4):
        world.run().post()
    assert set(world.targets["one"].platform.posts) == expected


def test_flagged_lines_always_need_a_keep(world: World) -> None:
    record = {"text": "second", "fingerprint": fingerprint("second"), "flags": ["wordfilter: x"], "time": 0}
    files.make_folder(world.data / ".botus")
    (world.data / ".botus" / "candidates.jsonl").write_text(json.dumps(record) + "\n")
    for _ in range(4):
        world.run().post()
    assert set(world.targets["one"].platform.posts) == {"first", "third"}


def test_a_line_that_another_run_has_just_finished_is_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs whose locks do not exclude chose the same of two equal lines."""
    world.lines("same", "same")
    slow, quick = world.run(), world.run()
    choose, done = slow.choose, []

    def choose_slowly(selection: Selection, name: str = "") -> Line | None:
        line = choose(selection, name)
        if not done:
            done.append(quick.post())
        return line

    slow.choose = choose_slowly  # type: ignore[method-assign]
    monkeypatch.setattr(files, "lock", no_lock)
    slow.post()
    assert world.targets["one"].platform.posts == ["same"]
    assert not Intents(world.data).open()


@pytest.mark.parametrize(
    "content", ['{"log_count": "x"}', "[]", "{", '{"targets": {"a": {"until": "soon"}}}']
)
def test_a_damaged_memory_stops_with_a_sentence(world: World, content: str) -> None:
    files.make_folder(world.data / ".botus")
    (world.data / ".botus" / "state.json").write_text(content)
    with pytest.raises(FileError, match=r"state\.json is damaged"):
        world.run().post()
    assert world.targets["one"].requests == []


@pytest.mark.parametrize("excludes", [True, False])
def test_a_container_that_died_as_it_took_a_post_over_leaves_it_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, excludes: bool
) -> None:
    """From within another container nobody can see whether it is alive: the lock tells, else its age."""
    monkeypatch.setattr(mounts, "lock_excludes", lambda data, name: excludes)
    world.lines("first")
    target = world.targets["one"]
    target.script.append("later")
    world.run().post()
    [intent] = world.run().intents.open()
    dead = f"other-machine:1:1 {world.clock.now + 3600}".encode()
    assert files.claim(
        world.data / ".botus" / "intents" / f"{intent.fingerprint}.{intent.generation + 1}", dead
    )
    world.clock.now += 3601
    world.run().post()
    assert target.platform.posts == (["first"] if excludes else [])
    world.clock.now += 3600
    world.run().post()
    assert target.platform.posts == ["first"]
    assert not list((world.data / ".botus" / "intents").iterdir())


def test_a_run_removes_what_a_crash_left(world: World) -> None:
    state = world.data / ".botus"
    mark = fingerprint("gone")
    left = [world.data / ".tweeted.json.botus-tmp-1-a", state / "intents" / f"{mark}.2"]
    left += [state / folder / ".x.botus-tmp-1-a" for folder in ("", "slots", "intents", "done")]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    world.run().post()
    assert not [path for path in left if path.exists()]


def test_a_line_that_is_too_long_everywhere_is_set_aside_until_it_is_shorter(world: World) -> None:
    world.lines("first")
    world.targets["one"].script.append("long")
    world.run().post()
    assert (world.data / "tweets.txt").read_text() == "first\n"
    assert not (world.data / "tweeted.json").exists()
    world.run().post()
    assert world.targets["one"].requests == ["first"]  # not drawn again, with its reason
    world.lines("first", "firs")
    world.run().post()
    assert world.targets["one"].platform.posts == ["firs"]


def test_a_long_outage_leaves_no_file_for_each_look(tmp_path: Path) -> None:
    target = FakeTarget(Platform(), "one", ["later", *["later"] * 30])
    world = World(tmp_path, target)
    world.lines("The ferry waits for the fog.")
    for _ in range(12):
        world.run().post()
        world.clock.now += 86400
    assert len(target.requests) > 5
    intents = tmp_path / ".botus" / "intents"
    assert sum("." in path.name for path in intents.iterdir()) <= 1


def test_no_line_is_drawn_from_within_a_marked_post(world: World) -> None:
    """As in samples of a training that somebody called tweets.txt."""
    inside = ["the gulls begin", "the kettle ends", "", "and again"]
    before = [f"line {number} of a person" for number in range(40)]
    world.lines(
        *before,
        "======== SAMPLE 1 ========",
        "the rest of something<|endoftext|>",
        "<|startoftext|>one line<|endoftext|>",
        "<|startoftext|>first",
        *inside,
        "last<|endoftext|>",
        "between two posts",
        "<|startoftext|>never ended",
        *[f"line {number} of another person" for number in range(40)],
    )
    allowed = set(
        filter(
            None, (line.text for line in Queue(world.data).lines() if world.run().selection().allows(line))
        )
    )
    assert not allowed & set(inside)
    assert set(before) < allowed
    assert "between two posts" in allowed
    assert len(allowed) == 81
    decide(world.data, "keep", "the gulls begin")
    assert any(
        world.run().selection().allows(line) for line in Queue(world.data).lines() if line.text == inside[0]
    )
