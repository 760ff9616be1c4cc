"""The page at /demo of `botus serve`: text is only ever text, on a phone and on a desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_page import check
from tests.browser.visiting import DESK, PHONE, watch
from tests.web.answers.asking import answering, filled

pytestmark = pytest.mark.browser
ARABIC = "مرحبا يا منارة"
LINES = (ARABIC, "<img src=x onerror=alert(1)>", "<b>bold</b> & <script>alert(2)</script>")


@pytest.mark.parametrize("kind", [PHONE, DESK])
def test_somebody_asks(chromium: Any, tmp_path: Path, kind: dict[str, Any]) -> None:  # noqa: ANN401
    with answering(filled(tmp_path / "data", LINES), SERVE_TOKEN="sesame") as own:
        context, troubles = chromium.new_context(**kind, color_scheme="dark"), list[str]()
        watch(context, troubles)
        page = context.new_page()
        page.goto(f"{own.address}/demo")
        page.fill("#question", "<i>who</i> are you?")
        page.press("#question", "Enter")
        page.wait_for_selector(".trouble")
        assert page.inner_text(".mine") == "<i>who</i> are you?"
        page.fill("#token", "sesame")
        for count in range(len(LINES)):
            page.fill("#question", "and now?")
            page.click("#send")
            page.locator(".bot").nth(count).wait_for()
        assert sorted(page.locator(".bot").all_inner_texts()) == sorted(LINES)
        sides = "e => getComputedStyle(e).direction"
        assert page.locator(".bot", has_text=ARABIC).evaluate(sides) == "rtl"
        assert 'listitem: "The bot: مرحبا' in page.locator("#said").aria_snapshot()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        check(page)
        assert context.cookies() == []
        assert [one for one in troubles if "401" not in one] == []
        context.close()
