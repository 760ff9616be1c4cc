"""botus corpus forget: no word of the corpus stays, copies are refused all the same, no crash loses both."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pexpect
import pytest

from botus import demo
from botus.corpus import forgetting
from botus.errors import BusyError, FileError
from botus.review.surroundings import Surroundings
from botus.screening.likeness.copies import words
from botus.screening.likeness.hashes import Hashtags, hashes_of
from botus.store import forgotten
from botus.store.candidates import Candidates
from botus.store.corpus import Corpus, Post
from botus.store.durable import files, jsonl
from botus.text import fingerprint
from tests.proofs import crash
from tests.support.command import COMMAND, botus, environment, picture, start

POSTS = [
    "The tide moved a sandbank six inches to the east, to the embarrassment of the chart office.",
    "Nobody told the gulls that the pier is closed on Sundays and so they came. #Gulls",
    "Fog again.",
    "🎉🎉🎉",
]
COPIES = ["the tide moved a sandbank six inches to the east", "FOG again", "🎉🎉🎉", POSTS[1]]
NEW = "Somebody painted the whole lamp green while I was asleep"


def same_salt(size: int) -> bytes:
    """So that the bits which seem to be set by chance are the same each time."""
    return b"s" * size


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return world(tmp_path / "data")


def world(data: Path) -> Path:
    """A corpus with its sources, a bot's own line, and a record that quotes the corpus."""
    data.mkdir()
    Corpus(data).add(Post(text, "tweets.zip") for text in POSTS)
    (data / "tweets.txt").write_text("The bot's own line\n")
    for number, (text, nearest) in enumerate(
        [("own", None), ("mine", {"number": 1, "text": POSTS[0], "run": 6})]
    ):
        record = {
            "text": text,
            "fingerprint": fingerprint(text),
            "number": number,
            "nearest": nearest,
            "flags": [],
        }
        files.append(data / ".botus" / "candidates.jsonl", jsonl.line(record))
    return data


def refused(data: Path, text: str) -> bool:
    return any(one.copied(text, words(text)) is not None for one in hashes_of(forgotten.read(data)))


def traces(data: Path) -> list[str]:
    """The files in which any four words of a post stand, whatever their form."""
    runs = [b" ".join(post.encode().split()[at : at + 4]) for post in POSTS[:2] for at in range(5)]
    found = {name: content for name, content in picture(data).items() if content}
    return [
        name
        for name, content in found.items()
        if any(run in content for run in runs) or b"tweets.zip" in content
    ]


def test_no_word_stays_and_every_copy_is_refused(data: Path) -> None:
    assert traces(data) == [".botus/candidates.jsonl", ".botus/corpus.jsonl", "corpus.txt"]
    done = forgetting.forget(data, same_salt)
    assert (done.posts, done.quotes) == (4, 1)
    assert traces(data) == []
    assert not (data / "corpus.txt").exists()
    assert [refused(data, text) for text in (*COPIES, NEW)] == [True] * 4 + [False]


def test_the_bots_own_words_stay(data: Path) -> None:
    before = (data / ".botus" / "candidates.jsonl").read_bytes().split(b"\n")
    forgetting.forget(data, same_salt)
    assert (data / "tweets.txt").read_text() == "The bot's own line\n"
    after = (data / ".botus" / "candidates.jsonl").read_bytes().split(b"\n")
    assert after[0] == before[0]
    assert Candidates(data).records()[1]["nearest"] == {"number": 0, "text": "", "run": 6}
    assert Candidates(data).records()[1]["text"] == "mine"


def test_the_torn_rest_of_a_crash_goes_too(data: Path) -> None:
    with (data / ".botus" / "candidates.jsonl").open("ab") as file:
        file.write(b'{"text": "x", "nearest": {"text": "' + POSTS[1].encode())
    (data / ".corpus.txt.botus-tmp-1-abcd").write_text(POSTS[0])
    (data / ".tweets.txt.botus-tmp-1-abcd").write_text("somebody is writing this")
    forgetting.forget(data, same_salt)
    assert traces(data) == []
    assert (data / ".tweets.txt.botus-tmp-1-abcd").exists()


def test_a_line_that_is_not_utf8_is_forgotten_as_far_as_it_can_be_read(data: Path) -> None:
    with (data / "corpus.txt").open("ab") as file:
        file.write(b"a bell rang twice for the l\xe4st of the boats\n")
    forgetting.forget(data, same_salt)
    assert refused(data, "a bell rang twice for the")


