"""A schedule in plain English, or without its quotes: what it means as five fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.errors import SettingsError
from botus.schedule.cron import read
from botus.schedule.meant import cron_of
from tests.support.command import botus


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("every 4 hours", "0 */4 * * *"),
        ("Every four hours.", "0 */4 * * *"),
        ("hourly", "0 * * * *"),
        ("every 15 minutes", "*/15 * * * *"),
        ("every half hour", "*/30 * * * *"),
        ("every 24 hours", "0 9 * * *"),
        ("daily at 9:30", "30 9 * * *"),
        ("every day at 9 am and 9 pm", "0 9,21 * * *"),
        ("at noon on weekdays", "0 12 * * 1-5"),
        ("twice a day", "0 */12 * * *"),
        ("5 posts per day", "0 0,4,9,14,19 * * *"),
        ("2 times an hour", "*/30 * * * *"),
        ("Mondays and thursdays at 18:30", "30 18 * * 1,4"),
        ("weekends at 10", "0 10 * * 0,6"),
        ("every other day at 8", "0 8 */2 * *"),
        ("weekly at 7pm", "0 19 * * 1"),
        ("monthly", "0 9 1 * *"),
        ("every 36 hours", ""),
        ("at 9:30 and 10:45", ""),
        ("at 25", ""),
        ("30 times a day", ""),
        ("sometimes", ""),
    ],
)
def test_plain_english_is_told_as_five_fields(said: str, means: str) -> None:
    assert cron_of(said) == means
    if means:
        with pytest.raises(SettingsError) as caught:
            read(said, "bot")
        assert (f"is '{means}' (" in str(caught.value), caught.value.hint) == (True, f"Write CRON='{means}'.")
        assert read(means, "bot").text == means


def test_words_that_are_arguments_are_one_expression(tmp_path: Path) -> None:
    said = botus("schedule", "every", "4", "hours", "--data", tmp_path).err
    assert "CRON is not read in words: 'every 4 hours' is '0 */4 * * *' (every 4 hours, on the hour)." in said


@pytest.mark.parametrize("names", [(), ("data",), ("a lamp", "Fog", "data")])
def test_stars_that_a_shell_has_replaced_are_read_as_stars(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in (*names, ".hidden"):
        (tmp_path / name).touch()
    stars = sorted(names) or ["*"]
    done = botus("schedule", "0", "9", *stars, *stars, *stars, cwd=tmp_path)
    assert done.out.startswith("0 9 * * * in UTC: at 09:00 every day\n")
    assert ("botus schedule '0 9 * * *'" in done.err) == bool(names)
