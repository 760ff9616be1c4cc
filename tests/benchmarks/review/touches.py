"""Measures the page in a real Chromium: its start, and from a touch to the next card on the screen.

python -m tests.benchmarks.review.touches [--candidates 10000] [--touches 300]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.benchmarks.curate import write
from tests.browser.visiting import CHROMIUM, PHONE, QUIET, Served, settled

# From the finger's arrival, by the browser's own clock, to the frame in which the next card is painted.
_WATCH = """() => {
  window.waits = [];
  addEventListener("pointerdown", (event) => {
    const text = document.getElementById("text");
    const before = text.textContent;
    const look = () => requestAnimationFrame(() => setTimeout(() => {
      if (text.textContent === before) look();
      else window.waits.push(performance.now() - event.timeStamp);
    }));
    look();
  }, true);
}"""


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--touches", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        served = Served(Path(folder))
        write(served.data, given.candidates)
        served.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_context(**PHONE).new_page()
        began = time.perf_counter()
        page.goto(served.login)
        page.wait_for_selector("#card:not([hidden])")
        print(f"{given.candidates:,} candidates: login to first card {time.perf_counter() - began:.2f} s")
        began = time.perf_counter()
        page.reload()
        page.wait_for_selector("#card:not([hidden])")
        print(f"  first page {time.perf_counter() - began:.2f} s, {_carried(page) / 1000:.1f} kB")
        page.evaluate(_WATCH)
        for number in range(given.touches):
            box = page.locator(f"[data-act={'keep' if number % 10 == 0 else 'drop'}]").bounding_box()
            page.touchscreen.tap(box["x"] + 20, box["y"] + 20)
            page.wait_for_timeout(60)
        settled(page)
        waits = sorted(page.evaluate("window.waits"))
        late = f"p95 {waits[int(0.95 * len(waits))]:.1f} ms, longest {waits[-1]:.1f} ms"
        print(f"  touch to next card: p50 {statistics.median(waits):.1f} ms, {late}, of {len(waits)}")
        browser.close()
        served.kill()


def _carried(page: Any) -> int:  # noqa: ANN401
    """Count the bytes of all that the page has loaded."""
    entries = "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
    return int(page.evaluate(f"{entries}.reduce((sum, one) => sum + one.transferSize, 0)"))


if __name__ == "__main__":
    main()
