"""Containers, encodings and the stream of JSON: damage, bombs, and files that are longer than the memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from botus.corpus.parsing.archive import Inflated, Limits, open_archive
from botus.corpus.parsing.dates import seconds
from botus.corpus.parsing.decoding import glance, lines_of, text_of
from botus.corpus.parsing.jsonstream import document, elements, values
from botus.corpus.sources.detection import read
from botus.errors import FileError
from tests.support.exports import kept, note, outbox, parsed, tarred, tweet, ytd, zipped

TWEETS = ytd("tweets", [tweet(f"the heron of day {n}", n) for n in range(300)])
SMALL = Limits(ratio=20, free=1 << 20, total=1 << 22, files=5)


def test_an_archive_that_is_cut_off_says_so(tmp_path: Path) -> None:
    raw = {"data/tweets.js": TWEETS + " " * 100, "data/more.bin": os.urandom(50_000)}
    whole = [
        zipped(tmp_path / "a.zip", raw),
        tarred(tmp_path / "a.tar.gz", raw),
        tarred(tmp_path / "a.tar", raw, "w"),
    ]
    for path in whole:
        assert len(kept(path)) == 300
        path.write_bytes(path.read_bytes()[:-25_000])
        with pytest.raises(FileError, match="is damaged or cut off") as caught:
            parsed(path)
        assert "download it again" in caught.value.hint


def test_a_zip_whose_bytes_changed_says_which_file(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"data/tweets.js": TWEETS})
    raw = bytearray(path.read_bytes())
    raw[600:610] = bytes(10)
    path.write_bytes(raw)
    with pytest.raises(FileError, match=r"a\.zip, data/tweets\.js is damaged"):
        parsed(path)


def test_a_zip_with_a_password_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"data/tweets.js": TWEETS})
    raw = bytearray(path.read_bytes())
    # Bit 0 of the flags, in the local header and in the directory: what an encrypted file has.
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(FileError, match="is protected by a password") as caught:
        parsed(path)
    assert "unpack it with the password" in caught.value.hint


def test_a_zip_packed_in_an_unknown_way_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"data/tweets.js": TWEETS})
    raw = bytearray(path.read_bytes())
    raw[8] = raw[raw.index(b"PK\x01\x02") + 10] = 9
    path.write_bytes(raw)
    with pytest.raises(FileError, match="packed in a way botus cannot read"):
        parsed(path)


def bomb(size: int) -> Iterator[bytes]:
    yield b'window.YTD.tweets.part0 = [{"tweet": {"full_text": "'
    for _ in range(size >> 16):
        yield b" " * (1 << 16)


def test_a_zip_bomb_is_refused_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
        target.open("data/tweets.js", "w") as out,
    ):
        out.writelines(bomb(1 << 24))
    with pytest.raises(FileError, match="unpacks to far more than an export does"):
        list(read(path, limits=Limits(ratio=20, free=1 << 20)))


def test_a_zip_of_too_much_in_all_is_refused(tmp_path: Path) -> None:
    random = {f"{n}.txt": os.urandom(1 << 20).hex() + "\n" for n in range(3)}
    archive = open_archive(zipped(tmp_path / "a.zip", random), SMALL)
    with pytest.raises(FileError, match="unpacks to far more"):
        sum(len(piece) for name in archive.names for piece in archive.pieces(name))
    archive.close()


@pytest.mark.parametrize("name", ["a.tar.gz", "a.gz"])
def test_a_gzip_bomb_is_refused_while_it_is_skipped_or_read(tmp_path: Path, name: str) -> None:
    inner = io.BytesIO()
    content = b"".join(bomb(1 << 24))
    with tarfile.open(fileobj=inner, mode="w") as target:
        member = tarfile.TarInfo("media.bin")
        member.size = len(content)
        target.addfile(member, io.BytesIO(content))
    (tmp_path / name).write_bytes(gzip.compress(inner.getvalue() if "tar" in name else content))
    with pytest.raises(FileError, match="unpacks to far more"):
        list(read(tmp_path / name, limits=SMALL))


def test_a_gzip_bomb_is_refused_before_all_of_it_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"".join(bomb(1 << 24))))
    with Inflated(path, SMALL) as source:
        with pytest.raises(FileError, match="unpacks to far more"):
            source.seek(1 << 24)
        assert source.tell() < 1 << 22


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    files = {f"{n}.txt": "x" for n in range(6)}
    (tmp_path / "f").mkdir()
    for name in files:
        (tmp_path / "f" / name).touch()
    for path in (zipped(tmp_path / "a.zip", files), tarred(tmp_path / "a.tar", files, "w"), tmp_path / "f"):
        with pytest.raises(FileError, match="more than 5 files"):
            open_archive(path, SMALL)


def test_names_that_point_outside_are_only_names(tmp_path: Path) -> None:
    files = {"../../data/tweets.js": TWEETS, "/data/like.js": "x"}
    (tmp_path / "in").mkdir()
    before = sorted(tmp_path.rglob("*"))
    zips = zipped(tmp_path / "in" / "a.zip", files), tarred(tmp_path / "in" / "a.tar.gz", files)
    for path in zips:
        assert len(kept(path)) == 300
    assert sorted(tmp_path.rglob("*")) == sorted([*before, *zips])


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"\x1b[2J.txt": ""})
    with pytest.raises(FileError) as caught:
        parsed(path)
    assert "\x1b" not in caught.value.message


def test_a_gzip_of_one_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json.gz"
    path.write_bytes(gzip.compress(outbox(note("<p>reeds</p>")).encode()))
    assert (read(path).kind, kept(path)) == ("Mastodon outbox", ["reeds"])


def test_an_archive_can_be_read_twice_and_leaves_nothing_open(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"data/tweets.js": TWEETS})
    reading = read(path)
    descriptors = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    assert len(list(reading)) == len(list(reading)) == 300
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        '[1, 22, -3.5e10, "x\\u00e4\\ud83d\\ude00", {"a": [true, null]}, []]',
        '{"n": 1, "rest": {"x": [1]}, "items": [1, 22, "]"], "after": "}"}',
        "Grailbird.data.tweets_2013_01 = \n [ 12 ] ",
        "window.YTD.tweets.part0 = [ ]",
        '{"only": "one"}',
    ],
)
def test_elements_come_whole_however_the_text_is_cut(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    whole = json.loads(text.split("= ")[-1])
    expected = whole.get("items", [whole]) if isinstance(whole, dict) else whole
    assert list(elements(pieces, "here", [("items",)] if "items" in text else [])) == expected


def test_only_the_array_of_the_key_is_read() -> None:
    text = '{"a": [1, 2], "orderedItems": [3], "b": [4]}'
    assert list(elements([text], "here", [("orderedItems",)])) == [3]
    assert document([text], "here")["b"] == [4]
    assert list(values(['{"a":1}\n{"a"', ":2} 3"], "here")) == [{"a": 1}, {"a": 2}, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("hello", "neither an array nor an object begins there"),
        ("[1", "ends in the middle"),
        ("[1,", "ends in the middle"),
        ('["abc', "ends in the middle"),
        ('{"a": 1', "ends in the middle"),
        ("[1 2]", r"not JSON: after array element, .* near \[1 2\]"),
        ("[1, nonsense, and more of it]", r"not JSON: invalid string .* near \[1, nonsense,"),
        ('["a" \x1b[2J]', r"not JSON: [ -~]* near [ -~]*$"),
        ("[" * 5_000, "nested too deeply"),
        ('[{"a": 1, "b": ' * 600, "nested too deeply"),
        ("[1e" + "9" * 5000 + "]", "a number is too large"),
        ('["' + "x" * 20_000 + '"]', "a value is longer than 10,000 letters"),
        ("[[" + "1," * 20_000 + "1]]", "a value is longer than 10,000 letters"),
    ],
)
def test_json_that_is_none(text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        list(elements([text[at : at + 100] for at in range(0, len(text), 100)], "here", longest=10_000))


@pytest.mark.parametrize("text", ["[1,-{}]", '["x"{}]', "[{}", '["{}"]'])
def test_a_number_of_any_length_is_no_crash(text: str) -> None:
    with suppress(FileError):
        assert len(list(elements([text.format("9" * 5000)], "here"))) < 3


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_programs_write_though_the_standard_forbids_it(size: int) -> None:
    text = (
        r'{"items": ["half \ud83d", "half \ude00 \\ud83d", "whole \ud83d\ude00, \": NaN", "a'
        "\n"
        'b", 98765432109876543210], "n": NaN};\n'
    )
    expected = ["half ", "half  \\ud83d", 'whole 😀, ": NaN', "a\nb", 98765432109876543210]
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(elements(pieces, "here", [("items",)])) == expected
    assert list(values(['{"a": NaN}\n{"a": -Infinity, "b": 1}'], "here")) == [
        {"a": None},
        {"a": None, "b": 1},
    ]


def test_a_line_that_is_too_long_is_refused() -> None:
    assert list(lines_of(["a\r", "\nb\rc\n", "d"], "here")) == ["a\r\n", "b\r", "c\n", "d"]
    with pytest.raises(FileError, match="line 2 is longer than 10 letters"):
        list(lines_of(["a\n", "x" * 8, "x" * 8], "here", longest=10))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_encodings(encoding: str, size: int) -> None:
    raw = "the heron, häron 🪶\n".encode(encoding) * 1
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert "".join(text_of(pieces, "here", [])) == "the heron, häron 🪶\n"
    assert glance(raw).rstrip("\n") == "the heron, häron 🪶"


def test_a_letter_between_two_pieces_is_no_damage() -> None:
    notes: list[str] = []
    raw = "ä🪶".encode()
    assert "".join(text_of([raw[:1], raw[1:4], raw[4:]], "here", notes)) == "ä🪶"
    assert "".join(text_of([b"a" * 64, b"\xe4"], "here", notes)) == "a" * 64 + "ä"
    assert len(notes) == 1
    with pytest.raises(FileError, match="is damaged: it is not UTF-16-LE throughout"):
        list(text_of(["ab".encode("utf-16") + b"\x00"], "here", notes))


@pytest.mark.parametrize(
    ("moment", "at"),
    [
        ("Wed Oct 10 20:19:24 +0000 2018", 1539202764.0),
        ("2018-10-10 20:19:24 +0000", 1539202764.0),
        ("2018-10-10 20:19:24", 1539202764.0),
        ("2018-10-10T20:19:24.500Z", 1539202764.5),
        ("2018-10-10T22:19:24+02:00", 1539202764.0),
        ("2018-10-10T15:49:24-0430", 1539202764.0),
        ("10-10-2018 20:19:24", 1539202764.0),
        ("10/10/18 8:19 PM", 1539202740.0),
        ("31/10/2018 20:19", 1541017140.0),
        ("2018-10-10", 1539129600.0),
        (1539202764, 1539202764.0),
        ("1539202764000", 1539202764.0),
        *(
            (bad, None)
            for bad in ("", "8.90E+16", "2018-13-01", "2018-02-30 10:00", "soon", None, True, "12", 5)
        ),
    ],
)
def test_moments(moment: object, at: float | None) -> None:
    assert seconds(moment) == at


PROGRAM = r"""if True:
    import re, resource, sys
    from pathlib import Path
    from botus.corpus.sources.detection import read

    def most():
        # In kilobytes. Where /proc is, by it: the other tells that of the parent, too.
        if (status := Path("/proc/self/status")).exists():
            return int(re.search("VmHWM:\s+([0-9]+)", status.read_text())[1])
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

    first = sum(1 for _ in read(Path(sys.argv[1])))  # which loads whatever is needed
    before = most()
    print(first, sum(1 for _ in read(Path(sys.argv[2]))), most() - before)
