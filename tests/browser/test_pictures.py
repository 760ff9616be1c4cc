"""The pictures of the page, made by a real review.

PICTURES=docs/page python -m pytest -m browser -n 0 tests/browser/test_pictures.py keeps them, at a person's
pace; this needs Pillow, which makes them small.
"""

from __future__ import annotations

import io
import os
import runpy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.visiting import DESK, PHONE, Served, settled
from tests.support.pages import ROOT

pytestmark = pytest.mark.browser
KEPT = os.environ.get("PICTURES")
FONT = "Roboto, system-ui, sans-serif"  # as on a phone, where there is one
VERDICTS = ("drop", "keep", "drop", "drop", "star", "drop", "later")


def test_pictures(visit: Visit, served: Served) -> None:
    served.data.mkdir()
    runpy.run_path(str(ROOT / "docs" / "pictures.py"))["prepare"](served.data)
    served.start()
    phone = visit(**PHONE, color_scheme="light", device_scale_factor=2)
    for verdict in VERDICTS:
        phone.tap(f"#card-actions [data-act={verdict}]")
        phone.wait_for_timeout(2500 if KEPT else 0)
    settled(phone)
    take(phone, "card")
    for tab in ("queue", "state"):
        phone.click(f"nav a[href='#{tab}']")
        phone.wait_for_selector(f"#{tab} h1")
        take(phone, tab)
    served.login = served.invite()
    desk = visit(**DESK, color_scheme="dark")
    desk.click("text=Review here")
    desk.wait_for_selector("#card:not([hidden])")
    desk.keyboard.press("Tab")
    desk.wait_for_selector("#list li:nth-child(5)")
    for digit in "2449":
        desk.keyboard.press(digit)
    take(desk, "list")


def take(page: Any, name: str) -> None:  # noqa: ANN401
    page.evaluate("(font) => { document.documentElement.style.fontFamily = font; }", FONT)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => !document.querySelector('#notice.there')")
    picture = page.screenshot(animations="disabled")
    if KEPT:
        with import_module("PIL.Image").open(io.BytesIO(picture)) as image:
            image.convert("RGB").quantize(256).save(Path(KEPT) / f"{name}.png", optimize=True)


def test_the_pictures_are_light() -> None:
    pictures = list((ROOT / "docs" / "page").glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size < 80_000 for picture in pictures)