def test_a_data_folder_that_only_took_lines_over_loses_its_quotes(data: Path) -> None:
    (data / "corpus.txt").unlink()
    (data / ".botus" / "corpus.jsonl").unlink()
    assert forgetting.forget(data, same_salt) == forgetting.Done(0, 0, 1)
    assert traces(data) == []
    assert forgetting.plan(data) is None


def test_a_second_corpus_is_forgotten_beside_the_first(data: Path) -> None:
    forgetting.forget(data, same_salt)
    Corpus(data).add([Post("A second corpus has other words than the first one had", "more.zip")])
    forgetting.forget(data, same_salt)
    assert [one.posts for one in forgotten.read(data)] == [4, 1]
    assert all(refused(data, text) for text in (*COPIES, "second corpus has other words"))


def test_the_same_corpus_is_never_counted_twice(data: Path) -> None:
    text = (data / "corpus.txt").read_bytes()
    forgetting.forget(data, same_salt)
    (data / "corpus.txt").write_bytes(text)
    assert forgetting.forget(data, same_salt).posts == 0
    assert [one.posts for one in forgotten.read(data)] == [4]
    assert not (data / "corpus.txt").exists()


def test_nothing_goes_while_somebody_works_with_it(data: Path) -> None:
    before = picture(data)
    for lock in ("finetune", "generate", "corpus"):
        with files.lock(data, lock), pytest.raises(BusyError):
            forgetting.forget(data, wait=0.1)
    assert {name: content for name, content in picture(data).items() if "lock" not in name} == {
        name: content for name, content in before.items() if "lock" not in name
    }


def test_a_link_is_refused_because_its_text_would_stay(data: Path) -> None:
    (data / "corpus.txt").rename(data.parent / "elsewhere.txt")
    (data / "corpus.txt").symlink_to(data.parent / "elsewhere.txt")
    for act in (lambda: forgetting.plan(data), lambda: forgetting.forget(data, same_salt)):
        with pytest.raises(FileError, match="link"):
            act()
    assert not (data / ".botus" / "copies.bin").exists()


def test_a_corpus_that_changes_meanwhile_is_read_again(data: Path) -> None:
    late = "This line came while the hashes of the others were being made"

    def slow(size: int) -> bytes:
        if late not in Corpus(data).path.read_text():
            Corpus(data).path.write_text("\n".join([*POSTS, late]))
        return b"s" * size

    assert forgetting.forget(data, slow).posts == 5
    assert refused(data, late)


def test_every_crash_leaves_the_text_or_its_hashes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = crash.Recorder(data)
    monkeypatch.setattr(files, "disk", recorder)
    forgetting.forget(data, same_salt)
    monkeypatch.undo()
    # With the temporary files: they hold the text too.
    seen = {tuple(sorted(image.items())): image for image, _ in crash.states(recorder)}
    assert len(seen) > 10
    for number, image in enumerate(seen.values()):
        left = tmp_path / str(number)
        crash.restore(image, left)
        assert Corpus(left).texts() == POSTS or all(refused(left, text) for text in COPIES)
        forgetting.forget(left, same_salt)
        assert traces(left) == []
        assert [one.posts for one in forgotten.read(left)] == [4]
        shutil.rmtree(left)


@pytest.mark.proof
def test_a_killed_command_leaves_the_text_or_its_hashes(tmp_path: Path) -> None:
    rng, text = random.Random(3), b"\n".join(demo.corpus().read_bytes().split(b"\n")[:1500])
    post = text.split(b"\n")[700].decode()
    folders = [tmp_path / str(number) for number in range(6)]
    running = []
    for data in folders:
        data.mkdir()
        (data / "corpus.txt").write_bytes(text)
        running.append(start("corpus", "forget", "--yes", "--data", data))
    for data, process in zip(folders, running, strict=True):
        time.sleep(rng.uniform(0.0, 0.4))
        process.kill()
        process.communicate()
        path = data / "corpus.txt"
        assert (path.exists() and path.read_bytes() == text) or refused(data, post)
    assert botus("corpus", "forget", "--yes", "--data", data).code == 0
    assert refused(data, post)
    assert not path.exists()


