"""A model.safetensors is read bit for bit, and a header that lies is one sentence."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.folder_or_tar import StoredFile
from botus.checkpoints.formats.safetensors import Tensor, read_tensors
from botus.errors import FileError
from tests.support import hugging_face

TENSORS: dict[str, hugging_face.Array] = {
    "kettle": np.arange(6, dtype=np.float32).reshape(2, 3),
    "gull": np.array([0.5, -2.0], np.float16),
    "half": np.array([0x3F80, 0xC000], np.uint16),  # 1 and -2 as bfloat16
    "double": np.array(3.25, np.float64),
}


def stored(path: Path, start: int = 0) -> StoredFile:
    return StoredFile(path.name, path, start, path.stat().st_size - start)


def read(path: Path) -> dict[str, Tensor]:
    return read_tensors(stored(path))


def write_raw(path: Path, header: bytes, values: bytes = b"") -> Path:
    path.write_bytes(len(header).to_bytes(8, "little") + header + values)
    return path


def refusal(path: Path) -> str:
    tracemalloc.start()
    with pytest.raises(FileError) as caught:
        list(map(Tensor.read, read(path).values()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value.message


def test_floats_of_every_width_become_float32(tmp_path: Path) -> None:
    found = read(hugging_face.write_safetensors(tmp_path / "a", TENSORS))
    assert {name: one.read().tolist() for name, one in found.items()} == {
        "kettle": [[0, 1, 2], [3, 4, 5]],
        "gull": [0.5, -2],
        "half": [1, -2],
        "double": 3.25,
    }
    assert {one.read().dtype.name for one in found.values()} == {"float32"}


def test_a_file_may_begin_anywhere_in_another(tmp_path: Path) -> None:
    path = hugging_face.write_safetensors(tmp_path / "a", TENSORS)
    path.write_bytes(b"fog" + path.read_bytes())
    assert read_tensors(stored(path, 3))["gull"].read().tolist() == [0.5, -2]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"data_offsets": [0, 25]}, "not as long as its shape"),
        ({"data_offsets": [24, 0]}, "not as long as its shape"),
        ({"data_offsets": [4, 28]}, "does not begin where"),
        ({"data_offsets": [0]}, "numbers that cannot be"),
        ({"data_offsets": [-24, 0]}, "numbers that cannot be"),
        ({"data_offsets": [0, 24.0]}, "numbers that cannot be"),
        ({"data_offsets": "0, 24"}, "data_offsets is"),
        ({"shape": [1 << 40, 1 << 40]}, "not as long as its shape"),
        ({"shape": [1 << 70]}, "shape is"),
        ({"shape": [1] * 9 + [6]}, "not as long as its shape"),
        ({"shape": [True, 6]}, "shape is"),
        ({"dtype": "F16"}, "not as long as its shape"),
        ({"dtype": "I32"}, "tensor kettle is I32"),
        ({"dtype": "F8_E4M3"}, "tensor kettle is F8_E4M3"),
        ({"dtype": 7}, "dtype is 7"),
    ],
)
def test_a_header_that_lies_about_a_tensor(tmp_path: Path, wrong: dict[str, object], says: str) -> None:
    assert says in refusal(hugging_face.write_safetensors(tmp_path / "a", TENSORS, **wrong))


def entry(begin: int, end: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": [(end - begin) // 4], "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"a": entry(0, 8), "b": entry(4, 12)}, "b does not begin where"),
        ({"a": entry(0, 4), "b": entry(8, 12)}, "b does not begin where"),
        ({"a": entry(0, 8)}, "4 bytes too long"),
        ({"a": entry(0, 4 << 40)}, "bytes short"),
        ({"a": entry(0, 12) | {"dtype": "kettle", "data_offsets": [0, 4 << 40]}}, "bytes short"),
        ({"a": {"dtype": "F32", "shape": [3]}}, "does not describe tensors"),
        ({"a": 7}, "is 7"),
        ({}, "12 bytes too long"),
    ],
)
def test_tensors_that_do_not_fit_the_file(tmp_path: Path, header: dict[str, object], says: str) -> None:
    assert says in refusal(write_raw(tmp_path / "a", json.dumps(header).encode(), bytes(12)))


def test_a_name_that_is_there_twice(tmp_path: Path) -> None:
    first, second = (json.dumps(entry(at, at + 4)) for at in (0, 4))
    header = f'{{"a": {first}, "a": {second}}}'.encode()
    assert "a does not begin where" in refusal(write_raw(tmp_path / "a", header, bytes(8)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no safetensors file"),
        (b"\x05\0\0", "no safetensors file"),
        (b"\xff" * 8 + b"{}", "no safetensors file"),
        ((100).to_bytes(8, "little") + b"{}", "no safetensors file"),
        ((2).to_bytes(8, "little") + b"{]", "not JSON"),
        ((2).to_bytes(8, "little") + b"[]", "not a JSON object"),
        ((200_000).to_bytes(8, "little") + b"[" * 200_000, "more than one flat object"),
        (b"<!DOCTYPE html><p>Sign in</p>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "pointer of Git LFS"),
    ],
)
def test_what_is_no_safetensors_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert says in refusal(path)


def test_a_header_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "a", b"{}")
    with path.open("r+b") as file:
        file.write((1 << 33).to_bytes(8, "little"))
        file.truncate(1 << 34)  # no such disk is needed: the file is a hole
    assert "its header has no end" in refusal(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    path = hugging_face.write_safetensors(tmp_path / "a", {"gull": np.array([1, value], np.float16)})
    assert "tensor gull holds values that are not numbers" in refusal(path)
