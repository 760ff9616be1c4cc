"""The containers of torch.save, truncated, flipped and crafted: each is one sentence, or the same values."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.folder_or_tar import StoredFile
from botus.checkpoints.formats.pytorch.torch_pickle import Tensor, read_tensors
from botus.errors import FileError
from tests.support import torch_file
from tests.support.torch_file import View

VALUES = np.arange(6, dtype=np.float32)
PROGRAM = torch_file.model({"w": View("0", (2, 3), (3, 1))}, {"0": VALUES})


def opened(path: Path, size: int | None = None) -> dict[str, Tensor]:
    return read_tensors(StoredFile(path.name, path, 0, path.stat().st_size if size is None else size))


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        opened(path)
    assert caught.value.hint
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 250
    return caught.value.message


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return torch_file.write_zip(tmp_path / "pytorch_model.bin", PROGRAM, {"0": VALUES})


@pytest.mark.parametrize("legacy", [False, True])
def test_truncated_anywhere(tmp_path: Path, legacy: bool) -> None:
    path = torch_file.write(tmp_path / "a.bin", {"w": VALUES}, legacy=legacy)
    assert np.array_equal(opened(path)["w"].read(), VALUES)
    for size in range(path.stat().st_size):
        with pytest.raises(FileError):
            opened(path, size)


@pytest.mark.parametrize("legacy", [False, True])
def test_flipped_bits_anywhere(tmp_path: Path, legacy: bool) -> None:
    path = torch_file.write(tmp_path / "a.bin", {"w": VALUES}, legacy=legacy)
    content, draw, refused = path.read_bytes(), random.Random(5), 0
    for _ in range(120):
        flipped = bytearray(content)
        for _ in range(draw.choice((1, 1, 2, 8))):
            flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        try:
            for tensor in opened(path).values():
                tensor.read()
        except FileError:
            refused += 1
    assert refused > 60


def test_large_ones_have_numbers_of_64_bits(model: Path) -> None:
    """As torch.save writes the end of each file, and the place of what lies beyond 4 GB."""
    content = model.read_bytes()
    end = content.rfind(b"PK\5\6")
    *_, count, size, begin, _ = struct.unpack("<4s4H2IH", content[end:])
    at = content.rfind(b"PK\1\2")  # the entry of data/0
    entry = bytearray(content[at:end])
    named = struct.unpack_from("<H", entry, 28)[0]
    wide = struct.pack("<2H3Q", 1, 24, 24, 24, struct.unpack_from("<I", entry, 42)[0])
    entry[20:28] = entry[42:46] * 0 + b"\xff" * 8
    entry[42:46] = b"\xff" * 4
    entry[30:32] = struct.pack("<H", len(wide) + 6)
    entry[46 + named :] = b"\x55\x55\2\0xx" + wide  # behind what another program wrote
    size += len(entry) - (end - at)
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, begin)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, begin + size, 1)
    last = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    model.write_bytes(content[:at] + bytes(entry) + record + locator + last)
    assert np.array_equal(opened(model)["w"].read().ravel(), VALUES)


def member(name: str, change: Callable[[bytearray, int], None]) -> Callable[[bytearray], None]:
    """Change the directory's entry of a file, which begins at a byte of the content."""
    return lambda content: change(content, content.rfind(b"archive/" + name.encode()) - 46)


def put(offset: int, kind: str, value: int) -> Callable[[bytearray, int], None]:
    return lambda content, at: struct.pack_into(f"<{kind}", content, at + offset, value)


def end(offset: int, kind: str, value: int) -> Callable[[bytearray], None]:
    return lambda content: struct.pack_into(f"<{kind}", content, content.rfind(b"PK\5\6") + offset, value)


