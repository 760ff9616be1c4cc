"""What `botus finetune` says before it loads TensorFlow, and where a training begins."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.markers import END, START
from botus.errors import FileError, SettingsError
from botus.text import fingerprint
from botus.training import dataset, initial_model
from botus.training.finetune import about_lines, finetune
from botus.training.initial_model import based_on, count_weights, new
from botus.training.loop import TrainingState
from botus.training.overtraining import sample_reader
from botus.training.plan import SIZES, TrainingOptions, plan
from botus.training.run_folder import RunFolder
from botus.training.start import as_before, begin, go_on
from tests.support import bundle, hugging_face
from tests.support.command import botus, environment

POSTS = [
    f"The {what} number {number} has left the harbour." for what in ("ship", "gull") for number in range(40)
]


def corpus(folder: Path, lines: list[str]) -> Path:
    path = folder / "corpus.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


IMAGE = "; for a container, in botus's folder: docker build -t botus-generate --target generate ."


@pytest.mark.parametrize(
    ("command", "module", "extra", "image"),
    [("finetune", "tensorflow", "train", ""), ("generate", "ctranslate2", "generate", IMAGE)],
)
def test_a_missing_extra_is_one_sentence(
    tmp_path: Path, command: str, module: str, extra: str, image: str
) -> None:
    code = f"import sys; sys.modules['{module}'] = None; from botus.cli.main import main; main()"
    typed = [sys.executable, "-c", code, command, "--data", str(tmp_path)]
    ended = subprocess.run(typed, env=environment(), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr == f"botus: the {extra} extra is not installed\npip install 'botus[{extra}]'{image}\n"


@pytest.mark.parametrize(
    "options",
    [
        ("--base", "124M", "--from-scratch", "nano"),
        ("--steps", "0"),
        ("--steps", "some"),
        ("--run", "../run1"),
        ("--run", ".."),
        ("--learning-rate", "0"),
        ("--learning-rate", "nan"),
        ("--learning-rate", "inf"),
        ("--from-scratch", "huge"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert botus("finetune", "--data", tmp_path, *options).code == 2


def test_a_plot_that_has_no_place_is_refused_before_the_training(tmp_path: Path) -> None:
    options = TrainingOptions(size="nano", plot=tmp_path / "none" / "loss.svg")
    with pytest.raises(FileError, match=r"there is no folder .*none for the plot"):
        finetune(options, tmp_path, fetch=Path, say=print, watching=print, draw=print)


def test_no_corpus_and_too_small_a_corpus_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no") as caught:
        dataset.read(tmp_path / "corpus.txt", {}, print)
    assert "botus corpus import" in caught.value.hint
    with pytest.raises(FileError, match="has 1 post, and a model of under 20 only repeats"):
        dataset.read(corpus(tmp_path, POSTS[:1]), {}, print)
    path = corpus(tmp_path, POSTS[:19] + POSTS[:19])
    with pytest.raises(FileError, match="19 different posts"):
        dataset.read(path, {}, print)


def test_a_corpus_is_read_once_per_post_with_its_weights(tmp_path: Path) -> None:
    path = corpus(tmp_path, [*POSTS, POSTS[3], r"Two\nlines of text."])
    path.write_bytes(path.read_bytes() + b"broken \xff\n")
    marks = {fingerprint(POSTS[0]): 3.0, fingerprint(POSTS[1]): 0.0}
    said: list[str] = []
    posts = dataset.read(path, marks, said.append)
    assert posts.texts == [POSTS[0], *POSTS[2:], "Two\nlines of text."]
    assert posts.weights == [3.0, *[1.0] * 79]
    assert "not UTF-8" in said[0]
    assert len(posts.digest) == 64


VERSES = [f"Verse {number}\nof the kettle." for number in range(9)]


@pytest.mark.parametrize(("verses", "markers"), [(0, False), (1, False), (4, False), (5, True), (9, True)])
def test_a_new_model_learns_lines_unless_many_posts_have_several(verses: int, markers: bool) -> None:
    assert len(POSTS) == 80
    assert new("nano", POSTS + VERSES[:verses]).markers is markers


def test_a_few_posts_of_several_lines_are_left_out_and_copies_of_them_recognised() -> None:
    posts = dataset.Posts([*POSTS[:40], VERSES[0], *POSTS[40:]], [1.0] * 40 + [9.0] + [2.0] * 40, "digest")
    model = new("nano", posts.texts)
    data = dataset.encode(posts, model, seed=1)
    assert data.posts.texts == POSTS
    assert data.posts.weights == [1.0] * 40 + [2.0] * 40
    assert sorted([*data.train, *data.held_out]) == list(range(80))
    assert data.left_out == VERSES[:1]
    copy = [data.pieces.index(letter.encode()) for letter in f"{VERSES[0].replace(chr(10), ' ')}\n"]
    assert sample_reader(data.pieces, False, data.everything)([copy]).copies == 1
    (said,) = about_lines(data, model)
    assert re.fullmatch(r"1 of 81 posts has several lines and is left out: .* \d+% longer, .*", said)


def test_what_markers_cost_is_said() -> None:
    posts = dataset.Posts(POSTS + VERSES, [1.0] * 89, "digest")
    model = new("nano", posts.texts)
    data = dataset.encode(posts, model, seed=1)
    assert data.left_out == []
    (said,) = about_lines(data, model)
    assert re.fullmatch(r"9 of 89 posts have several lines: .*markers.* \d+% .*", said)
    assert list(about_lines(data, replace(model, base="124M"))) == []


def test_a_new_model_knows_the_markers_that_it_needs() -> None:
    plain, broken = new("nano", POSTS), new("nano", POSTS + VERSES)
    assert (plain.markers, broken.markers) == (False, True)
    assert list(plain.contents) == ["hparams.json", "encoder.json", "vocab.bpe"]
    assert plain.hparams["n_vocab"] == len(json.loads(plain.contents["encoder.json"])) <= 2048
    # The markers are few tokens, not a dozen letters each.
    assert len(broken.vocabulary().encode(START)) <= 3
    assert json.loads(plain.contents["encoder.json"])[END] == plain.hparams["n_vocab"] - 1


def test_rows_are_what_was_written(tmp_path: Path) -> None:
    lines = [rf"{number}\nand another line." if number < 5 else post for number, post in enumerate(POSTS)]
    posts = dataset.read(corpus(tmp_path, lines), {}, print)
    first = new("nano", posts.texts)
    data = dataset.encode(posts, first, seed=1)
    chosen = plan(TrainingOptions(), first.recipe, tokens=data.count, n_ctx=128, seed=1)
    rows = next(data.batches(chosen, 0))
    assert {len(row) for row in rows} == {chosen.window + 1}
    texts = [b"".join(data.pieces[token] for token in row).decode() for row in rows]
    assert texts[0].startswith(f"{END}{START}The ")
    assert texts[1].startswith(f"{START}The ")
    known = {f"{post}{END}\n" for post in posts.texts}
    assert all(piece in known for text in texts for piece in text.split(START)[1:-1])
    looked = b"".join(data.pieces[token] for check in data.checks(chosen) for token in check.row).decode()
    for number, post in enumerate(posts.texts):
        assert (f"{START}{post}{END}" in looked) == (number in data.held_out)


def test_a_base_model_is_trained_with_markers_and_a_run_of_lines_without(tmp_path: Path) -> None:
    tokens, merges = bundle.vocabulary(["the"])
    sizes = {"n_vocab": len(tokens), "n_ctx": 64, "n_embd": 16, "n_head": 2, "n_layer": 1}
    folder = bundle.write_run(tmp_path / "124M", sizes, bundle.random_tensors(sizes), tokens, merges)
    found = based_on("124M", folder, POSTS)
    assert found.markers
    assert found.hparams == sizes
    assert found.weights == sum(values.size for _, values in found.tensors())
    (folder / "botus.json").write_text('{"markers": false}')
    assert not based_on("124M", folder, POSTS).markers
    assert based_on("124M", folder, POSTS + VERSES).markers
    (folder / "model-7.data-00000-of-00001").unlink()
    with pytest.raises(FileError, match=r"model-7\.data-00000-of-00001"):
        based_on("124M", folder, POSTS)


@pytest.mark.parametrize("words", [["startoftext"], ["fog"]])
def test_a_model_of_transformers_is_trained_with_markers_that_are_short(
    tmp_path: Path, words: list[str]
) -> None:
    tokens, merges = bundle.vocabulary(words)
    sizes = {"n_vocab": len(tokens), "n_ctx": 64, "n_embd": 16, "n_head": 2, "n_layer": 1}
    tensors = bundle.random_tensors(sizes)
    folder = hugging_face.write_folder(tmp_path / "trained_model", sizes, tensors, tokens, merges)
    found = based_on("./trained_model", folder, POSTS)
    assert found.markers == (words == ["startoftext"])
    assert (found.hparams, list(found.contents)) == (sizes, ["hparams.json", "encoder.json", "vocab.bpe"])
    assert {name for name, _ in found.tensors()} == tensors.keys()
    assert based_on("./trained_model", folder, POSTS + VERSES).markers


def test_weights_are_counted_as_published() -> None:
    published = {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12}
    assert count_weights(published) == 124_439_808
    assert set(SIZES) == {"nano", "mini", "small"}


def test_an_unfinished_run_without_its_sizes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"hparams\.json is damaged"):
        initial_model.unfinished("nano", tmp_path, markers=False, best=False)


def test_a_run_that_was_killed_outright_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    posts = dataset.read(corpus(tmp_path, POSTS), {}, print)
    folder, options = RunFolder(tmp_path / "run1"), TrainingOptions(size="nano", seed=4)
    first = begin(options, folder, posts, Path, print)
    record = folder.state()
    assert record is not None
    assert go_on(options, folder, posts, record, print) is None  # nothing was trained yet: it begins again
    tokens, merges = bundle.vocabulary(["the"])
    sizes = {"n_vocab": len(tokens), "n_ctx": 64, "n_embd": 16, "n_head": 2, "n_layer": 1}
    bundle.write_run(folder.path, sizes, bundle.random_tensors(sizes), tokens, merges, step=30)
    folder.describe({"step": 30, "held_out_loss": 4.5})
    said: list[str] = []
    going = go_on(TrainingOptions(size="nano"), folder, posts, record, said.append)
    assert going is not None
    assert (going.state.step, going.state.best_step, going.state.best_loss) == (30, 30, 4.5)
    assert going.plan == first.plan
    assert said == ["going on from step 30 of 200"]
    assert len(list(going.model.tensors())) == 16
    with pytest.raises(SettingsError, match="has seed 4, not 5") as caught:
        go_on(TrainingOptions(base="124M", seed=5), folder, posts, record, print)
    assert len(caught.value.problems) == 2


def test_a_run_that_was_killed_before_its_first_save_begins_as_it_was_asked_for(tmp_path: Path) -> None:
    posts = dataset.read(corpus(tmp_path, POSTS), {}, print)
    folder = RunFolder(tmp_path / "run1")
    first = begin(TrainingOptions(size="nano", seed=4, steps=70), folder, posts, Path, print)
    record = folder.state()
    assert record is not None
    with pytest.raises(FileError, match="has not come to its first checkpoint") as caught:
        open_checkpoint(folder.path)
    assert "wait for its first look" in caught.value.hint
    again = as_before(TrainingOptions(), record)
    assert (again.size, again.base, again.seed) == ("nano", None, 4)
    assert begin(again, folder, posts, Path, print).plan == first.plan
    other = as_before(TrainingOptions(size="nano", seed=5, batch=2), record)
    assert (other.seed, other.batch, other.steps) == (5, 2, 70)
    assert as_before(TrainingOptions(base="124M"), record) == TrainingOptions(base="124M")


def test_what_has_changed_is_called_as_its_option(tmp_path: Path) -> None:
    posts = dataset.read(corpus(tmp_path, POSTS), {}, print)
    folder = RunFolder(tmp_path / "run1")
    begin(TrainingOptions(size="nano"), folder, posts, Path, print)
    record = {**(folder.state() or {}), "weights": "state-3", "state": asdict(TrainingState(step=3))}
    said: list[str] = []
    go_on(TrainingOptions(rate=0.5, check_every=7), folder, posts, record, said.append)
    assert said == ["going on from step 3 of 200, learning rate 0.002 before, check every 10 before"]


def test_a_run_is_set_aside_only_when_another_can_begin(tmp_path: Path) -> None:
    posts = dataset.read(corpus(tmp_path, POSTS), {}, print)
    tokens, merges = bundle.vocabulary(["the"])
    sizes = {"n_vocab": len(tokens), "n_ctx": 64, "n_embd": 16, "n_head": 2, "n_layer": 1}
    run = bundle.write_run(tmp_path / "run1", sizes, bundle.random_tensors(sizes), tokens, merges)
    with pytest.raises(SettingsError, match="is the run folder itself"):
        begin(TrainingOptions(base=str(run), fresh=True), RunFolder(run), posts, Path, print)
    with pytest.raises(FileError):
        begin(TrainingOptions(base=str(tmp_path / "none"), fresh=True), RunFolder(run), posts, Path, print)
    assert (run / "checkpoint").exists()
    begin(TrainingOptions(size="nano", fresh=True), RunFolder(run), posts, Path, print)
    assert not (run / "checkpoint").exists()
    assert (tmp_path / "run1-before-1" / "checkpoint").exists()
