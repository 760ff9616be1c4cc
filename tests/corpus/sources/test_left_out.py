"""Links, pipes, sockets and devices in an export: never opened, and said."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from botus.corpus.sources.detection import read
from botus.errors import FileError

TWEETS = 'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "The kettle sings."}}]'


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere.txt").write_text("A letter that is nobody's business.\n")
    folder = tmp_path / "export"
    folder.mkdir()
    return folder


def test_what_is_no_file_in_a_folder_is_left_out(export: Path) -> None:
    (export / "posts.txt").write_text("The kettle sings.\n")
    (export / "inner").mkdir()
    (export / "inner" / "letter.txt").symlink_to(export.parent / "elsewhere.txt")
    (export / "loop.txt").symlink_to("loop.txt")
    (export / "around").symlink_to(export)
    os.mkfifo(export / "more.txt")
    here = os.open(export, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"/proc/self/fd/{here}/talk.txt")
    os.close(here)
    reading = read(export)
    for _ in range(2):
        assert [post.text for post in reading] == ["The kettle sings."]
        assert reading.notes == [f"3 links and 1 pipe and 1 socket in {export} were left out"]


def test_a_folder_of_links_alone_says_so(export: Path) -> None:
    (export / "letter.txt").symlink_to(export.parent / "elsewhere.txt")
    with pytest.raises(FileError, match=f"{export} is empty; 1 link in {export} was left out"):
        read(export)


def test_a_link_that_a_person_names_is_followed(export: Path) -> None:
    (export / "posts.txt").write_text("The kettle sings.\n")
    (export.parent / "there").symlink_to(export)
    (export.parent / "one.txt").symlink_to(export / "posts.txt")
    for named in ("there", "one.txt"):
        reading = read(export.parent / named)
        assert [post.text for post in reading] == ["The kettle sings."]
        assert reading.notes == []


def test_a_neighbour_that_is_no_file_is_left_out(export: Path) -> None:
    (export / "tweets.js").write_text(TWEETS)
    os.mkfifo(export / "note-tweet.js")
    (export / "account.js").symlink_to(export.parent / "elsewhere.txt")
    reading = read(export / "tweets.js")
    assert [post.text for post in reading] == ["The kettle sings."]
    assert f"1 link and 1 pipe beside {export / 'tweets.js'} were left out" in reading.notes


def test_what_is_no_file_in_a_tar_is_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "export.tar", "w") as tar:
        for name, kind in (
            ("a.txt", tarfile.SYMTYPE),
            ("b.txt", tarfile.FIFOTYPE),
            ("c.txt", tarfile.CHRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/hostname"
            tar.addfile(member)
        whole = tarfile.TarInfo("posts.txt")
        whole.size = 18
        tar.addfile(whole, io.BytesIO(b"The kettle sings.\n"))
    reading = read(tmp_path / "export.tar")
    assert [post.text for post in reading] == ["The kettle sings."]
    assert reading.notes == [f"1 device and 1 link and 1 pipe in {tmp_path / 'export.tar'} were left out"]
