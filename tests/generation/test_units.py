"""Units: the first posts of a seed come at once, and nothing is begun for who wants no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from botus.checkpoints.checkpoint import open_checkpoint
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling.sampler import Sampler
from botus.generation.sampling.units import Plan, Writer, by_threads
from tests.support import bundle

PLAN = Plan(SamplingOptions(batch=8), (), 1)


@dataclass(frozen=True)
class Pen(Writer):
    """A writer without a model, which notes what it begins; its first unit has two parts."""

    begun: list[int] = field(default_factory=list)

    def parts(self, plan: Plan, number: int, stopped: Callable[[], bool]) -> Iterator[list[Sample]]:
        self.begun.append(number)
        for place in (0, 4) if number == 0 else (0,):
            yield [Sample("", True, 0.0, 1, number * 8 + place)]


def pen() -> Pen:
    return Pen(Path(), "cpu", (), frozenset())


def test_who_wants_the_first_posts_begins_nothing_else() -> None:
    writer = pen()
    units = by_threads(2)(writer, PLAN, count())
    assert [sample.number for sample in next(units)] == [0]
    assert writer.begun == [0]
    assert [sample.number for sample in next(units)] == [4]
    assert [sample.number for sample in next(units)] == [8]
    units.close()  # type: ignore[attr-defined]


def test_units_come_in_their_order_from_a_later_place() -> None:
    units = by_threads(2)(pen(), PLAN, count(3, 2))
    assert [next(units)[0].number for _ in range(3)] == [24, 40, 56]
    units.close()  # type: ignore[attr-defined]


def test_the_parts_of_the_first_unit_are_its_posts(tmp_path: Path) -> None:
    run = bundle.write_bigrams(tmp_path / "run1", ["The"], {"Ċ": {"The": 0.5, "a": 0.5}, "The": {"a": 1}})
    source = Sampler(open_checkpoint(run), [tmp_path / "cache"], precision="float32")
    options = SamplingOptions(1.0, batch=40)
    posts = list(islice(source.stream(options, 1), 80))
    assert [post.number for post in posts] == list(range(80))
    assert {post.text for post in posts} == {"Thea", "a"}
    assert list(islice(source.stream(options, 1, skip=3), 77)) == posts[3:]
    plan = Plan(*source._fitted(options)[:1], ("Ċ",), 1)
    writer = Writer(source.engine.folder, "cpu", source._vocabulary.pieces, frozenset())
    assert [len(part) for part in writer.parts(plan, 0, lambda: False)] == [4, 36]
    assert writer.write(plan, 0) == posts[:40]
    assert [len(part) for part in writer.parts(plan, 1, lambda: False)] == [40]


def test_a_model_is_asked_once_how_it_writes(tmp_path: Path) -> None:
    run = bundle.write_bigrams(tmp_path / "run1", ["The"], {"Ċ": {"The": 1}})
    first, again = (Sampler(open_checkpoint(run), [tmp_path / "cache"]) for _ in range(2))
    asked = (first.form, "_scorer" in vars(first.engine))
    assert (again.form, "_scorer" in vars(again.engine)) == (asked[0], False)
    assert asked[1]