"""


@pytest.mark.proof
@pytest.mark.parametrize("form", ["zip", "json"])
def test_a_line_of_6_megabytes_is_read_in_little_memory(tmp_path: Path, form: str) -> None:
    """As text it would be 24 megabytes, for its emoji; what is looked at first takes 11."""
    one = json.dumps(tweet("the heron waits at the pond 🪶 " * 6), ensure_ascii=False).encode()
    paths, counts = [tmp_path / f"short.{form}", tmp_path / f"long.{form}"], [2, 6_000_000 // len(one)]
    for path, count in zip(paths, counts, strict=True):
        pieces = [b"[", *[one + b","] * (count - 1), one, b"]"]
        if form == "zip":
            with (
                zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
                target.open("data/tweets.js", "w") as out,
            ):
                out.writelines([b"window.YTD.tweets.part0 = ", *pieces])
        else:
            path.write_bytes(b"".join(pieces))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *paths], capture_output=True, text=True, check=True)
    *found, kilobytes = map(int, done.stdout.split())
    assert found == counts
    assert kilobytes < 16_000


@pytest.mark.proof
def test_damage_anywhere_is_a_sentence_or_no_damage(tmp_path: Path) -> None:
    random = Random(5)
    seeds = [
        zipped(tmp_path / "s.zip", {"data/tweets.js": ytd("tweets", [tweet("a"), tweet("b", 2)])}),
        tarred(tmp_path / "s.tar.gz", {"outbox.json": outbox(note("<p>a<br>b</p>"))}),
        tarred(
            tmp_path / "s.tar",
            {"c10001/messages.json": '[{"ID": 1, "Contents": "a", "Timestamp": "x"}]'},
            "w",
        ),
    ]
    for name, text in {
        "tweets.js": ytd("tweets", [tweet("a")]),
        "outbox.json": outbox(note("<p>a</p>")),
        "v2.csv": 'id,text,isRetweet\n1,"a b ""c"" d",f\n2,x y z,t\n',
        "lines.jsonl": '{"text": "a b c"}\n{"text": "d e f"}\n',
    }.items():
        (tmp_path / name).write_text(text)
        seeds.append(tmp_path / name)
    for seed in seeds:
        whole = seed.read_bytes()
        for _ in range(150):
            at, length = random.randrange(len(whole)), random.randrange(8)
            new = random.choice(
                [b"", bytes(length), b'"', b"null", b"{}", b"[", b"\r", b"9" * 20, b"\xff\xfe"]
            )
            seed.write_bytes(whole[:at] + new + whole[at + length :])
            with suppress(FileError):
                for one in parsed(seed):
                    one.text.encode()


def test_a_folder_that_cannot_be_looked_into_is_no_empty_one(tmp_path: Path) -> None:
    root = tmp_path / "export"
    root.mkdir()
    (root / "posts.txt").write_text("seen\n")
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(20):  # longer than a path may be, for root too
        os.mkdir("d" * 250, dir_fd=descriptor)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    with pytest.raises(FileError, match=r"cannot read .*d: "):
        read(root)


def test_a_zip_of_windows_may_have_its_own_separators(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as target:
        for name in ("data", "data/tweets.js"):
            member = zipfile.ZipInfo(name)
            member.filename = name.replace("/", "\\") + ("\\" if name == "data" else "")
            target.writestr(member, "" if name == "data" else TWEETS)
    assert zipfile.ZipFile(path).namelist() == ["data\\", "data\\tweets.js"]
    assert read(path).kind == "X archive"
    assert len(kept(path)) == 300
