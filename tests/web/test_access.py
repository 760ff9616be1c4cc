"""Who gets in: logins that are good once, cookies, and what a thief of either can do."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.web.access import COOKIE_FOR, LOGIN_FOR, Access, invitation, is_served, serving
from tests.web.page import NOW, Browser, Clock, Page, filled, opened


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with opened(tmp_path / "data") as found:
        yield found


def token(access: Access) -> str:
    return access.invite().partition("#")[2]


def test_a_login_is_good_once_and_leaves_a_cookie(page: Page) -> None:
    browser, one = Browser(page.app.test_client()), token(page.access)
    assert browser.get("/review")[0] == 401
    answer = browser.client.post("/login", json={"token": one}, headers={"Sec-Fetch-Site": "same-origin"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{page.access.cookie_name}=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert browser.get("/review")[0] == 200
    thief = Browser(page.app.test_client())
    status, found = thief.send("/login", token=one)
    assert (status, found["what"]) == (403, "login")
    assert "botus web --login" in found["problem"]
    assert thief.get("/review")[0] == 401


def test_a_login_that_a_thief_used_first_is_noticed_and_ended(page: Page) -> None:
    thief, owner, one = Browser(page.app.test_client()), Browser(page.app.test_client()), token(page.access)
    assert thief.send("/login", token=one)[0] == 200
    assert owner.send("/login", token=one)[0] == 403
    Access(page.data, page.clock).end_all()  # as another process does
    assert thief.get("/review")[0] == 401


def test_looking_at_a_login_does_not_use_it_up(page: Page) -> None:
    one = token(page.access)
    for path in (f"/login?{one}", f"/login?token={one}", "/login"):
        answer = page.app.test_client().get(path)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert one not in answer.get_data(as_text=True)
    assert Browser(page.app.test_client()).send("/login", token=one)[0] == 200


def test_a_login_is_good_for_five_minutes_and_a_cookie_for_ninety_days(page: Page) -> None:
    late, browser = token(page.access), page.browser()
    page.clock.now += LOGIN_FOR + 1
    assert Browser(page.app.test_client()).send("/login", token=late)[0] == 403
    page.clock.now += COOKIE_FOR - LOGIN_FOR - 2
    assert page.access.admits(cookie_of(page, browser))
    page.clock.now += 2
    assert not page.access.admits(cookie_of(page, browser))


def test_a_clock_that_went_ahead_makes_nothing_that_is_good_for_years(page: Page) -> None:
    page.clock.now = NOW + 10 * 365 * 86400
    one, other, browser = token(page.access), token(page.access), page.browser()
    cookie = cookie_of(page, browser)
    page.clock.now = NOW
    assert page.access.redeem(one) is None
    assert not page.access.admits(cookie)
    page.access.invite()
    page.clock.now = NOW + 10 * 365 * 86400
    assert page.access.redeem(other) is None  # it was forgotten, and is not good later


def test_a_clock_that_is_set_back_a_little_logs_nobody_out(page: Page) -> None:
    one, browser = token(page.access), page.browser()
    page.clock.now -= 30
    assert page.access.admits(cookie_of(page, browser))
    assert page.access.redeem(one)


def test_of_many_at_once_one_uses_a_login(page: Page) -> None:
    one, start = token(page.access), threading.Barrier(8)

    def enter(_: int) -> str | None:
        start.wait()
        return Access(page.data, page.clock).redeem(one)

    with ThreadPoolExecutor(8) as pool:
        cookies = list(filter(None, pool.map(enter, range(8))))
    assert len(cookies) == 1
    assert page.access.admits(cookies[0])


def test_a_file_that_was_deleted_lets_nobody_in_and_is_named(page: Page) -> None:
    browser = page.browser()
    path(page).unlink()
    assert browser.get("/review")[0] == 401
    with pytest.raises(FileError, match=r"web\.json is gone") as found:
        page.access.invite()
    assert "start botus web again" in found.value.hint
    assert invitation(page.data, "https://bot.example", page.clock) == ""


def test_an_old_login_does_no_harm_where_one_is_logged_in(page: Page) -> None:
    assert page.browser().send("/login", token="of last week")[0] == 200


def test_a_cookie_of_another_bot_is_none(page: Page, tmp_path: Path) -> None:
    other = Page(filled(tmp_path / "other"))
    stolen = cookie_of(other, other.browser())
    assert other.access.admits(stolen)
    assert other.access.cookie_name != page.access.cookie_name
    stranger = page.app.test_client()
    for value in (stolen, "", "a", "0" * 64, json.loads(path(page).read_text())["name"], "\udcff"):
        stranger.set_cookie(page.access.cookie_name, value.encode("utf-8", "replace").decode())
        assert stranger.get("/review?client=a").status_code == 401


def test_what_is_on_the_disk_opens_nothing_and_is_the_owner_s_alone(page: Page) -> None:
    one = token(page.access)
    browser = page.browser()
    content = path(page).read_text()
    assert one not in content
    assert cookie_of(page, browser) not in content
    known = json.loads(content)
    for hashed in (*known["logins"], *known["cookies"]):
        assert not page.access.admits(hashed)
        assert page.access.redeem(hashed) is None
    assert stat.S_IMODE(path(page).stat().st_mode) == 0o600
    path(page).chmod(0o644)
    page.access.invite()
    assert stat.S_IMODE(path(page).stat().st_mode) == 0o600


def test_a_thousand_wrong_logins_are_slowed_down_and_write_nothing(page: Page) -> None:
    good = token(page.access)
    before, thief = path(page).read_bytes(), Browser(page.app.test_client())
    codes = []
    for number in range(1000):
        page.clock.now += 0.1  # not faster than anybody may ask
        codes.append(thief.send("/login", token=f"guess {number}")[0])
    assert codes[:10] == [403] * 10
    assert codes.count(403) < 10 + 1000 * 0.1 / 6 + 1
    assert set(codes) == {403, 429}
    assert path(page).read_bytes() == before
    page.clock.now += 60
    assert Browser(page.app.test_client()).send("/login", token=good)[0] == 200


def test_many_good_logins_do_not_pile_up(tmp_path: Path) -> None:
    access = Access(filled(tmp_path / "data"), Clock())
    access.announce("http://localhost")
    first, made = token(access), [token(access) for _ in range(25)]
    assert access.redeem(first) is None
    cookies = [access.redeem(token(access)) for _ in range(55)]
    assert not access.admits(str(cookies[0]))
    assert access.admits(str(cookies[-1]))
    known = json.loads((tmp_path / "data" / ".botus" / "web.json").read_text())
    assert (len(known["logins"]) <= 20, len(known["cookies"])) == (True, 50)
    assert made


def test_a_restart_keeps_cookies_and_the_name(page: Page) -> None:
    browser = page.browser()
    again = Page(page.data)
    assert again.access.cookie_name == page.access.cookie_name
    assert again.access.admits(cookie_of(page, browser))


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"logins": {"a": "b"}}',
        b'{"more": 1}',
        b'{"cookies": {"a b": 1}}',
        b'{"name": 5}',
        '{"logins": {"é": 1}}'.encode(),
    ],
)
def test_a_damaged_file_lets_nobody_in_and_is_named(page: Page, content: bytes) -> None:
    browser = page.browser()
    path(page).write_bytes(content)
    status, found = browser.get("/review")
    assert status == 503
    assert "web.json" in found["problem"]
    with pytest.raises(FileError, match=r"web\.json"):
        Access(page.data, page.clock).invite()


def test_a_notice_carries_a_login_only_while_the_page_runs(tmp_path: Path) -> None:
    data, clock = filled(tmp_path / "data"), Clock()
    access = Access(data, clock)
    access.announce("http://localhost")
    assert not is_served(data)
    assert invitation(data, "https://bot.example", clock) == ""
    with serving(data):
        assert is_served(data)
        assert invitation(data, "", clock) == ""
        link = invitation(data, "https://bot.example", clock)
    assert link.startswith("https://bot.example/login#")
    assert access.redeem(link.partition("#")[2])
    assert clock() == NOW


def path(page: Page) -> Path:
    return page.data / ".botus" / "web.json"


def cookie_of(page: Page, browser: Browser) -> str:
    cookie = browser.client.get_cookie(page.access.cookie_name)
    assert cookie
    return cookie.value