def local(name: str, offset: int, kind: str, value: int) -> Callable[[bytearray], None]:
    return lambda content: struct.pack_into(
        f"<{kind}", content, content.find(b"archive/" + name.encode()) - 30 + offset, value
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (member("data/0", put(10, "H", 8)), "compressed or encrypted"),
        (member("data/0", put(8, "H", 1)), "compressed or encrypted"),
        (member("data/0", put(20, "I", 4)), "compressed or encrypted"),  # 24 bytes out of 4
        (member("data/0", put(24, "I", 2**31)), "compressed or encrypted"),
        (member("data/0", put(42, "I", 0)), "not what its list of files says"),  # the place of data.pkl
        (member("data/0", put(42, "I", 2**31)), "ends early"),
        (member("data/0", put(42, "I", 2**32 - 1)), "damaged"),  # of 64 bits, which are missing
        (member("data/0", put(28, "H", 60_000)), "cut off"),
        (member("data/0", put(30, "H", 60_000)), "cut off"),
        (member("data/0", put(46 + 8, "B", ord("x"))), "not what its list of files says"),
        (member("data/0", put(0, "B", 0)), "cut off"),
        (local("data/0", 0, "B", 0), "not what its list of files says"),
        (local("data/0", 8, "H", 8), "not what its list of files says"),
        (local("data/0", 18, "I", 23), "not what its list of files says"),
        (local("data/0", 22, "I", 25), "not what its list of files says"),
        (local("data/0", 26, "H", 1), "not what its list of files says"),
        (local("data/0", 28, "H", 65_000), "longer than the rest of it"),
        (local("data/0", 28, "H", 8), "in the same place"),  # its values lie in the directory
        (end(12, "I", 2**31), "more files than any model"),
        (end(12, "I", 20), "does not agree with itself"),
        (end(16, "I", 0), "does not agree with itself"),
        (end(20, "H", 7), "does not agree with itself"),
        (lambda content: content.extend(b"x" * 30), "does not agree with itself"),
        (lambda content: content.__setitem__(slice(4, 4), b"x" * 30), "does not agree with itself"),
    ],
)
def test_a_directory_that_lies(model: Path, change: Callable[[bytearray], None], says: str) -> None:
    content = bytearray(model.read_bytes())
    change(content)
    model.write_bytes(content)
    assert says in refusal(model)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(model: Path) -> None:
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr("archive/data/0", bytes(24))
    assert "two files in it have the name archive/data/0" in refusal(model)


def test_two_files_in_one_place(tmp_path: Path) -> None:
    """So a small file could hold many tensors as long as itself."""
    path, raw = tmp_path / "pytorch_model.bin", VALUES.tobytes()
    name = b"archive/data/1"
    inside = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 24, 24, len(name), 0) + name + raw
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", PROGRAM)
        archive.writestr("archive/data/0", inside)
        archive.writestr("archive/data/1", raw)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rfind(name) - 46 + 42, content.find(inside))
    path.write_bytes(content)
    assert "two files in it lie in the same place" in refusal(path)


def test_a_flipped_bit_in_the_program_is_seen(model: Path) -> None:
    """The tensor would have another name, which is as good as any."""
    content = model.read_bytes()
    model.write_bytes(content.replace(torch_file.text("w"), torch_file.text("v"), 1))
    assert "checksum" in refusal(model)


def test_an_end_of_64_bits_that_is_none(model: Path) -> None:
    content = model.read_bytes()
    end = content.rfind(b"PK\5\6")
    for record in (b"", bytes(56), b"PK\6\6" + bytes(52)):
        model.write_bytes(content[:end] + record + b"PK\6\7" + bytes(16) + content[end:])
        assert "does not agree with itself" in refusal(model)
    model.write_bytes(b"PK\3\4PK\6\7" + bytes(16) + content[end:])
    assert refusal(model)


def test_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", PROGRAM)
        archive.writestr("archive/data/0", bytes(10_000_000))
    assert path.stat().st_size < 20_000
    assert "compressed" in refusal(path)


def test_names_that_point_elsewhere_are_only_names(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    for name in ("../data/0", "/data/0", "archive/../data/0", "archive/data/../0"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", PROGRAM)
            archive.writestr(name, VALUES.tobytes())
        assert "lacks the values of tensor w" in refusal(path)


def test_other_zips(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    for names in ([], ["kettle.txt"], ["data.pkl"], ["a/data.pkl", "b/data.pkl"]):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, PROGRAM)
        assert refusal(path)


def test_machines_with_the_other_order_of_bytes(tmp_path: Path) -> None:
    path = torch_file.write_zip(tmp_path / "pytorch_model.bin", PROGRAM, {"0": VALUES}, order=b"big")
    assert "big-endian" in refusal(path)
    path.write_bytes(
        torch_file.MAGIC + b"\x80\x02M\xe9\x03.\x80\x02}" + torch_file.text("little_endian") + b"\x89s."
    )
    assert "big-endian" in refusal(path)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([], "lacks the values of tensor w"),
        (["0", "0"], "or has twice"),
        (["1"], "no tensor has"),
        (["0", "1"], "no tensor has"),
    ],
)
def test_values_that_are_not_listed(tmp_path: Path, keys: list[str], says: str) -> None:
    storages = {"0": VALUES, "1": VALUES}
    assert says in refusal(torch_file.write_legacy(tmp_path / "pytorch_model.bin", PROGRAM, storages, keys))


@pytest.mark.parametrize("count", [5, 7, 2**62, 2**64 - 1])
def test_values_of_another_count(tmp_path: Path, count: int) -> None:
    path = torch_file.write_legacy(tmp_path / "pytorch_model.bin", PROGRAM, {"0": VALUES})
    content = path.read_bytes()
    at = len(content) - VALUES.nbytes - 8
    path.write_bytes(content[:at] + count.to_bytes(8, "little") + content[at + 8 :] + bytes(4))
    assert refusal(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
    ],
)
def test_what_a_download_leaves(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(content)
    assert says in refusal(tmp_path / "pytorch_model.bin")
