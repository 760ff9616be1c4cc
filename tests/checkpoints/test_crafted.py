"""Checkpoints that somebody made to do harm: each costs little time and memory, and is one clear sentence."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.formats.bundle import masked_crc
from botus.checkpoints.nearby import find
from botus.errors import FileError
from tests.support import bundle

TOKENS, MERGES = bundle.vocabulary(["fog", "Ġgull"])
HPARAMS = {"n_vocab": len(TOKENS), "n_ctx": 8, "n_embd": 8, "n_head": 2, "n_layer": 2}
TENSORS = bundle.random_tensors(HPARAMS)
HEADER = b"\0\0\2\x08\1"  # an entry: the empty key, and one shard
ROOT = Path(__file__).parents[2]
# It may have 150 MB more than Python with all modules, and ten seconds; each line is an error's message.
CHILD = """
import resource, sys, pathlib
from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import FileError
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (150 << 20),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
for path in sys.argv[1:]:
    try:
        open_checkpoint(pathlib.Path(path))
    except FileError as error:
        print(error.exit_code, error.message)
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return bundle.write_run(tmp_path / "run1", HPARAMS, TENSORS, TOKENS, MERGES)


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        open_checkpoint(path)
    assert caught.value.hint
    assert len(caught.value.message) < 400
    return caught.value.message


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def entry(shared: int, added: bytes, value: bytes) -> bytes:
    return varint(shared) + varint(len(added)) + varint(len(value)) + added + value


def index(*blocks: bytes, handles: list[tuple[int, int]] | None = None, restarts: int = 0) -> bytes:
    """An .index of blocks of entries; the handles are theirs unless others are given."""
    out, own = bytearray(), []

    def append(entries: bytes) -> tuple[int, int]:
        block = entries + struct.pack("<I", restarts)
        at = len(out)
        out.extend(block + b"\0" + masked_crc(block + b"\0").to_bytes(4, "little"))
        return at, len(block)

    own = [append(block) for block in blocks]
    places = own if handles is None else [own[0], *handles]
    found = enumerate(places)
    at, size = append(b"".join(entry(0, n.to_bytes(4, "big"), varint(a) + varint(b)) for n, (a, b) in found))
    footer = varint(0) * 2 + varint(at) + varint(size)
    return bytes(out) + footer.ljust(40, b"\0") + (0xDB4775248B80FB57).to_bytes(8, "little")


def rising(count: int, longest: int) -> bytes:
    """Entries of three bytes and one letter whose keys grow by what the last one shares."""
    return b"".join(entry(min(place, longest), b"k", b"") for place in range(count))


TENSOR = b"\x08\1\x12\4\x12\2\x08\1"  # float32, [1]
CRAFTED: dict[str, tuple[bytes, str]] = {
    "prefixes that grow": (index(HEADER, rising(25_000, 10**6)), "longer than that of any tensor"),
    "more shared than there is": (index(HEADER + entry(9, b"k", b"")), "does not end"),
    "a key past the block": (index(HEADER + b"\0\x7f\0kk"), "does not end"),
    "a value past the block": (index(HEADER + b"\0\1\x7fk"), "does not end"),
    "a huge value": (index(HEADER + entry(0, b"k", bytes(5000))), "longer than that of any tensor"),
    "names that do not rise": (index(HEADER + entry(0, b"b", TENSOR) + entry(0, b"a", TENSOR)), "in order"),
    "the same name twice": (index(HEADER + entry(0, b"b", TENSOR) * 2), "in order"),
    "one block, 20,000 times": (index(HEADER, handles=[(0, 9)] * 20_000), "do not follow each other"),
    "blocks in each other": (index(HEADER, handles=[(1, 9)]), "do not follow each other"),
    "the index among its blocks": (index(HEADER, handles=[(14, 9)]), "do not follow each other"),
    "an endless number": (index(HEADER + b"\xff" * 200_000), "a number does not end"),
    "a number of eleven bytes": (index(HEADER + b"\x80" * 10 + b"\0\1\0k"), "a number does not end"),
    "restarts without end": (index(HEADER, restarts=2**32 - 1), "shorter than it says"),
    "20,000,000 files of weights": (index(entry(0, b"", b"\x08" + varint(20_000_000))), "files of weights"),
    "no files of weights": (index(entry(0, b"", b"\x08\0")), "files of weights"),
    "a number of 6,000 digits": (index(entry(0, b"", b"\x08" + varint(10**800))), "a number does not end"),
    "too many tensors": (
        index(HEADER, b"".join(entry(0, n.to_bytes(3, "big"), TENSOR) for n in range(20_001))),
        "more than 20,000 tensors",
    ),
    "too many dimensions": (index(HEADER + entry(0, b"k", b"\x08\1\x12\x7e" + b"\x12\0" * 63)), "dimensions"),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_index(run: Path, name: str) -> None:
    content, says = CRAFTED[name]
    (run / "model-7.index").write_bytes(content)
    message = refusal(run)
    assert says in message
    assert "model-7.index" in message


def bent(field: bytes, value: int) -> Callable[[bytes], bytes]:
    """Change a number of the entry of model/wpe."""
    return lambda proto: proto + field + varint(value)  # the last one counts


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (bent(b"\x20", 2**62), "bytes short"),
        (bent(b"\x28", 2**62), "bytes short"),
        (bent(b"\x18", 2**62), "a shard too many"),
        (bent(b"\x20", 0), "in the same place"),
    ],
)
def test_a_tensor_lies_in_its_file_and_has_its_place_alone(
    run: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    pairs, at = [(b"", b"\x08\1")], 0
    for name in sorted(TENSORS):
        shape = b"".join(entry_of(2, b"\x08" + varint(size)) for size in TENSORS[name].shape)
        raw = TENSORS[name].tobytes()
        crc = b"\x35" + masked_crc(raw).to_bytes(4, "little")
        proto = b"\x08\1" + entry_of(2, shape) + b"\x20" + varint(at) + b"\x28" + varint(len(raw)) + crc
        pairs.append((name.encode(), change(proto) if name == "model/wpe" else proto))
        at += len(raw)
    (run / "model-7.index").write_bytes(bundle.table(pairs))
    assert says in refusal(run)


def entry_of(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2, len(value)]) + value


