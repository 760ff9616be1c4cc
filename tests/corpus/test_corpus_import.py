"""`botus corpus import` and `remove`, as a person types them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from threading import Thread

import pexpect
import pytest

from botus.cli.display import corpus_import
from botus.corpus import importing
from botus.corpus.filtering import FilterOptions
from botus.corpus.parsing.post import Options
from botus.errors import FileError, SettingsError
from botus.store.corpus import BY_HAND, Corpus
from botus.store.durable import files
from tests.support.command import COMMAND, Ended, botus, environment, picture

POSTS = [
    "The gull has opinions about the weather, and about me.",
    "The gull has opinions about the weather and about me!",
    "Thirty-one letters came; all were for the lamp.",
    "Thirty-one letters came; all were for the lamp.",
    "Fog (@everywhere) &amp; nobody to blame: https://example.com/fog",
    ".@bob @eve",
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "posts.txt"
    path.write_text("\n".join(POSTS))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def corpus(data: Path, command: str, *arguments: str | Path) -> Ended:
    return botus("--data", data, "corpus", command, *arguments)


def test_a_first_import_makes_the_folder_and_ends_with_a_table(data: Path, export: Path) -> None:
    done = corpus(data, "import", export)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"        6  read from {export} (plain text)",
        f"        3  kept; {data}/corpus.txt has 3 posts now",
        "        3  dropped:",
        "        1    duplicate",
        "        1    near duplicate",
        "        1    nothing left",
        "Of the kept posts: mentions taken out of 1, links taken out of 1, entities fixed in 1.",
    ]
    assert (data / "corpus.txt").read_text().splitlines() == [POSTS[0], POSTS[2], "Fog & nobody to blame:"]
    assert Corpus(data).counts() == {"posts.txt": 3}


def test_the_same_again_adds_nothing(data: Path, export: Path) -> None:
    corpus(data, "import", export)
    before = picture(data)
    again = corpus(data, "import", export, "--json").value
    assert (again["kept"], again["total"]) == (0, 3)
    assert again["dropped"] == {
        "in the corpus already": 4,
        "nearly in the corpus already": 1,
        "nothing left": 1,
    }
    assert picture(data) == before


def test_samples_of_reasons(data: Path, export: Path) -> None:
    done = corpus(data, "import", export, "--explain", "near", "--explain", "nothing", "--explain", "reply")
    assert done.out.splitlines()[:5] == [
        "near duplicate, 1:",
        f"    {POSTS[1]}",
        f"      like: {POSTS[0]}",
        "nothing left, 1:",
        "    .@bob @eve",
    ]
    assert "nothing was left out for the reason 'reply'" in done.err
    everything = corpus(data, "import", export, "--explain", "all", "--dry-run", "--as", "b", "--json").value
    assert everything["samples"].keys() == {
        "in the corpus already",
        "nearly in the corpus already",
        "nothing left",
    }


def test_a_dry_run_changes_nothing_not_even_the_folder(data: Path, export: Path) -> None:
    done = corpus(data, "import", export, "--dry-run")
    assert "        3  would be kept (dry run: nothing was changed)" in done.out
    assert not data.exists()


def test_several_sources_add_up_and_one_can_be_taken_out(data: Path, export: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.txt"
    other.write_text(f"{POSTS[2]}\nA third gull, which nobody had ordered.\n")
    done = corpus(data, "import", export, other, "--json").value
    assert [(one["source"], one["read"]) for one in done["exports"]] == [("posts.txt", 6), ("more.txt", 2)]
    assert (done["read"], done["kept"], sum(done["dropped"].values())) == (8, 4, 4)
    assert Corpus(data).counts() == {"posts.txt": 3, "more.txt": 2}
    with (data / "corpus.txt").open("a") as file:
        file.write("By hand.\n")
    gone = corpus(data, "remove", "posts.txt")
    assert gone.out.splitlines() == [
        f"2 taken out of {data}/corpus.txt, which has 3 posts now",
        "1 post stays with another source",
    ]
    assert (data / "corpus.txt").read_text().splitlines() == [
        POSTS[2],
        "A third gull, which nobody had ordered.",
        "By hand.",
    ]
    unknown = corpus(data, "remove", "posts.txt")
    assert (unknown.code, unknown.err.splitlines()[-1]) == (2, "there are: more.txt")


def test_what_was_written_by_hand_stays_when_an_import_has_it_too(data: Path, export: Path) -> None:
    data.mkdir()
    (data / "corpus.txt").write_text(POSTS[0])
    corpus(data, "import", export, "--as", "old tweets")
    assert Corpus(data).counts() == {BY_HAND: 1, "old tweets": 3}
    corpus(data, "remove", "old tweets")
    assert (data / "corpus.txt").read_text() == POSTS[0] + "\n"


def test_nothing_is_written_if_one_of_several_cannot_be_read(
    data: Path, export: Path, tmp_path: Path
) -> None:
    done = corpus(data, "import", export, tmp_path / "missing.zip")
    assert done.code == 3
    assert "missing.zip" in done.err
    assert not data.exists()


def test_an_export_without_posts_is_no_error(data: Path, tmp_path: Path) -> None:
    empty = tmp_path / "outbox.json"
    empty.write_text(json.dumps({"type": "OrderedCollection", "orderedItems": []}))
    done = corpus(data, "import", empty)
    assert (done.code, done.out.splitlines()[0]) == (0, f"        0  read from {empty} (Mastodon outbox)")
    assert f"there are no posts in {empty}" in done.err
    assert not data.exists()
    nothing = tmp_path / "nothing.txt"
    nothing.write_text(".@bob\n.@eve\n")
    none = corpus(data / "new", "import", nothing, "--json")
    assert (none.code, none.value["kept"], none.value["dropped"]) == (0, 0, {"nothing left": 2})
    assert not (data / "new").exists()


@pytest.mark.parametrize("name", ["", " ", "by hand", "kept"])
def test_names_that_botus_uses_itself_are_refused(name: str, data: Path, export: Path) -> None:
    done = corpus(data, "import", export, "--as", name)
    assert done.code == 2
    assert "--as archive-2024" in done.err


@pytest.mark.parametrize("time", ["x", "-1m", "15 m", "1w"])
def test_a_time_that_is_none(time: str, data: Path, export: Path) -> None:
    done = corpus(data, "import", export, "--merge-within", time)
    assert done.code == 2
    assert "is not a time like 90s, 15m, 6h or 3d" in done.err


def test_likes_that_nobody_counted_are_said_once(data: Path, export: Path) -> None:
    done = corpus(data, "import", export, "--min-likes", "3")
    assert done.err == "warning: 6 posts do not say how often they were liked: --min-likes lets them in\n"
    assert Corpus(data).counts() == {"posts.txt": 3}


def test_an_import_waits_until_another_one_has_written(data: Path, export: Path) -> None:
    def one() -> None:
        reports.append(importing.import_exports(data, [export], FilterOptions(), Options()))

    reports: list[importing.ImportReport] = []
    with Corpus(data).working():
        thread = Thread(target=one)
        thread.start()
        Corpus(data).add([importing.Post(POSTS[0], "first")])
    thread.join()
    assert (reports[0].counts.kept, reports[0].total) == (2, 3)


def test_a_full_disk_leaves_the_old_corpus(data: Path, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    (data / "corpus.txt").write_text("old\n")

    class Full(files.Disk):
        def write(self, descriptor: int, data: bytes) -> None:
            super().write(descriptor, data[: len(data) // 2])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "disk", Full())
    with pytest.raises(FileError, match="No space left"):
        importing.import_exports(data, [export], FilterOptions(), Options())
    monkeypatch.undo()
    assert (data / "corpus.txt").read_text() == "old\n"
    assert importing.import_exports(data, [export], FilterOptions(), Options()).total == 4
    assert Corpus(data).counts() == {BY_HAND: 1, "posts.txt": 3}


def test_progress_is_told_for_every_export(data: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.txt"
    many.write_text("".join(f"post number {number}\n" for number in range(600)))
    told: list[str] = []
    importing.import_exports(data, [many], FilterOptions(), Options(), dry_run=True, on_progress=told.append)
    assert told == [*(f"{count} posts of many.txt read" for count in (256, 512, 600)), "comparing 600 posts"]


def test_the_name_of_a_folder_is_that_of_the_folder_itself(tmp_path: Path) -> None:
    assert importing.source_name(tmp_path / "package" / ".", None) == "package"
    with pytest.raises(SettingsError):
        importing.source_name(Path("/"), None)


def test_every_way_out_in_the_table_is_an_option() -> None:
    text = botus("corpus", "import", "--help").out
    for way in corpus_import._WAYS_OUT.values():
        assert re.match(r"--[\w-]+", way)[0] in text  # type: ignore[index]


def test_a_person_at_a_terminal_sees_a_table_that_fits(data: Path, export: Path) -> None:
    export.write_text(
        "".join(
            f"post number {number}: {' '.join(str(number * 7919) * 3)} and so on\n" for number in range(3000)
        )
    )
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "--data", "data", "corpus", "import", export.name, "--explain", "kept"],
        cwd=export.parent,
        env=environment(TERM="xterm"),  # type: ignore[arg-type]
        encoding="utf-8",
        dimensions=(24, 80),
    )
    child.expect(pexpect.EOF, timeout=30)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before or "")
    assert "comparing 3,000 posts" in shown
    assert "    3,000  read from posts.txt (plain text)\r\n" in shown
    assert "next: botus finetune; botus corpus stats says whether that is enough for it\r\n" in shown
    assert all(len(line) <= 80 for line in re.split(r"[\r\n]+", shown))


def test_a_file_name_that_is_no_text_is_remembered_as_text() -> None:
    odd = os.fsdecode(b"\xffposts.txt")
    assert importing.source_name(Path(odd), None) == "\N{REPLACEMENT CHARACTER}posts.txt"
    assert importing.source_name(Path("posts.txt"), f" {odd} ") == "\N{REPLACEMENT CHARACTER}posts.txt"