@pytest.mark.parametrize("place", [0, 13, 14, 30, 100, -40, -1])
def test_a_damaged_byte_stops_everybody(data: Path, place: int) -> None:
    forgetting.forget(data, same_salt)
    path = forgotten.path_in(data)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"copies\.bin"):
        forgotten.read(data)


@pytest.mark.parametrize("size", [0, 1, 15, 40, -1])
def test_a_cut_off_file_is_not_an_empty_one(data: Path, size: int) -> None:
    forgetting.forget(data, same_salt)
    path = forgotten.path_in(data)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FileError, match=r"copies\.bin"):
        forgotten.read(data)
    assert botus("generate", "-n", "1", "--dry-run", "--data", data).code == 3


def test_a_damaged_file_is_not_added_to(data: Path) -> None:
    (data / ".botus" / "copies.bin").write_bytes(b"botus copies 1\n")
    with pytest.raises(FileError):
        forgetting.forget(data, same_salt)
    assert Corpus(data).texts() == POSTS


def test_a_later_version_is_not_read_as_this_one(data: Path) -> None:
    (data / ".botus" / "copies.bin").write_bytes(b"botus copies 2\nanything")
    with pytest.raises(FileError, match="later botus"):
        forgotten.read(data)


def test_hashtags_of_a_forgotten_corpus_are_still_allowed(data: Path) -> None:
    forgetting.forget(data, same_salt)
    tags = Hashtags(frozenset({"fog"}), hashes_of(forgotten.read(data)))
    assert [tag in tags for tag in ("gulls", "fog", "boats")] == [True, True, False]


def test_curate_can_compare_and_name_no_post(data: Path) -> None:
    post = "the tide moved a sandbank six yards"
    assert "post 1 of the corpus" in Surroundings(data).compare(post)
    forgetting.forget(data, same_salt)
    said = "6 words in a row as in a post of the corpus that was forgotten"
    assert Surroundings(data).compare(post) == said
    assert Surroundings(data).compare(NEW) == "nothing in the corpus shares five words in a row with it"
    forgotten.path_in(data).unlink()
    assert Surroundings(data).compare(post).startswith("there is no corpus.txt here to compare with")


def test_without_a_yes_nothing_goes(data: Path) -> None:
    (data / "checkpoint" / "run1" / "resume").mkdir(parents=True)
    (data / "corpus.txt~").write_text("an editor's copy")
    before = picture(data)
    ended = botus("corpus", "forget", "--data", data)
    assert (ended.code, "--yes" in ended.err) == (6, True)
    for named in ("tweets.zip", "corpus.txt~", "run1/resume"):
        assert named in ended.err
    assert picture(data) == before


@pytest.mark.parametrize(("answer", "goes"), [("n", False), ("", False), ("y", True)])
def test_on_a_terminal_it_asks(data: Path, answer: str, goes: bool) -> None:
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "corpus", "forget", "--data", str(data)],
        env=environment(TERM="dumb"),
        timeout=30,
    )
    child.expect(r"Forget it\? \[y/N\]")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.wait()  # closing at once would kill what is about to end
    child.close()
    assert child.exitstatus == 0
    assert (data / "corpus.txt").exists() != goes


@pytest.mark.proof
def test_generate_goes_on_refusing_what_it_can_no_longer_name(tmp_path: Path) -> None:
    shutil.copytree(demo.folder(), tmp_path / "checkpoint" / "run1")
    lines = demo.corpus().read_bytes().split(b"\n")[:3000]
    (tmp_path / "corpus.txt").write_bytes(b"\n".join(lines))
    command = (
        "generate",
        "-n",
        "150",
        "--seed",
        "3",
        "--threads",
        "1",
        "--dry-run",
        "--json",
        "--data",
        tmp_path,
    )
    with_text = botus(*command).value
    assert botus("corpus", "forget", "--yes", "--data", tmp_path).code == 0
    without = botus(*command).value
    copies, still = (each["refused"]["copy of the corpus"] for each in (with_text, without))
    assert copies > 5
    assert still >= copies - (with_text["seen"] - without["seen"])  # the last texts are not drawn any more
    assert set(without["lines"]) & set(with_text["lines"])
    assert without["examples"]["copy of the corpus"][1].endswith("a forgotten post")
    assert without["compared"] == with_text["compared"] == 3000
    assert botus("corpus", "forget", "--json", "--data", tmp_path).value["posts"] == 0