def test_weights_are_not_read_beyond_their_file(run: Path) -> None:
    data = run / "model-7.data-00000-of-00001"
    checkpoint = open_checkpoint(run)
    os.truncate(data, 10)
    with pytest.raises(FileError, match="ends early"):
        list(checkpoint.tensors())


# The small files


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("encoder.json", b"[" * 90_000, "nested too deeply"),
        ("encoder.json", b'{"a":' * 90_000, "nested too deeply"),
        ("encoder.json", b"[[],[]" + b",[]" * 2_000_000 + b"]", "one flat object"),
        ("encoder.json", b" " * (9 << 20), "cannot be right"),
        ("hparams.json", b"[" * 5_000, "nested too deeply"),
        ("hparams.json", b'{"n_vocab": ' + b"9" * 5000 + b"}", "a number is too long"),
        ("hparams.json", b'{"n_vocab": ' + b"9" * 4000 + b"}", "n_ctx"),
        ("checkpoint", b"\n" * 4_000_000, "names no model_checkpoint_path"),
        ("checkpoint", b'model_checkpoint_path: "../../x"', "names x, but x.index is missing"),
        ("checkpoint", b'model_checkpoint_path: "../.."', "names .., but ...index is missing"),
        ("checkpoint", b'model_checkpoint_path: "' + b"x" * 10**6 + b'"', "names no model_checkpoint_path"),
    ],
)
def test_a_crafted_small_file(run: Path, name: str, content: bytes, says: str) -> None:
    (run / name).write_bytes(content)
    assert says in refusal(run)


def test_sizes_beyond_any_model(run: Path) -> None:
    sizes = dict.fromkeys(HPARAMS, 10**4000)
    (run / "hparams.json").write_text(json.dumps(sizes))
    assert all(name in refusal(run) for name in HPARAMS)


@pytest.mark.parametrize("name", ["hparams.json", "model-7.data-00000-of-00001", "botus.json"])
def test_a_link_out_of_the_run_folder_is_refused(run: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").write_bytes((run / "hparams.json").read_bytes())
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to("../elsewhere")
    message = refusal(run)
    assert "link to a file outside" in message
    assert name in message


def test_links_within_and_to_the_run_folder_are_followed(run: Path, tmp_path: Path) -> None:
    (run / "hparams.json").rename(run / "sizes.json")
    (run / "hparams.json").symlink_to("sizes.json")
    (tmp_path / "linked").symlink_to(run)
    assert open_checkpoint(tmp_path / "linked").step == 7


# A tar


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A member's header whose size is binary: 95 bits after a one, or a negative number."""
    info = tarfile.TarInfo(name)
    info.type = kind
    block = bytearray(info.tobuf())
    flag = 1 << 95 if size > 0 else 0
    block[124:136] = ((size | flag) % (1 << 96)).to_bytes(12, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("size", [2**80, 2**62, 2**40, -512, -(2**40)])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_member_is_no_longer_than_its_tar(tmp_path: Path, size: int, kind: bytes) -> None:
    tar = tmp_path / "checkpoint_run1.tar"
    tar.write_bytes(header("run1/hparams.json", 0) + header("run1/model-7.index", size, kind) + bytes(10240))
    assert "checkpoint_run1.tar" in refusal(tar)
    assert find(tmp_path, tmp_path).path == tar  # looking for a model is not hindered by it


def test_names_behind_names_and_files_without_end(tmp_path: Path) -> None:
    tar = tmp_path / "checkpoint_run1.tar"
    tar.write_bytes((header("x", 1, tarfile.GNUTYPE_LONGNAME) + bytes(512)) * 3000 + bytes(1024))
    assert "damaged" in refusal(tar)
    assert find(tmp_path, tmp_path).path == tar
    tar.write_bytes(header("run1/x", 0) * 20_001 + bytes(1024))
    assert "more than 20,000 files" in refusal(tar)


@pytest.mark.proof
def test_all_of_it_in_little_memory_and_time(tmp_path: Path) -> None:
    paths = []
    longest = entry(0, b"k" * 255, b"") + entry(255, b"a", b"") + entry(255, b"b", b"")
    files = {name: ("model-7.index", content) for name, (content, _) in CRAFTED.items()}
    files["long names"] = ("model-7.index", index(HEADER, longest))
    files["megabytes of handles"] = ("model-7.index", index(HEADER, handles=[(0, 9)] * 300_000))
    files["megabytes of names"] = ("model-7.index", index(HEADER, rising(1_000_000, 200)))
    files["megabytes of numbers"] = ("model-7.index", index(HEADER + b"\xff" * 7_000_000))
    files["megabytes of lists"] = ("encoder.json", b"[[]" + b",[]" * 2_600_000 + b"]")
    files["megabytes of lines"] = ("checkpoint", b"\n" * 8_000_000)
    for number, (name, content) in enumerate(files.values()):
        run = bundle.write_run(tmp_path / f"run{number}", HPARAMS, TENSORS, TOKENS, MERGES)
        (run / name).write_bytes(content)
        paths.append(run)
    command = [sys.executable, "-c", CHILD, *map(str, paths)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) == len(paths)
    assert all(line.startswith("3 ") for line in lines)
