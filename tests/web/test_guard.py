"""What strangers try, each on the application itself: nothing of it is heard."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.text import fingerprint
from botus.web.guard import HEADERS, LARGEST
from tests.web.page import POSTS, Browser, Page, filled, journal, opened

DROP = {"id": "1", "decisions": [{"post": fingerprint(POSTS[0]), "verdict": "drop"}]}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with opened(tmp_path / "data", names=["bot.example", "192.168.1.5", "[fd00::5]"]) as found:
        yield found


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.:8017",
        "127.0.0.1:8017",
        "127.1.2.3",
        "[::1]:8017",
        "bot.example",
        "192.168.1.5:80",
        "[fd00::5]:8017",
    ],
)
def test_names_of_the_page_are_let_in(page: Page, host: str) -> None:
    assert page.app.test_client().get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:8017",
        "localhost.rebound.example",
        "127.0.0.1.rebound.example",
        "bot.example.rebound.example",
        "bot.example@rebound.example",
        "bot.example, rebound.example",
        "[::1]rebound.example",
        "10.0.0.9",
        "0.0.0.0",
        "2130706433",
        "",
        "bot.example:80:90",
        "böt.example",
        "localhost\\.rebound.example",
    ],
)
def test_a_foreign_name_that_leads_here_gets_nothing(page: Page, host: str) -> None:
    browser = page.browser()
    for path in ("/", "/login", "/login.js", "/review?client=sofa"):
        answer = browser.client.get(path, headers={"Host": host})
        assert answer.status_code == 403, path
        assert "--host-name" in answer.get_json()["problem"]


def test_any_address_will_do_where_the_page_listens_at_all_but_no_name(tmp_path: Path) -> None:
    with opened(tmp_path / "data", any_address=True) as page:
        client = page.app.test_client()
        assert client.get("/login", headers={"Host": "10.0.0.9:8017"}).status_code == 200
        assert client.get("/login", headers={"Host": "rebound.example"}).status_code == 403


def test_a_name_that_was_left_empty_lets_no_odd_host_in(tmp_path: Path) -> None:
    with opened(tmp_path / "data", names=[""]) as page:
        for host in ("", "bot!rebound.example", "a b"):
            assert page.app.test_client().get("/login", headers={"Host": host}).status_code == 403


OWN = "http://localhost"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://localhost"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "", "Origin": ""},
    ],
)
def test_a_change_that_another_page_asks_for_is_not_made(page: Page, headers: dict[str, str]) -> None:
    browser = page.browser()
    browser.begin()
    for path in ("/decide", "/review", "/undo", "/edit", "/look", "/login", "/nothing"):
        status, found = browser.send(path, headers, **DROP)
        assert (status, found["what"]) == (403, "origin"), path
    assert journal(page.data) == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": OWN}, {"Origin": OWN.upper()}],
)
def test_the_page_itself_is_heard(page: Page, headers: dict[str, str]) -> None:
    browser = page.browser()
    browser.begin()
    assert browser.send("/decide", headers, **DROP)[0] == 200


def test_another_page_may_link_here_and_read_or_begin_nothing(page: Page) -> None:
    browser = page.browser()
    for site in ("cross-site", "same-site"):
        for path in ("/review?client=sofa", "/", "/app.js"):
            for mode, status in (("no-cors", 403), ("cors", 403), ("navigate", 200)):
                headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
                assert browser.client.get(path, headers=headers).status_code == status, (path, mode)


def test_a_form_or_plain_text_is_no_request_of_the_page(page: Page) -> None:
    browser = page.browser()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        given = {"Sec-Fetch-Site": "same-origin"}
        answer = browser.client.post("/decide", data=b"{}", content_type=kind, headers=given)
        assert answer.status_code == 415, kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b"[" * 100000,
        b'{"client": 5}',
        b'{"client": "\\ud800"}',
        b'{"client": "a", "count": {}}',
        b'{"client": "a", "count": 1e999}',
        b'{"client": "' + b"a" * 5000 + b'"}',
        b"\xff\xfe{}",
    ],
)
def test_a_body_that_makes_no_sense_is_refused(page: Page, body: bytes) -> None:
    given = {"Sec-Fetch-Site": "same-origin"}
    client = page.browser().client
    answer = client.post("/review", data=body, content_type="application/json", headers=given)
    assert (answer.status_code, answer.get_json()["what"]) == (400, "request")
    assert page.said == []


@pytest.mark.parametrize(
    "decisions",
    [
        None,
        {},
        [1],
        [{}],
        [{"post": 5, "verdict": "drop"}],
        [{"post": "a", "verdict": "edit"}],
        [{"post": "a", "verdict": "burn"}],
        [{"post": "a", "verdict": "drop"}] * 3000,
    ],
)
def test_decisions_that_there_are_not_are_refused(page: Page, decisions: object) -> None:
    browser = page.browser()
    browser.begin()
    assert browser.send("/decide", id="1", decisions=decisions)[0] == 400
    assert journal(page.data) == []


def test_a_long_body_is_refused(page: Page) -> None:
    status, found = page.browser().send("/edit", id="1", post="a", text="a" * LARGEST)
    assert (status, found["what"]) == (413, "size")


def test_every_answer_has_the_headers(page: Page) -> None:
    browser = page.browser()
    stranger = page.app.test_client()
    answers = [
        browser.client.get("/review?client=sofa"),
        stranger.get("/"),
        stranger.get("/login"),
        stranger.get("/login.js"),
        stranger.get("/nothing"),
        stranger.get("/", headers={"Host": "elsewhere.example"}),
        stranger.put("/decide", headers={"Origin": OWN}),
        stranger.options("/decide"),
    ]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_the_pages_of_the_server_hold_no_script_or_style_of_their_own(page: Page) -> None:
    client = page.app.test_client()
    for path in ("/", "/login"):
        text = client.get(path).get_data(as_text=True)
        assert "<style" not in text
        assert "style=" not in text
        assert "<script>" not in text
        assert " on" not in text.replace(" on ", "").replace(" once", "")


def test_a_post_is_json_whatever_is_in_it(tmp_path: Path) -> None:
    posts = (
        "<script>alert(1)</script><style>*{}</style>",
        "\x1b[2J\x1b]0;gone\x07",
        "lamp \u202egnp.exe\u2066",
    )
    with opened(tmp_path / "data") as page:
        filled(page.data, posts)
        browser = page.browser()
        answer = browser.client.get("/review?client=sofa")
        assert answer.mimetype == "application/json"
        held = {card["text"]: card["held"] for card in answer.get_json()["cards"]}
        assert held.keys() == set(posts)
        assert held[posts[1]]
        assert browser.decide(fingerprint(posts[1]), "drop")["done"]


def test_the_files_of_the_page_travel_packed(page: Page) -> None:
    client = page.app.test_client()
    plain, packed = client.get("/login.js"), client.get("/login.js", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert (packed.mimetype, packed.headers["Vary"]) == ("text/javascript", "Accept-Encoding")


TRICKS = ["/../web/app.py", "/..%2fapp.py", "/%2e%2e/%2e%2e/etc/passwd", "/pages/login.js"]
TRICKS += [
    "/login.js/",
    "/./login.js%00",
    "/..\\app.py",
    "/%5c..%5capp.py",
    "/__init__.py",
    "/.botus/web.json",
]
TRICKS += ["/index.html", "/locked.html", "/login.html", "/tweets.txt", "/" + "a" * 5000, "/static/login.js"]


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_leads_nowhere(page: Page, path: str) -> None:
    assert page.app.test_client().get(path).status_code == 401
    is_page = path in ("/index.html", "/locked.html", "/login.html")
    assert page.browser().client.get(path).status_code in ((404,) if is_page else (308, 404))
    assert page.said == []


def test_one_address_is_slowed_down_and_goes_on_later(page: Page) -> None:
    browser = page.browser()
    codes = [browser.get("/review")[0] for _ in range(420)]
    assert codes.count(429) > 15
    assert browser.get("/review")[1]["what"] == "slow down"
    page.clock.now += 1
    assert browser.get("/review")[0] == 200


def test_so_many_addresses_are_not_all_remembered(page: Page) -> None:
    for number in range(1200):
        page.app.test_client().get(
            "/login", environ_base={"REMOTE_ADDR": f"10.0.{number // 250}.{number % 250}"}
        )
    assert len(page.guard._requests._left) == 1000


def test_the_client_is_not_the_cookie(page: Page) -> None:
    stranger = Browser(page.app.test_client())
    for path in ("/review", "/decide", "/undo", "/look", "/compare", "/nothing"):
        status, found = stranger.send(path, **DROP)
        assert (status, found["what"]) == (401, "login")
    assert stranger.client.get("/").status_code == 401


def test_a_page_of_another_bot_changes_nothing_here(page: Page) -> None:
    browser, bot = page.browser(), page.access.cookie_name
    assert f'data-bot="{bot}"' in browser.client.get("/").get_data(as_text=True)
    ours = {"Sec-Fetch-Site": "same-origin", "Botus-Page": bot}
    assert browser.send("/review", ours)[0] == 200
    status, found = browser.send("/undo", {**ours, "Botus-Page": "botus-0"}, id="1")
    assert (status, found["what"]) == (409, "bot")
