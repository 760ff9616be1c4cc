"""What torch.save writes of a model is read as it was: every container, width and view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from botus.checkpoints.folder_or_tar import StoredFile
from botus.checkpoints.formats.pytorch.torch_pickle import Tensor, read_tensors
from botus.errors import FileError
from tests.support import torch_file
from tests.support.torch_file import View

RANDOM = np.random.default_rng(3)
TABLE = RANDOM.standard_normal((6, 4), dtype=np.float32)


def read(path: Path) -> dict[str, Tensor]:
    return read_tensors(StoredFile(str(path), path, 0, path.stat().st_size))


def values(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    return {name: tensor.read() for name, tensor in read(path).items()}


@pytest.mark.parametrize("legacy", [False, True])
def test_floats_of_every_width(tmp_path: Path, legacy: bool) -> None:
    halves = TABLE.view(np.uint32) >> 16
    tensors: dict[str, torch_file.Array] = {
        "wte.weight": TABLE,
        "half": TABLE.astype(np.float16),
        "double": TABLE.astype(np.float64),
        "bfloat16": halves.astype(np.uint16),
        "scalar": np.array(0.5, np.float32),
    }
    found = read(torch_file.write(tmp_path / "pytorch_model.bin", tensors, legacy=legacy))
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in found.items()} == {
        "wte.weight": ("float32", (6, 4)),
        "half": ("float16", (6, 4)),
        "double": ("float64", (6, 4)),
        "bfloat16": ("bfloat16", (6, 4)),
        "scalar": ("float32", ()),
    }
    assert all(tensor.read().dtype == np.float32 for tensor in found.values())
    assert found["wte.weight"].read().tobytes() == found["double"].read().tobytes() == TABLE.tobytes()
    assert np.array_equal(found["half"].read(), TABLE.astype(np.float16).astype(np.float32))
    assert np.array_equal(found["bfloat16"].read(), (halves << 16).astype(np.uint32).view(np.float32))
    assert found["scalar"].read() == 0.5
    assert found["scalar"].read().shape == ()


@pytest.mark.parametrize("legacy", [False, True])
def test_views_of_one_storage(tmp_path: Path, legacy: bool) -> None:
    views = {
        "wte.weight": View("0", (6, 4), (4, 1)),
        "lm_head.weight": View("0", (6, 4), (4, 1)),  # tied
        "transposed": View("0", (4, 6), (1, 4)),
        "rows": View("0", (2, 4), (4, 1), 8),
        "column": View("0", (6,), (4,), 3),
        "expanded": View("0", (5, 4), (0, 1), 4),
    }
    write = torch_file.write_legacy if legacy else torch_file.write_zip
    storages = {"0": TABLE.reshape(-1)}
    found = values(write(tmp_path / "a.bin", torch_file.model(views, storages), storages))
    expected = {
        "wte.weight": TABLE,
        "lm_head.weight": TABLE,
        "transposed": TABLE.T,
        "rows": TABLE[2:4],
        "column": TABLE[:, 3],
        "expanded": np.broadcast_to(TABLE[1], (5, 4)),
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert np.array_equal(found[name], value), name
        assert found[name].flags.c_contiguous
        found[name] += 1  # they may be written to


def test_masks_are_there_and_are_no_weights(tmp_path: Path) -> None:
    mask = np.tril(np.ones((4, 4), np.uint8)).reshape(1, 1, 4, 4)
    found = read(torch_file.write(tmp_path / "a.bin", {"w": TABLE, "h.0.attn.bias": mask}))
    assert found["h.0.attn.bias"].shape == (1, 1, 4, 4)
    with pytest.raises(FileError, match=r"tensor h\.0\.attn\.bias is uint8, not float32"):
        found["h.0.attn.bias"].read()


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_a_model_beside_other_things(tmp_path: Path, key: str) -> None:
    inner = torch_file.state({"w": torch_file.tensor(View("0", (6, 4), (4, 1)), TABLE)})
    other = torch_file.text("epoch") + b"K\3" + torch_file.text("loss") + b"G" + bytes(8)
    whole = torch_file.program(b"}(" + other + torch_file.text(key) + inner + b"u")
    found = values(torch_file.write_zip(tmp_path / "a.bin", whole, {"0": TABLE}))
    assert found.keys() == {"w"}
    assert np.array_equal(found["w"], TABLE)


def test_a_file_inside_of_another(tmp_path: Path) -> None:
    """As in a tar, which is read in place."""
    for legacy in (False, True):
        path = torch_file.write(tmp_path / "a.bin", {"w": TABLE}, legacy=legacy)
        content = path.read_bytes()
        path.write_bytes(b"x" * 512 + content + b"y" * 512)
        found = read_tensors(StoredFile("a.tar:pytorch_model.bin", path, 512, len(content)))
        assert np.array_equal(found["w"].read(), TABLE)


def test_values_that_are_not_numbers(tmp_path: Path) -> None:
    for value in (np.nan, np.inf, 1e39):  # the last one is too large for float32
        path = torch_file.write(tmp_path / "a.bin", {"w": np.array([1, value, 2], np.float64)})
        with pytest.raises(FileError, match="tensor w holds values that are not numbers"):
            values(path)


def test_a_flipped_bit_in_a_zip_is_seen(tmp_path: Path) -> None:
    path = torch_file.write(tmp_path / "a.bin", {"w": TABLE})
    content = bytearray(path.read_bytes())
    content[content.find(TABLE.tobytes()) + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileError, match="checksum"):
        values(path)
