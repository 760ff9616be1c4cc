"""A pickle is a program: of one that somebody wrote to do harm nothing runs, and it costs little.

Each is refused with one sentence, in all containers. What a real torch would have run leaves a trace here.
"""

from __future__ import annotations

import os
import pickle
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.folder_or_tar import StoredFile
from botus.checkpoints.formats.pytorch.torch_pickle import Tensor, read_tensors
from botus.errors import FileError
from tests.support import torch_file
from tests.support.torch_file import ORDERED_DICT, View, named, program, text

ROOT = Path(__file__).parents[3]
VALUES = np.arange(24, dtype=np.float32)
WHOLE = View("0", (6, 4), (4, 1))
TOUCH = text("touch ran")  # what a hostile program tells a shell; see `nothing_runs`
SYSTEM = named("os", "system") + b"(" + TOUCH + b"tR"


def short(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


# What wants to run something, and what it is called in the refusal.
RUNS = {
    "os.system": SYSTEM,
    "posix.system": named("posix", "system") + b"(" + TOUCH + b"tR",
    "builtins.eval": named("builtins", "eval") + b"(" + text("open('ran','w')") + b"tR",
    "builtins.exec": short("builtins") + short("exec") + b"\x93(" + text("open('ran','w')") + b"tR",
    "builtins.getattr": named("builtins", "getattr") + b"(" + named("torch", "Tensor") + text("x") + b"tR",
    "subprocess.Popen": b"(" + TOUCH + b"isubprocess\nPopen\n",
    "nt.system": b"(" + named("nt", "system") + TOUCH + b"o",
    "__builtin__.apply": named("__builtin__", "apply") + b")R",
    "webbrowser.open": named("webbrowser", "open") + b"(" + text("http://127.0.0.1/") + b"tR",
    "torch.load": named("torch", "load") + b")R",
    "torch.hub.load": named("torch", "hub.load") + b")R",
    "torch._utils._rebuild_tensor_v2.__globals__": named("torch._utils", "_rebuild_tensor_v2.__globals__"),
    "transformers.GPT2LMHeadModel": named("transformers", "GPT2LMHeadModel") + b")\x81}b",
    "collections.OrderedDict.__init__": named("collections", "OrderedDict.__init__") + b")R",
    # What is known, used as what it is not.
    "torch.FloatStorage": named("torch", "FloatStorage") + b")R",
    "torch.Tensor": named("torch", "Tensor") + b"(K\x09tR",
    # Instructions that make objects, which a file of tensors does not have.
    "NEWOBJ ": named("torch", "Tensor") + b")\x81",
    "NEWOBJ_EX ": named("torch", "Tensor") + b")}\x92",
    "OBJ ": b"(" + named("torch", "Tensor") + b"o",
    "EXT1 ": b"\x82\x01",
    "EXT4 ": b"\x84\xff\xff\xff\x7f",
    "NEXT_BUFFER ": b"\x97",
    "READONLY_BUFFER ": b"\x98",
    "PERSID ": b"Pstorage\n",
    "BYTEARRAY8 ": b"\x96" + b"\xff" * 8,
    "BINBYTES8 ": b"\x8e" + b"\xff" * 7 + b"\x7f",
    "BINUNICODE8 ": b"\x8d" + b"\xff" * 8,
    "LONG4 ": b"\x8b\xff\xff\xff\x7f",
    "FROZENSET ": b"(\x91",
    "DUP ": b")2",
}


def tensor(view: View = WHOLE, **changes: int) -> bytes:
    return torch_file.tensor(view, VALUES, **changes)


def place(key: str = "0", kind: str = "Float", elements: int = 24) -> bytes:
    return torch_file.storage(kind, key, elements)


def rebuilt(arguments: bytes, name: str = "_rebuild_tensor_v2") -> bytes:
    return named("torch._utils", name) + b"(" + arguments + b"tR"


REST = b"\x89" + ORDERED_DICT
LIES = {
    "a shape beyond the storage": (tensor(View("0", (7, 4), (4, 1))), "lies outside of its values"),
    "an offset beyond it": (tensor(View("0", (6, 4), (4, 1), 1)), "lies outside of its values"),
    "strides beyond it": (tensor(View("0", (6, 4), (5, 1))), "lies outside of its values"),
    "a huge offset": (tensor(View("0", (1,), (1,), 2**47)), "lies outside of its values"),
    "an offset of 64 bits": (tensor(View("0", (1,), (1,), 2**64)), "cannot be"),
    "a negative offset": (tensor(View("0", (1,), (1,), -1)), "cannot be"),
    "a negative size": (tensor(View("0", (-6, -4), (4, 1))), "cannot be"),
    "a negative stride": (tensor(View("0", (6, 4), (-4, 1))), "cannot be"),
    "a product that overflows": (tensor(View("0", (2**32, 2**32), (0, 0))), "cannot be"),
    "the same number, 2**40 times": (tensor(View("0", (2**40,), (0,))), "longer than itself"),
    "sizes and strides of other counts": (tensor(View("0", (6, 4), (4,))), "cannot be"),
    "too many dimensions": (tensor(View("0", (1,) * 9, (1,) * 9)), "cannot be"),
    "sizes that are true": (rebuilt(place() + b"K\0(\x88\x88t(K\1K\1t" + REST), "cannot be"),
    "sizes that are a list": (rebuilt(place() + b"K\0](K\1e(K\1t" + REST), "cannot be"),
    "sizes of text": (rebuilt(place() + b"K\0(" + text("1") + b"t(K\1t" + REST), "cannot be"),
    "too few arguments": (rebuilt(place()), "cannot be"),
    "a thousand arguments": (rebuilt(place() + b"K\0(K\1t(K\1t" + b"N" * 1000), "cannot be"),
    "a thousand arguments inside a tensor": (
        named("torch._tensor", "_rebuild_from_type_v2")
        + b"("
        + named("torch._utils", "_rebuild_tensor_v2")
        + b"N("
        + place()
        + b"K\0(K\1t(K\1t"
        + b"N" * 1000
        + b"tNtR",
        "cannot be",
    ),
    "no storage": (rebuilt(b"K\7K\0(K\1t(K\1t" + REST), "cannot be"),
    "no tensor in a parameter": (rebuilt(b"K\7\x88N", "_rebuild_parameter"), "cannot be"),
    "a storage of another length": (tensor(elements=25), "not as many as it says"),
    "a storage of another kind": (
        rebuilt(place(kind="Double") + b"K\0(K\1t(K\1t" + REST),
        "not as many|ends early",
    ),
    "a storage of two lengths": (b"0".join([tensor(), tensor(elements=23)]), "cannot be"),
    "a negative storage": (tensor(elements=-1), "cannot be"),
    "an endless storage": (tensor(elements=2**200), "cannot be"),
    "a storage of no kind": (rebuilt(b"(" + text("storage") + b"NNNNtQ"), "cannot be"),
    "a module": (
        b"(" + text("module") + named("torch", "Tensor") + text("a.py") + text("") + b"tQ",
        "cannot be",
    ),
    "a reference to nothing": (b"NQ", "cannot be"),
    "a storage of two kinds of views": (rebuilt(place()[:-2] + b"K\1tQ"), "describes the values"),
    "a call of a text": (text("os") + b")R", "what is no function"),
    "a call with a dict": (named("collections", "OrderedDict") + b"}R", "what is no function"),
    "a filled OrderedDict": (named("collections", "OrderedDict") + b"(](K\1etR", "cannot be"),
    "a function inside a tensor": (
        named("torch._tensor", "_rebuild_from_type_v2")
        + b"("
        + named("torch._tensor", "_rebuild_from_type_v2")
        + b"N)NtR",
        "cannot be",
    ),
    "a value that is not in the memo": (b"j\xff\xff\xff\x7f", "has not made"),
    "attributes of a tensor": (tensor() + b"}" + text("__class__") + SYSTEM[:-1] + b"sb", "os.system"),
    "attributes of a function": (named("torch", "Tensor") + b"}b", "attributes to what has none"),
    "values in what is no dict": (b"]K\1K\1s", "no dict"),
    "a key without a value": (b"}(K\1u", "no dict"),
    "values in a tensor": (tensor() + b"K\1K\1s", "no dict"),
    "a list that is none": (b")K\1a", "no list"),
    "an empty stack": (b"R", "misses"),
    "no mark": (b"t", "misses"),
    "under the mark": (b"N(\x85", "misses"),
    "a text that does not end": (b"X\xff\xff\xff\x7fx", "does not end"),
    "a text that is none": (b"\x8c\x01\xff", "not UTF-8"),
    "a name without end": (b"c" + b"x" * 2000, "a name does not end"),
    "no instruction": (b"\xff", "no instruction"),
}
# What would cost a careless reader much.
HARMLESS = {
    "an index of 2**31 in the memo": b"Nr\xff\xff\xff\x7f0",
    "an index of 2**32 in the memo": b"Nr\xff\xff\xff\xff0",
    "a frame that lies": b"\x95" + b"\xff" * 8,
    "protocol 255": b"\x80\xff",
    "a number of 2,000 bits": b"\x8a\xff" + b"\xff" * 255 + b"0",
}


@pytest.fixture(params=["zip", "legacy"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[bytes], Path]:
    """Write a program in the place of the model, with one storage, in either container."""
    container = torch_file.write_zip if request.param == "zip" else torch_file.write_legacy
    return lambda content: container(tmp_path / "pytorch_model.bin", content, {"0": VALUES})


def opened(path: Path) -> dict[str, Tensor]:
    return read_tensors(StoredFile(path.name, path, 0, path.stat().st_size))


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        opened(path)
    message = caught.value.message
    assert message.startswith("pytorch_model.bin ")
    assert caught.value.hint
    assert len(message) < 250
    assert message.isprintable()
    return message


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", RUNS)
def test_what_wants_to_run_something_is_refused_by_name(write: Callable[[bytes], Path], name: str) -> None:
    message = refusal(write(torch_file.state({}).join([b"\x80\x02", b"0"]) + RUNS[name] + b"."))
    wanted = f"the instruction {name}of a pickle" if name.endswith(" ") else name
    assert message == (
        f"pytorch_model.bin wants to run {wanted}: a model holds only tensors, so it is refused"
    )
    inside = program(torch_file.state({"w": tensor(), "x": RUNS[name]}))
    assert refusal(write(inside)) == message
    assert not Path("ran").exists()


def test_python_itself_runs_such_a_program(tmp_path: Path) -> None:
    code = "import pickle, sys; pickle.loads(sys.stdin.buffer.read())"
    subprocess.run([sys.executable, "-c", code], input=program(SYSTEM), check=True)
    assert (tmp_path / "ran").exists()


def test_a_plain_pickle_under_this_name(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    for protocol in range(6):
        path.write_bytes(pickle.dumps(Evil(), protocol))
        assert "wants to run posix.system" in refusal(path)
    path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    assert "wants to run os.system" in refusal(path)
    path.write_bytes(pickle.dumps({"w": [1.5]}, 2))
    assert "not what torch.save writes" in refusal(path)
    path.write_bytes(b"")
    assert refusal(path)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch ran",)


def test_a_name_cannot_move_the_cursor(write: Callable[[bytes], Path]) -> None:
    message = refusal(write(program(named("os\x1b[2J", "sys\rtem" + "x" * 500))))
    assert "os\\x1b[2J.sys\\x0dtemxxx" in message


@pytest.mark.parametrize("name", ["w\x1b[2J", "w" * 300, "w\nbotus: all is well"])
def test_a_tensor_has_a_name_that_can_be_shown(write: Callable[[bytes], Path], name: str) -> None:
    assert "whose name is none" in refusal(write(program(torch_file.state({name: tensor()}))))


@pytest.mark.parametrize("name", LIES)
def test_what_cannot_be(write: Callable[[bytes], Path], name: str) -> None:
    value, says = LIES[name]
    assert re.search(says, refusal(write(program(torch_file.state({"w": value})))))


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_no_harm(write: Callable[[bytes], Path], name: str) -> None:
    path = write(program(torch_file.state({"w": HARMLESS[name] + tensor()})))
    assert np.array_equal(opened(path)["w"].read().ravel(), VALUES)


def test_nothing_2_to_the_80_times(write: Callable[[bytes], Path]) -> None:
    empty = tensor(View("0", (0, 2**40, 2**40), (1, 1, 1)))
    found = opened(write(program(torch_file.state({"w": tensor(), "x": empty}))))
    with pytest.raises(FileError, match="has no values"):
        found["x"].read()


# Programs that grow


def laughs(make: bytes, depth: int) -> bytes:
    """A value that holds the one before it twice, and so on."""
    return b")" + b"".join(
        b"r" + struct.pack("<I", i) + b"j" + struct.pack("<I", i) + make for i in range(depth)
    )


BOMBS = {
    "tuples in tuples": laughs(b"\x86", 2_000),
    "lists in lists": b"]" * 20_000 + b"a" * 19_999,
    "tuples in each other": b")" + b"\x85" * 20_000,
    "marks": b"(" * 20_000,
    "dicts": b"}" * 20_000,
    "entries": b"}(" + b"NN" * 50_000 + b"u",
    "a long tuple as arguments": b"(" + b"N" * 50_000 + b"tq\0" + rebuilt(b"")[:-3] + b"h\0R",
    "a long tuple as sizes": b"(" + b"K\1" * 50_000 + b"tq\0" + rebuilt(place() + b"K\0h\0h\0" + REST),
    "a dict of itself": b"}q\0" + b"h\0h\0s" * 20_000,
    "a list of itself": b"]q\0" + b"h\0a" * 20_000 + b"h\0h\0\x86Q",
    "one tensor by 30,000 names": (
        b"}(" + text("w") + tensor() + b"q\0" + b"".join(text(str(i)) + b"h\0" for i in range(30_000)) + b"u"
    ),
    "a program of two megabytes": text("x" * 2_000_000),
    "names of a megabyte": named("x" * 500_000, "y" * 500_000),
}
CHILD = """
import resource, sys, pathlib
from botus.checkpoints.folder_or_tar import StoredFile
from botus.checkpoints.formats.pytorch.torch_pickle import read_tensors
from botus.errors import FileError
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
# Each may have 60 MB.
resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (60 << 20),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    try:
        read_tensors(StoredFile(name, path, 0, path.stat().st_size))
    except FileError as error:
        print(error.exit_code, error.message)
"""


def test_all_of_it_in_little_memory_and_time(tmp_path: Path) -> None:
    paths = []
    for place, value in enumerate([*BOMBS.values(), *(value for value, _ in LIES.values())]):
        container = torch_file.write_zip if place % 2 else torch_file.write_legacy
        paths.append(container(tmp_path / f"{place}.bin", program(value), {"0": VALUES}))
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, paths)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) == len(paths)
    assert all(line.startswith("3 ") for line in lines)
