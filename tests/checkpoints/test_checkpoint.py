"""Checkpoints written in pure Python are read bit for bit, and every kind of damage is one clear sentence."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.gpt2 import Checkpoint
from botus.errors import FileError
from tests.support import bundle

TOKENS, MERGES = bundle.vocabulary(["fog", "Ġgull"])
HPARAMS = {"n_vocab": len(TOKENS), "n_ctx": 8, "n_embd": 8, "n_head": 2, "n_layer": 2}
TENSORS = bundle.random_tensors(HPARAMS)
DATA = "model-7.data-00000-of-00001"
ROOT = Path(__file__).parents[2]
PIECES = ["hparams.json", "encoder.json", "vocab.bpe", "model-7.index", DATA]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write(tmp_path / "run1")


def write(folder: Path, tensors: dict[str, bundle.Array] = TENSORS, **layout: int) -> Path:
    return bundle.write_run(folder, HPARAMS, tensors, TOKENS, MERGES, **layout)


def pack(run: Path, tar: Path, inside: str = "checkpoint/run1") -> Path:
    with tarfile.open(tar, "w") as archive:
        archive.add(run, inside)
    return tar


def assert_same(checkpoint: Checkpoint, tensors: dict[str, bundle.Array] = TENSORS) -> None:
    bundle.assert_read(checkpoint.tensors(), tensors)


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        list(open_checkpoint(path).tensors())
    assert caught.value.hint, "an error without a remedy"
    return caught.value


# What is right


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("restart_interval", [1, 2, 16])
@pytest.mark.parametrize("block_size", [1, 200, 4096])
def test_every_layout_is_read_bit_for_bit(
    tmp_path: Path, shards: int, restart_interval: int, block_size: int
) -> None:
    run = write(tmp_path / "run1", shards=shards, restart_interval=restart_interval, block_size=block_size)
    assert_same(open_checkpoint(run))


def test_what_a_checkpoint_knows(run: Path) -> None:
    checkpoint = open_checkpoint(run)
    assert checkpoint.step == 7
    assert vars(checkpoint.hparams) == HPARAMS
    assert checkpoint.encoder == (run / "encoder.json").read_bytes()
    assert checkpoint.bpe == (run / "vocab.bpe").read_bytes()


def test_tensors_may_be_written_to(run: Path) -> None:
    for _, values in open_checkpoint(run).tensors():
        values *= 2


def test_half_precision_becomes_float32(tmp_path: Path) -> None:
    halves = {name: value.astype(np.float16) for name, value in TENSORS.items()}
    assert_same(open_checkpoint(write(tmp_path / "half", halves)), halves)
    upper = {name: (value.view(np.uint32) >> 16).astype(np.uint16) for name, value in TENSORS.items()}
    expected = {name: (value.astype(np.uint32) << 16).view(np.float32) for name, value in upper.items()}
    assert_same(open_checkpoint(write(tmp_path / "bfloat", upper)), expected)


def test_the_named_step_counts_and_not_a_stale_one_beside_it(run: Path) -> None:
    stale = {name: value + 1 for name, value in TENSORS.items()}
    bundle.write_bundle(run / "model-900", stale)
    assert open_checkpoint(run).step == 7
    assert_same(open_checkpoint(run))


def test_without_the_file_checkpoint_the_highest_step_counts(run: Path) -> None:
    (run / "checkpoint").unlink()
    bundle.write_bundle(run / "model-10", TENSORS)
    assert open_checkpoint(run).step == 10


@pytest.mark.parametrize("named", ["/content/checkpoint/run1/model-7", r"C:\bots\run1\model-7"])
def test_a_path_from_the_machine_of_the_training(run: Path, named: str) -> None:
    (run / "checkpoint").write_text(f'model_checkpoint_path: "{named}"\n')
    assert open_checkpoint(run).step == 7


def test_a_base_model(run: Path) -> None:
    for path in run.glob("model-7.*"):
        path.rename(path.with_name(path.name.replace("model-7", "model.ckpt")))
    (run / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    assert open_checkpoint(run).step == 0
    assert_same(open_checkpoint(run))


def test_variables_of_an_optimizer_are_passed_over(tmp_path: Path) -> None:
    slots: dict[str, bundle.Array] = {"beta1_power": np.array(0.9), "global_step": np.array(7, np.int64)}
    slots |= {f"{name}/Adam": value for name, value in TENSORS.items()}
    assert_same(open_checkpoint(write(tmp_path / "run1", TENSORS | slots)))


def test_the_fingerprint_follows_the_content(run: Path, tmp_path: Path) -> None:
    first = open_checkpoint(run).fingerprint
    assert open_checkpoint(write(tmp_path / "elsewhere")).fingerprint == first
    assert open_checkpoint(pack(run, tmp_path / "a.tar")).fingerprint == first
    name = "model/h1/mlp/c_fc/b"
    nearly = TENSORS | {name: TENSORS[name] + np.float32(1e-3)}
    assert open_checkpoint(write(tmp_path / "other", nearly)).fingerprint != first
    (run / "vocab.bpe").write_text("#version: 0.2\nf o\n")
    assert open_checkpoint(run).fingerprint != first


# A tar, read in place


@pytest.mark.parametrize("inside", ["checkpoint/run1", "./checkpoint/run1", "run1", "."])
def test_a_tar_is_read_in_place(run: Path, tmp_path: Path, inside: str) -> None:
    tar = pack(run, tmp_path / "checkpoint_run1.tar", inside)
    before = sorted(tmp_path.rglob("*"))
    checkpoint = open_checkpoint(tar)
    assert checkpoint.step == 7
    assert_same(checkpoint)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_later_copy_in_a_tar_replaces_an_earlier_one(run: Path, tmp_path: Path) -> None:
    old = write(tmp_path / "old", {name: value * 2 for name, value in TENSORS.items()})
    tar = pack(old, tmp_path / "a.tar")
    with tarfile.open(tar, "a") as archive:
        archive.add(run, "checkpoint/run1")
    assert_same(open_checkpoint(tar))


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> Callable[[tarfile.TarFile], None]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return lambda archive: archive.addfile(info)


@pytest.mark.parametrize(
    ("add", "says"),
    [
        (member("checkpoint/run1/evil", tarfile.SYMTYPE, "/etc/passwd"), "not a plain file"),
        (member("checkpoint/run1/evil", tarfile.LNKTYPE, "checkpoint/run1/counter"), "not a plain file"),
        (member("checkpoint/run1/evil", tarfile.CHRTYPE), "not a plain file"),
        (member("checkpoint/run1/evil", tarfile.FIFOTYPE), "not a plain file"),
        (member("/etc/passwd"), "outside its folder"),
        (member("checkpoint/run1/../../evil"), "outside its folder"),
        (member("checkpoint/run2/hparams.json"), "2 checkpoints"),
    ],
)
def test_what_a_run_never_packs_is_refused(
    run: Path, tmp_path: Path, add: Callable[[tarfile.TarFile], None], says: str
) -> None:
    tar = pack(run, tmp_path / "a.tar")
    with tarfile.open(tar, "a") as archive:
        add(archive)
    assert says in refusal(tar).message


def test_a_packed_tar_is_refused(run: Path, tmp_path: Path) -> None:
    for mode in ("w:gz", "w:bz2", "w:xz"):
        with tarfile.open(tmp_path / "a.tar", mode) as archive:  # type: ignore[call-overload]
            archive.add(run, "run1")
        assert "compressed" in refusal(tmp_path / "a.tar").message


def test_a_truncated_tar_is_refused(run: Path, tmp_path: Path) -> None:
    whole = pack(run, tmp_path / "a.tar").read_bytes()
    for size in range(0, len(whole) - 10240, 4999):
        (tmp_path / "a.tar").write_bytes(whole[:size])
        assert "a.tar" in refusal(tmp_path / "a.tar").message


def test_a_tar_without_a_run(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    assert "no checkpoint" in refusal(pack(tmp_path / "notes", tmp_path / "a.tar")).message
    (tmp_path / "a.tar").write_text("<!DOCTYPE html><html>Google Drive - Virus scan warning")
    assert "web page" in refusal(tmp_path / "a.tar").message
    (tmp_path / "a.tar").write_bytes(b"\x00\x01 neither" * 99)
    assert "not a tar" in refusal(tmp_path / "a.tar").message


# What is wrong


def test_there_is_nothing(tmp_path: Path) -> None:
    assert str(tmp_path / "run1") in refusal(tmp_path / "run1").message
    assert "hparams" in refusal(tmp_path).hint


def test_a_folder_above_or_a_file_within(run: Path) -> None:
    assert str(run) in refusal(run.parent).hint
    for name in ("checkpoint", "model-7.index", DATA):
        assert str(run) in refusal(run / name).hint


@pytest.mark.parametrize("name", PIECES)
def test_a_missing_piece_is_named(run: Path, name: str) -> None:
    (run / name).unlink()
    assert name in refusal(run).message


def test_a_missing_step_names_the_one_that_is_there(run: Path) -> None:
    (run / "checkpoint").write_text('model_checkpoint_path: "model-500"\n')
    error = refusal(run)
    assert "model-500" in error.message
    assert "model-7" in error.hint


@pytest.mark.parametrize("name", [*PIECES, "checkpoint"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\n<!DOCTYPE html>\n<html><body>404 Not Found</body></html>", "web page"),
        (b"\xef\xbb\xbf<HTML><HEAD>Sign in", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_what_downloads_leave_behind(run: Path, name: str, content: bytes, says: str) -> None:
    (run / name).write_bytes(content)
    error = refusal(run)
    assert says in error.message
    assert name in error.message


def test_a_truncated_data_file_says_how_much_is_missing(run: Path) -> None:
    whole = (run / DATA).read_bytes()
    (run / DATA).write_bytes(whole[:-100])
    message = refusal(run).message
    assert "100 bytes short" in message
    assert DATA in message


def test_a_data_file_that_shrinks_while_it_is_read(run: Path) -> None:
    checkpoint = open_checkpoint(run)
    (run / DATA).write_bytes((run / DATA).read_bytes()[:-100])
    with pytest.raises(FileError, match="ends early"):
        list(checkpoint.tensors())


@pytest.mark.parametrize("name", ["model/wte", "model/h1/mlp/c_fc/w", "model/ln_f/b"])
def test_a_damaged_tensor_is_named(run: Path, name: str) -> None:
    data = bytearray((run / DATA).read_bytes())
    data[data.index(TENSORS[name].tobytes())] ^= 1
    (run / DATA).write_bytes(data)
    message = refusal(run).message
    assert name in message
    assert DATA in message


def test_an_index_cut_off_anywhere_is_refused(run: Path) -> None:
    whole = (run / "model-7.index").read_bytes()
    for size in range(0, len(whole), 7):
        (run / "model-7.index").write_bytes(whole[:size])
        assert "model-7.index" in refusal(run).message


@pytest.mark.proof
def test_a_flipped_bit_in_the_index_is_refused_or_does_not_matter(run: Path) -> None:
    whole = (run / "model-7.index").read_bytes()
    harmless = 0
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 1 << at % 8
        (run / "model-7.index").write_bytes(broken)
        try:
            checkpoint = open_checkpoint(run)
        except FileError:
            continue
        assert_same(checkpoint)
        harmless += 1
    assert harmless < 60  # the empty meta index, its handle and the footer's padding


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"n_ctx": None}, "n_ctx"),
        ({"n_vocab": None, "n_layer": None}, "n_vocab, n_layer"),
        ({"n_embd": "8"}, "n_embd"),
        ({"n_embd": 8.0}, "n_embd"),
        ({"n_head": True}, "n_head"),
        ({"n_head": 0}, "n_head"),
        ({"n_head": 3}, "3 heads"),
        ({"n_ctx": 1}, "n_ctx and n_embd have to be 2 or more"),
        ({"n_embd": 1, "n_head": 1}, "n_ctx and n_embd have to be 2 or more"),
        ({"n_ctx": 9}, "model/wpe"),
        ({"n_embd": 16}, "8], but by hparams.json it is [263, 16]"),
        ({"n_layer": 3}, "model/h2/"),
        ({"n_layer": 10**12, "n_ctx": 2**40}, "n_ctx (at most 131072), n_layer (at most 512)"),
        ({"n_layer": 1}, "more layers"),
        ({"n_vocab": 50257}, "n_vocab 50257"),
    ],
)
def test_wrong_hparams(run: Path, change: dict[str, object], says: str) -> None:
    values = {name: value for name, value in (HPARAMS | change).items() if value is not None}
    (run / "hparams.json").write_text(json.dumps(values))
    assert says in refusal(run).message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("hparams.json", b"{", "hparams.json is damaged"),
        ("hparams.json", b"[]", "not a JSON object"),
        ("encoder.json", b'{"a": 0', "encoder.json is damaged"),
        ("encoder.json", b"\xff\xfe", "encoder.json is damaged"),
        ("encoder.json", b'{"a": 0}', "has 1 tokens"),
        ("encoder.json", json.dumps(dict.fromkeys(TOKENS, 0)).encode(), "each once"),
        ("encoder.json", json.dumps({token: str(i) for i, token in enumerate(TOKENS)}).encode(), "each once"),
        ("vocab.bpe", b"#version: 0.2\nf \xff\n", "not UTF-8"),
        ("vocab.bpe", b"#version: 0.2\nf o\nq z\n", "line 3"),
        ("vocab.bpe", b"#version: 0.2\nf o g\n", "line 2"),
        ("vocab.bpe", b"", "0 bytes"),
        ("checkpoint", b"all_model_checkpoint_paths: 7", "names no model_checkpoint_path"),
        ("model-7.index", b"\0" * 500, "truncated or not a TensorFlow index"),
    ],
)
def test_a_broken_small_file(run: Path, name: str, content: bytes, says: str) -> None:
    (run / name).write_bytes(content)
    assert says in refusal(run).message


def test_other_types_are_refused(tmp_path: Path) -> None:
    doubled = TENSORS | {"model/wpe": TENSORS["model/wpe"].astype(np.int64)}
    message = refusal(write(tmp_path / "run1", doubled)).message
    assert "model/wpe is int64" in message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_diverged_training_is_refused(tmp_path: Path, value: float) -> None:
    broken = TENSORS["model/ln_f/g"].copy()
    broken[3] = value
    message = refusal(write(tmp_path / "run1", TENSORS | {"model/ln_f/g": broken})).message
    assert "model/ln_f/g holds values that are not numbers" in message


def test_bundles_of_another_kind_are_refused(run: Path) -> None:
    bundle.write_bundle(run / "model-7", TENSORS, compression=1)
    assert "compressed" in refusal(run).message
    bundle.write_bundle(run / "model-7", TENSORS, header=b"\x10\x01")
    assert "big-endian" in refusal(run).message
    sliced = b"\x08\x01" + b"\x3a\x00"  # dtype float, one empty slice
    (run / "model-7.index").write_bytes(bundle.table([(b"", b"\x08\x01"), (b"model/wte", sliced)]))
    assert "slices" in refusal(run).message
    (run / "model-7.index").write_bytes(bundle.table([(b"model/wte", b"\x08\x01")]))
    assert "no bundle header" in refusal(run).message
    (run / "model-7.index").write_bytes(bundle.table([(b"", b"\x08\x01"), (b"model/wte", b"\x12\x7f")]))
    assert "damaged" in refusal(run).message


def test_reading_needs_neither_tensorflow_nor_ctranslate2(run: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from botus.checkpoints import checkpoint\n"
        "found = checkpoint.open_checkpoint(pathlib.Path(sys.argv[1]))\n"
        "print(len(list(found.tensors())))\n"
        "print({'tensorflow', 'ctranslate2', 'tokenizers'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code, str(run)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert shown == f"{len(TENSORS)}\nset()\n"
