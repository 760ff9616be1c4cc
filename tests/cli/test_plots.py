"""Plots: well-formed pictures with what they are to show, at the right places."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from botus.cli.display import plots
from botus.cli.display.plots import Bars

SVG = "{http://www.w3.org/2000/svg}"


def parsed(document: str) -> ElementTree.Element:
    return ElementTree.fromstring(document)


def words(document: str) -> list[str]:
    return [one.text or "" for one in parsed(document).iter(f"{SVG}text")]


def styled(document: str, style: str) -> list[ElementTree.Element]:
    return [one for one in parsed(document).iter() if style in one.get("class", "").split()]


def places(document: str, style: str) -> list[tuple[float, float]]:
    found = next(one for one in styled(document, style) if one.tag == f"{SVG}path").get("d", "")
    numbers = [float(number) for number in re.findall(r"[\d.]+", found)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


TRAINING = [(step, 4 - step / 500) for step in range(1001)]
HELD_OUT = [(step, 3 - step / 1000) for step in range(0, 1001, 100)]


def test_the_kept_step_and_the_old_rule_are_marked() -> None:
    picture = plots.loss(TRAINING, HELD_OUT, 700)
    assert "kept: step 700, 2.300" in words(picture)
    ring = styled(picture, "kept-dot")[0]
    at = float(ring.get("cx", "")), float(ring.get("cy", ""))
    assert at == places(picture, "held-out")[7]
    rule = next(one for one in styled(picture, "rule") if one.tag == f"{SVG}line")
    one_above, one = (next(y for text, y in heights(picture) if text == value) for value in ("2", "1"))
    assert float(rule.get("y1", "")) == pytest.approx(one - 4, abs=0.2) != one_above
    assert {"step", "loss (nats per token)", "training", "held-out posts"} <= set(words(picture))


def heights(picture: str) -> list[tuple[str, float]]:
    return [(one.text or "", float(one.get("y", "0"))) for one in styled(picture, "end")]


def test_nothing_is_marked_before_a_step_is_kept() -> None:
    assert not styled(plots.loss(TRAINING, HELD_OUT), "kept-dot")
    assert not any(word.startswith("kept") for word in words(plots.loss(TRAINING, HELD_OUT)))


def test_a_kept_step_without_a_loss_of_its_own_has_a_line_only() -> None:
    picture = plots.loss([(0, 3.0), (50, 2.0)], [(0, 3.0)], 50)
    assert "kept: step 50" in words(picture)
    assert not styled(picture, "kept-dot")


def test_a_long_training_is_drawn_as_means() -> None:
    points = [(step, 2.0 + step % 2) for step in range(8_000)]
    drawn = places(plots.loss(points), "training")
    assert len(drawn) == 400
    assert len({y for _, y in drawn}) == 1  # all at 2.5


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_left_out(bad: float) -> None:
    picture = plots.loss([(0, 2.0), (1, bad), (2, 1.0)], [(1, bad)])
    assert len(places(picture, "training")) == 2
    assert "nan" not in picture
    assert "inf" not in picture


def test_no_measurement_is_a_picture_too() -> None:
    assert "Loss by training step" in words(plots.loss([]))


def test_bars_are_as_high_as_their_counts() -> None:
    picture = plots.bars([Bars("Lengths", "characters", "posts", [10, 0, 20], [(0, "0"), (3, "30")])])
    drawn = styled(picture, "bar")
    low, high = (float(one.get("height", "")) for one in drawn)
    assert high == pytest.approx(2 * low, abs=0.3)
    assert {"Lengths", "characters", "posts", "0", "30"} <= set(words(picture))


def test_panels_stand_below_each_other() -> None:
    panel = Bars("Lengths", "characters", "posts", [1], [])
    assert float(parsed(plots.bars([panel, panel])).get("height", "")) == 2 * float(
        parsed(plots.bars([panel])).get("height", "")
    )


def test_no_words_can_break_a_picture() -> None:
    assert "<&\"'" in words(plots.bars([Bars("<&\"'", "", "", [], [])]))


def test_every_colour_has_a_dark_one() -> None:
    light, dark = plots.loss([]).split("@media (prefers-color-scheme: dark)")
    coloured = re.findall(r"^([\w., -]+) \{[^}]*#", light, re.MULTILINE)
    assert coloured == re.findall(r"^([\w., -]+) \{[^}]*#", dark, re.MULTILINE)


@pytest.mark.parametrize(
    ("span", "most", "step"), [(10, 5, 2), (1000, 8, 200), (4.2, 6, 1), (0.9, 5, 0.2), (7, 7, 1), (0, 5, 1)]
)
def test_steps_are_round(span: float, most: int, step: float) -> None:
    assert plots.round_step(span, most) == pytest.approx(step)
