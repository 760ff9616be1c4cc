"""A real botus web, and a real Chromium that visits it as a phone and as a desk do.

What a page says on its console is an error, and so is anything that its content policy has to forbid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.browser.visiting import CHROMIUM, QUIET, Served, watch


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path / "data")
    yield one
    with suppress(AssertionError):
        one.kill()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    with import_module("playwright.sync_api").sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def chromium(playwright: Any) -> Iterator[Any]:  # noqa: ANN401
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield browser
    browser.close()


Visit = Callable[..., Any]


@pytest.fixture
def visit(chromium: Any, served: Served) -> Iterator[Visit]:  # noqa: ANN401
    """Open the page with `visit(**PHONE)` or `visit(**DESK)`; nothing that nobody expects may go wrong."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opened(**kind: object) -> Any:  # noqa: ANN401
        contexts.append(chromium.new_context(**kind))
        watch(contexts[-1], troubles)
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.goto(served.login)
        page.wait_for_url(f"{served.address}/")
        page.wait_for_selector("#card:not([hidden]), #panel:not([hidden]) button")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []
