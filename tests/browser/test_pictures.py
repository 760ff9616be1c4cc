"""The pictures of the page, made by a real review.

PICTURES=docs/page python -m pytest -m browser -n 0 tests/browser/test_pictures.py keeps them, at a person's
pace; this needs Pillow, which makes them small.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import time
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.visiting import DESK, PHONE, Served, settled
from tests.support.pages import ROOT

pytestmark = pytest.mark.browser
KEPT = os.environ.get("PICTURES")
FONT = "Roboto, system-ui, sans-serif"  # as on a phone, where there is one
VERDICTS = ("drop", "keep", "drop", "drop", "star", "drop", "later")


def test_pictures(visit: Visit, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.data.mkdir()
    monkeypatch.syspath_prepend(ROOT / "docs")
    runpy.run_path(str(ROOT / "docs" / "pictures.py"))["prepare"](served.data)
    posted(served)
    served.start()
    phone = visit(**PHONE, color_scheme="light", device_scale_factor=2)
    for verdict in VERDICTS:
        phone.tap(f"#card-actions [data-act={verdict}]")
        phone.wait_for_timeout(2500 if KEPT else 0)
    settled(phone)
    take(phone, "card")
    phone.click("nav a[href='#queue']")
    phone.wait_for_selector("#queue-lines li:nth-child(10)")
    phone.wait_for_selector(".next b")
    take(phone, "queue")
    phone.set_viewport_size({"width": 360, "height": 760})
    phone.click("nav a[href='#state']")
    phone.wait_for_selector("figure:last-child")
    phone.wait_for_selector("#health")
    take(phone, "state")
    phone.set_viewport_size(PHONE["viewport"])
    served.login = served.invite()
    desk = visit(**DESK, color_scheme="dark")
    desk.click("text=Review here")
    desk.wait_for_selector("#card:not([hidden])")
    desk.keyboard.press("Tab")
    desk.wait_for_selector("#list li:nth-child(5)")
    for digit in "2449":
        desk.keyboard.press(digit)
    take(desk, "list")


def posted(served: Served) -> None:
    """Give the bot a month in which it has posted, and goes on."""
    today, rng = int(time.time() // 86400) * 86400, Random(1)
    days = [(day, number) for day in range(30, 0, -1) for number in range(rng.choice((1, 2, 2, 2)))]
    targets = {"mastodon": {"state": "posted", "url": None, "id": "1", "at": 1, "error": None}}
    entries = [
        {
            "text": f"Log {day} {number}",
            "timestamp": (today - day * 86400 + 36000 * number) * 1000,
            "id": f"{day:08x}{number:02x}",
            "targets": targets,
        }
        for day, number in days
    ]
    (served.data / "tweeted.json").write_text(json.dumps(entries))
    (served.data / ".botus" / "heartbeat").touch()


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
