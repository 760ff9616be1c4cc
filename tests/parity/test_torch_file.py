"""What torch.save writes, in each of its ways, is read to the values that torch itself reads."""

from __future__ import annotations

import copy
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from botus.checkpoints.folder_or_tar import StoredFile
from botus.checkpoints.formats.pytorch.torch_pickle import read_tensors
from botus.errors import FileError

pytestmark = pytest.mark.torch

WAYS = [
    {"_use_new_zipfile_serialization": new, "pickle_protocol": protocol}
    for new in (True, False)
    for protocol in (2, 3, 4, 5)
]


@pytest.fixture(scope="module")
def torch() -> Any:  # noqa: ANN401
    module = import_module("torch")
    module.manual_seed(1)
    return module


@pytest.fixture(scope="module")
def tensors(torch: Any) -> dict[str, Any]:  # noqa: ANN401
    """Tensors of every kind that a model has, several of them views of one storage."""
    table = torch.randn(6, 4)
    noted, noted_parameter = torch.randn(5), torch.nn.Parameter(torch.randn(5))
    noted.note = noted_parameter.note = "kept by an optimizer"
    return {
        "transformer.wte.weight": table,
        "lm_head.weight": table,
        "transposed": table.t(),
        "rows": table[2:4],
        "column": table[:, 3],
        "every other": table[::2, 1::2],
        "expanded": torch.randn(4).expand(3, 4),
        "permuted": torch.randn(2, 3, 4).permute(2, 0, 1),
        "half": torch.randn(3, 4).half(),
        "bfloat16": torch.randn(3, 4).bfloat16(),
        "double": torch.randn(3, 4).double(),
        "parameter": torch.nn.Parameter(torch.randn(3, 4)),
        "half parameter": torch.nn.Parameter(torch.randn(3).half(), requires_grad=False),
        "noted": noted,
        "noted parameter": noted_parameter,
        "a number": torch.tensor(0.25),
        "mask": torch.ones(4, 4, dtype=torch.bool).tril(),
        "bytes": torch.ones(4, 4, dtype=torch.uint8),
        "ids": torch.arange(4),
        "shorts": torch.tensor([1, 2], dtype=torch.uint16),
    }


def check(path: Path, tensors: dict[str, Any]) -> None:
    found = read_tensors(StoredFile(str(path), path, 0, path.stat().st_size))
    assert list(found) == list(tensors)
    for name, tensor in tensors.items():
        assert found[name].shape == tuple(tensor.shape)
        assert f"torch.{found[name].dtype}" == str(tensor.dtype)
        if tensor.is_floating_point():
            values = found[name].read()
            assert values.dtype == np.float32
            assert np.array_equal(values, tensor.detach().float().numpy()), name
        else:
            with pytest.raises(FileError, match="not float32"):
                found[name].read()


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_tensor(tmp_path: Path, torch: Any, tensors: dict[str, Any], way: Any) -> None:  # noqa: ANN401
    torch.save(tensors, tmp_path / "a.bin", **way)
    check(tmp_path / "a.bin", tensors)
    torch.save({"epoch": 3, "state_dict": tensors, "best": 0.5}, tmp_path / "b.bin", **way)
    check(tmp_path / "b.bin", tensors)


@pytest.mark.parametrize("way", WAYS)
def test_a_model_with_its_metadata_and_an_optimizer(tmp_path: Path, torch: Any, way: Any) -> None:  # noqa: ANN401
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 3))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    assert state._metadata
    torch.save(state, tmp_path / "a.bin", **way)
    check(tmp_path / "a.bin", dict(state))
    whole = {"optimizer": optimizer.state_dict(), "model": state}
    torch.save(whole, tmp_path / "b.bin", **way)
    check(tmp_path / "b.bin", dict(state))


def test_a_model_that_was_not_checked_sums(tmp_path: Path, torch: Any) -> None:  # noqa: ANN401
    """A writer may leave the checksums out."""
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"w": torch.ones(3)}, tmp_path / "a.bin")
    finally:
        torch.serialization.set_crc32_options(before)
    check(tmp_path / "a.bin", {"w": torch.ones(3)})


@pytest.mark.parametrize("way", WAYS)
def test_a_whole_model_is_a_program(tmp_path: Path, torch: Any, way: Any) -> None:  # noqa: ANN401
    torch.save(copy.deepcopy(torch.nn.Linear(3, 4)), tmp_path / "a.bin", **way)
    with pytest.raises(FileError, match=r"wants to run torch\.nn\.modules\.linear\.Linear"):
        read_tensors(StoredFile("a.bin", tmp_path / "a.bin", 0, (tmp_path / "a.bin").stat().st_size))


def test_a_large_model_in_the_memory_of_one_tensor(tmp_path: Path, torch: Any) -> None:  # noqa: ANN401
    """Nothing is read but what is asked for."""
    state = {f"h.{i}.w": torch.randn(512, 2048) for i in range(16)}  # 64 MB
    torch.save(state, tmp_path / "a.bin")
    tracemalloc = import_module("tracemalloc")
    tracemalloc.start()
    try:
        path = tmp_path / "a.bin"
        found = read_tensors(StoredFile("a.bin", path, 0, path.stat().st_size))
        assert np.array_equal(found["h.7.w"].read(), state["h.7.w"].numpy())
        assert tracemalloc.get_traced_memory()[1] < 7 << 20
    finally:
        tracemalloc.stop()
