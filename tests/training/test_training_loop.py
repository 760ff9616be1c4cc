"""The loop of a training with a network whose losses are written down beforehand, and the run folder."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from botus import demo
from botus.cli.display.training import beside, closing, look, plot
from botus.errors import FileError, Interrupted, SettingsError
from botus.store.durable import files
from botus.training.dataset import Check
from botus.training.loop import Training, TrainingProgress, TrainingState, Watcher
from botus.training.overtraining import Overtraining, Sampled, overtraining, sample_reader, still_falling
from botus.training.plan import TrainingPlan
from botus.training.run_folder import LossRow, RunFolder

PLAN = TrainingPlan(steps=60, batch=2, window=3, rate=1e-3, check_every=10, sample_every=10, seed=1)
CHECKS = [Check([1, 2, 3, 0], 3), Check([1, 2, 3, 4], 4), Check([5, 6, 0, 0], 2)]


class Network:
    """Loses what it is told to lose; its weights are the rows that it has seen."""

    def __init__(self, held_out: Sequence[float], kill_at: int = 0, disk: int = 10**9) -> None:
        self.held_out, self.kill_at, self.disk = list(held_out), kill_at, disk
        self.seen: list[list[list[int]]] = []

    def train(self, rows: Sequence[Sequence[int]], rate: float) -> float:
        assert rate > 0
        self.seen.append([list(row) for row in rows])
        if len(self.seen) == self.kill_at:
            os.kill(os.getpid(), signal.SIGTERM)
        return 9.0 - 0.1 * len(self.seen)

    def losses(self, rows: Sequence[Sequence[int]]) -> list[list[float]]:
        assert len(rows) == PLAN.batch
        loss = self.held_out[len(self.seen) // PLAN.check_every - 1]
        # What does not count would spoil the mean.
        return [[loss if row[place] and row[place + 1] else 1e9 for place in range(3)] for row in rows]

    def sample(self) -> list[list[int]]:
        return [[104, 105, 10], [105, 105, 105]]

    def save(self, prefix: Path, *, everything: bool) -> None:
        content = f"{everything} {len(self.seen)}".encode()
        prefix.with_name(f"{prefix.name}.data-00000-of-00001").write_bytes(content)
        if self.disk <= len(self.seen):
            raise FileError(f"cannot write {prefix}: No space left on device", "make room")
        prefix.with_name(f"{prefix.name}.index").write_bytes(content)


def training(
    folder: Path,
    network: Network,
    state: TrainingState | None = None,
    plan: TrainingPlan = PLAN,
    **changes: Any,  # noqa: ANN401
) -> Training:
    state = state or TrainingState()
    rows = ([[number, number]] * plan.batch for number in itertools.count(state.step))
    reader = sample_reader([bytes([number]) for number in range(256)], False, ["hi there"])
    run = RunFolder(folder)
    run.begin({"vocab.bpe": b"constant"})
    about = ({"base": "nano"}, {"seed": 1})
    return Training(network, plan, rows, CHECKS, reader, run, state, *about, **changes)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_training_stops_when_the_held_out_loss_no_longer_falls(tmp_path: Path) -> None:
    looks: list[tuple[TrainingProgress, Sampled | None]] = []
    watcher = Watcher(looked=lambda progress, sampled: looks.append((progress, sampled)))
    network = Network([5.0, 4.0, 4.5, 4.1, 4.0, 1.0])
    one = training(tmp_path / "run1", network, watcher=watcher)
    assert one.run() == "the held-out loss has not fallen since step 20"
    assert len(network.seen) == 50
    assert names(tmp_path / "run1") == [
        *("botus.json", "checkpoint", "counter", "loss.csv"),
        *("model-20.data-00000-of-00001", "model-20.index", "vocab.bpe"),
    ]
    assert (tmp_path / "run1" / "model-20.index").read_text() == "False 20"
    assert 'model_checkpoint_path: "model-20"\n' in (tmp_path / "run1" / "checkpoint").read_text()
    assert [progress.held_out for progress, _ in looks] == pytest.approx([5.0, 4.0, 4.5, 4.1, 4.0])
    assert [progress.best_step for progress, _ in looks] == [10, 20, 20, 20, 20]
    assert looks[0][1] == Sampled(("hi",), 0)
    history = RunFolder(tmp_path / "run1").history()
    assert [(row.step, row.held_out, row.copy_rate) for row in history if row.held_out] == [
        (step, loss, 0.0) for step, loss in zip(range(10, 60, 10), [5.0, 4.0, 4.5, 4.1, 4.0], strict=True)
    ]
    assert [row.step for row in history] == list(range(2, 51, 2))
    assert history[0].train == pytest.approx(9 - 0.15)


def test_all_steps_are_done_where_it_keeps_falling(tmp_path: Path) -> None:
    one = training(tmp_path, Network([6, 5, 4, 3, 2, 1]))
    assert one.run() == "all steps are done"
    assert (one.state.best_step, one.state.best_loss) == (60, 1)


def test_a_signal_saves_and_the_next_start_sees_the_very_next_rows(tmp_path: Path) -> None:
    first = Network([5.0, 4.0], kill_at=23)
    with pytest.raises(Interrupted, match="step 23 of 60"):
        training(tmp_path, first).run()
    run = RunFolder(tmp_path)
    assert names(run.resume) == ["state-23.data-00000-of-00001", "state-23.index", "state.json"]
    record = run.state()
    assert record is not None
    assert (record["base"], record["weights"], record["step"]) == ("nano", "state-23", 23)
    assert (tmp_path / "model-20.index").exists()

    second = Network([5.0, 4.0, 3.0, 3.5, 3.5, 3.5])
    second.seen = list(first.seen)
    one = training(tmp_path, second, TrainingState(**record["state"]))
    one.run()
    assert [rows[0][0] for rows in second.seen] == list(range(60))
    assert one.state.best_step == 30
    assert not run.resume.exists()
    assert [row.step for row in run.history()] == [*range(2, 23, 2), *range(24, 61, 2)]


def test_a_signal_in_a_look_is_not_the_end_of_that_look(tmp_path: Path) -> None:
    network = Network([5.0, 4.0], kill_at=20)
    with pytest.raises(Interrupted):
        training(tmp_path, network).run()
    record = RunFolder(tmp_path).state()
    assert record is not None
    assert record["state"]["looked"] == 10  # and so it is made up for at once
    second = Network([5.0, 4.0, 4.5, 4.5, 4.5])
    second.seen = list(network.seen)
    one = training(tmp_path, second, TrainingState(**record["state"]))
    one.run()
    assert one.state.best_step == 20


def test_a_look_is_not_repeated_by_the_next_start(tmp_path: Path) -> None:
    network = Network([5.0, 4.0, 4.5])
    network.seen = [[]] * 20
    state = TrainingState(step=20, looked=20, best_step=20, best_loss=4.0, stale=1)
    one = training(tmp_path, network, state, replace(PLAN, steps=30))
    one.run()
    assert (one.state.stale, one.state.looked, one.state.best_step) == (2, 30, 20)


def test_a_crash_between_two_renames_leaves_no_index_without_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crashing(files.Disk):
        def rename(self, source: Path, target: Path) -> None:
            super().rename(source, target)
            if target.name.startswith("model-"):
                raise SystemExit

    monkeypatch.setattr(files, "disk", Crashing())
    with pytest.raises(SystemExit):
        RunFolder(tmp_path).keep(Network([]), 5)
    assert [name for name in names(tmp_path) if "model" in name] == ["model-5.data-00000-of-00001"]


def test_an_early_signal_leaves_a_checkpoint_to_try(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        training(tmp_path, Network([5.0], kill_at=4)).run()
    assert 'model_checkpoint_path: "model-4"' in (tmp_path / "checkpoint").read_text()


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"No space left on device; step 20 is safe in") as caught:
        training(tmp_path, Network([5.0, 4.0, 3.0], disk=30)).run()
    assert caught.value.exit_code == 3
    assert (tmp_path / "model-20.index").read_text() == "False 20"
    assert 'model_checkpoint_path: "model-20"' in (tmp_path / "checkpoint").read_text()
    assert not [name for name in names(tmp_path) if "30" in name or name.startswith(".")]


def test_a_full_disk_at_a_signal_leaves_it_too(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"No space left on device; step 20 is safe in"):
        training(tmp_path, Network([5.0, 4.0], kill_at=23, disk=23)).run()
    assert (tmp_path / "model-20.index").read_text() == "False 20"


def test_everything_is_saved_now_and_then_however_far_the_next_look_is(tmp_path: Path) -> None:
    """A quarter of an hour of training is what a power cut may cost."""
    now = itertools.count(0, 34)  # read three times a step
    run = RunFolder(tmp_path)
    steps: list[tuple[int, int]] = []

    def watch(progress: TrainingProgress) -> None:
        record = run.state()
        steps.append((progress.step, record["step"] if record else 0))

    plan = replace(PLAN, check_every=40)
    network, watcher = Network([3] * 6), Watcher(stepped=watch)
    training(tmp_path, network, plan=plan, clock=lambda: float(next(now)), watcher=watcher).run()
    assert max(step - saved for step, saved in steps) <= 12  # of 100 seconds each
    assert {saved for _, saved in steps} > {0}


def test_what_is_copied_at_the_last_step_is_known(tmp_path: Path) -> None:
    one = training(tmp_path, Network([6, 5, 4, 3, 2, 1]), plan=replace(PLAN, sample_every=40))
    one.run()
    sampled = [row.step for row in RunFolder(tmp_path).history() if row.copy_rate is not None]
    assert sampled == [40, 60]
    assert one.state.copy_rate == 0


def test_a_loss_that_is_no_number_stops_it(tmp_path: Path) -> None:
    class Diverging(Network):
        def train(self, rows: Sequence[Sequence[int]], rate: float) -> float:
            super().train(rows, rate)
            return float("nan") if len(self.seen) == 25 else 5.0

    with pytest.raises(SettingsError, match="no number any more at step 25; step 20 is safe") as caught:
        training(tmp_path, Diverging([5.0, 4.0])).run()
    assert "--learning-rate" in caught.value.hint


def test_a_run_is_set_aside_under_a_name_that_is_free(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run1")
    for number in (1, 2):
        run.begin({"hparams.json": b"%d" % number})
        assert run.set_aside() == tmp_path / f"run1-before-{number}"
        assert run.is_empty()
    assert (tmp_path / "run1-before-2" / "hparams.json").read_bytes() == b"2"


def test_what_a_cut_off_save_has_left_is_swept(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.begin({})
    (tmp_path / ".saving").mkdir()
    (tmp_path / ".saving" / "model-5.data-00000-of-00001").write_bytes(b"half")
    run.sweep()
    assert names(tmp_path) == []


def test_a_damaged_state_is_an_error_and_damaged_losses_are_none(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.save_state({"step": 1}, None)
    deep = "[" * 50_000 + "]" * 50_000
    for damage, says in (
        ("[1]", "it is "),
        ('{"step": %s}' % ("9" * 5000), "a number is"),
        (deep, "it is nested"),
    ):
        (run.resume / "state.json").write_text(damage)
        with pytest.raises(FileError, match=rf"state\.json is damaged: {says}"):
            run.state()
    (tmp_path / "loss.csv").write_text("step,seconds\n1,x\n")
    assert run.history() == []


def test_losses_come_back_from_their_file(tmp_path: Path) -> None:
    rows = [LossRow(1, 0.5, 7.25, None, 0.001, 512.0, None), LossRow(2, 1.0, 7.0, 7.5, 0.002, 512.0, 0.25)]
    run = RunFolder(tmp_path)
    run.begin({})
    run.write_history(rows)
    assert run.history() == rows
    assert (tmp_path / "loss.csv").read_text().startswith(",".join(asdict(rows[0])) + "\n1,0.5,7.25,,0.001")


def test_only_finished_posts_count_as_copies_or_not() -> None:
    pieces = [bytes([number]) for number in range(256)]
    corpus = ["The fog came in at four and nobody had asked it to come in."]

    def tokens(text: str) -> list[int]:
        return list(text.encode())

    texts = [f"{corpus[0]}\n", "A gull.\nThe fog", corpus[0], "\n"]
    assert sample_reader(pieces, False, corpus)([*map(tokens, texts)]) == Sampled((corpus[0], "A gull."), 1)
    marked = [f"{corpus[0]}<|endoftext|>", "Two\nlines.<|endoftext|>\n<|startoftext|>Three", "A gull.\n"]
    assert sample_reader(pieces, True, corpus)([*map(tokens, marked)]).posts == (corpus[0], "Two\nlines.")
    assert sample_reader(pieces, False, corpus)([[65, 66]]).copy_rate is None


def test_a_look_says_what_it_has_shown() -> None:
    progress = TrainingProgress(300, 1850, 2.3, 2.45, 300, 15800, 240)
    assert list(look(progress, Sampled(("One\nGull", "Two"), 1))) == [
        "step 300 of 1,850, loss 2.300, held out 2.450, 15,800 tokens/s, 4 min left (best so far)",
        "  1 of 2 sampled posts are copies (50%); a sample: One\\nGull",
    ]
    assert (
        list(look(progress, Sampled(("One",), 0)))[1] == "  0 of 1 sampled post is a copy (0%); a sample: One"
    )
    (line,) = look(replace(progress, best_step=200), None)
    assert line.endswith("(best: step 200)")


def history(looks: Sequence[tuple[float, float | None]]) -> list[LossRow]:
    return [LossRow(n, n, 1.0, loss, 1e-3, 1.0, rate) for n, (loss, rate) in enumerate(looks, 1)]


def test_the_demo_would_have_copied_less_after_fewer_steps() -> None:
    found = overtraining(RunFolder(demo.folder()).history(), 2550)
    assert found is not None
    assert (found.step, round(found.fall, 3)) == (1800, 0.040)
    assert (round(found.before, 2), round(found.after, 2)) == (0.12, 0.19)
    said = list(closing(Path("run1"), TrainingState(3000, best_step=2550), "because", found))
    assert said[2] == (
        "from step 1,800 on the held-out loss fell by only 0.040, while copies rose from 12% to 19%: "
        "another --run with --steps 1800 should copy less"
    )


@pytest.mark.parametrize(
    ("looks", "step"),
    [
        ([(1.04, 0.1), (1.03, 0.1), (1.02, 0.3), (1.0, 0.3)], 1),
        ([(1.06, 0.1), (1.055, 0.1), (1.02, 0.3), (1.0, 0.3)], None),  # the loss fell
        ([(1.04, 0.3), (1.03, 0.3), (1.02, 0.3), (1.0, 0.3)], None),  # the copies were there before
        ([(1.04, 0.0), (1.03, 0.0), (1.02, 0.03), (1.0, 0.04)], None),  # there are few of them
        ([(1.04, None), (1.03, None), (1.02, None), (1.0, 0.4)], None),  # nobody looked
        ([], None),
    ],
)
def test_a_shorter_training_is_advised_where_it_costs_little(
    looks: list[tuple[float, float | None]], step: int | None
) -> None:
    found = overtraining(history(looks), len(looks))
    assert (found and found.step) == step


@pytest.mark.parametrize(
    ("losses", "steps", "tokens", "falling"),
    [
        ([3.0, 2.0, 1.5], 3, 16_000, 0.5),
        ([3.0, 2.0, 1.5, 1.4], 4, 100, 0.1),
        ([3.0, 2.0, 1.5, 1.48], 4, 100, None),  # a hundred tokens tell no more
        ([3.0, 2.0, 1.5, 1.48], 4, 16_000, 0.02),
        ([3.0, 2.0, 1.5, 1.495], 4, 16_000, None),
        ([3.0, 1.5, 2.0, 1.5], 4, 16_000, None),  # it was there before
        ([3.0, 2.0, 1.5], 60, 16_000, None),  # it had not fallen at three looks, or was stopped
        ([3.0], 1, 16_000, None),
        ([], 1, 16_000, None),
    ],
)
def test_a_longer_training_is_advised_where_the_loss_fell_to_the_end(
    losses: list[float], steps: int, tokens: int, falling: float | None
) -> None:
    found = still_falling(history([(loss, None) for loss in losses]), steps, tokens)
    assert (found and round(found.fall, 3)) == falling
    if found:
        assert found.steps == 2 * steps
        said = list(closing(Path("run1"), TrainingState(steps, best_step=steps), "all steps", None, found))
        assert said[2] == (
            f"the held-out loss was still falling, by {falling:.3f} at the last look: "
            f"another --run with --steps {2 * steps} may write better"
        )
        over = Overtraining(1, 0.04, 0.1, 0.2)  # nobody is sent both ways
        said = list(closing(Path("run1"), TrainingState(steps, best_step=steps), "all steps", over, found))
        assert "still falling" not in "".join(said)


@pytest.mark.parametrize(
    ("held_out", "train", "tokens", "steps"),
    [
        (1.496, 1.51, 16_000, 16),
        (1.496, 1.47, 16_000, 16),
        (1.496, 1.42, 16_000, None),  # some of it is known by heart
        (1.496, 1.51, 4_000, None),  # which may be easy ones
        (1.501, 1.51, 16_000, None),
    ],
)
def test_a_learning_rate_that_has_sunk_hides_no_fall(
    held_out: float, train: float, tokens: int, steps: int | None
) -> None:
    rows = history([(3.0, None), (2.0, None), (1.5, None), (held_out, None)])
    found = still_falling([*rows[:3], replace(rows[3], train=train)], 4, tokens)
    assert (found and found.steps) == steps
    if found:
        said = list(closing(Path("run1"), TrainingState(4, best_step=4), "all steps", None, found))
        assert said[2] == (
            "the held-out loss was still falling, by 0.004 at the last look, and is hardly above that of the "
            "training: another --run with --steps 16 may write better"
        )


def test_eighty_columns_have_room_for_a_bar_and_all_that_is_said_beside_it() -> None:
    progress = TrainingProgress(1050, 3462, 0.967, 1.027, 1050, 13884, 900)
    said = beside(progress)
    assert said == "1,050/3,462, 15 min left, loss 0.967, held out 1.027, 13,884 tokens/s"
    assert 80 - len(said) >= 10


def test_the_end_says_what_comes_next() -> None:
    state = TrainingState(3000, 3000, 2550, 2.4, 1.9, 0.05, 3, 600.0)
    assert list(closing(Path("data/checkpoint/run2"), state, "because")) == [
        "ended after 3,000 steps and 10 min: because",
        "kept: step 2,550 (held-out loss 2.400, training loss 1.900, 5% copies) in data/checkpoint/run2",
        "next: botus generate --checkpoint data/checkpoint/run2 --temp 0.9 -n 500",
    ]
    assert next(closing(Path("run1"), TrainingState(1), "because")) == "ended after 1 step and 0 s: because"


def test_the_plot_shows_what_was_measured() -> None:
    rows = [LossRow(1, 0.5, 7.25, None, 0.001, 512.0, None), LossRow(2, 1.0, 7.0, 7.5, 0.002, 512.0, 0.25)]
    assert "kept: step 2, 7.500" in plot(rows, 2)
    assert "kept" not in plot(rows, 0).partition("</style>")[2]
