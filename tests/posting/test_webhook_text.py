"""The readers of a webhook see the very text: the real Apprise, and servers that show it by their rules."""

from __future__ import annotations

from collections.abc import Iterator

import apprise.plugins.discord
import apprise.plugins.slack
import apprise.plugins.telegram
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botus.posting.target import Ready, Timing
from botus.posting.targets import webhook_text
from botus.posting.targets.webhook import Webhook
from tests.support import chats
from tests.support.chats import ChatServer

URLS = {
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/JHMHI8qBe7bk2ZwO5U711o3d",
    "telegram": "tgram://123456789:abcdefg_hijklmnop/987654321",
    "matrix": "matrix://bot:kettle@127.0.0.1:PORT/!pier:127.0.0.1",
    "ntfy": "ntfy://127.0.0.1:PORT/kettle",
}
NASTY = [
    "¯\\_(ツ)_/¯",
    "2 * 3 * 4 is not *that*, nor **this**",
    "__init__ and _x_ and a_b_c and *",
    "# not a heading\n## nor this\n-# nor small",
    "> not a quote\n>>> nor this",
    "  > with spaces before it",
    "- item\n* item\n+ item\n1. one\n  12. twelve\n3) three",
    "`code` ``` and ``` ||spoiler|| ~~no~~",
    "<sigh> so tired, the <kettle> sang: <b>tea</b>",
    "x <y> z, a < b & c > d, <!-- no --> &amp; &lt;b&gt; &nbsp; &emsp;",
    "<https://example.com>",
    "https://example.com/a_b_c and https://example.com/*x*.",
    "(https://example.com/a_(b)_c), _https://example.com/_",
    "https://example.com/<b>_x_</b> https://* ftp://a_b_c",
    "[kettle](https://example.com) [x]: y",
    "<@123> <#123> <@&12> <:tea:12> <t:123:R> </tea:12> <!here> <!channel|x>",
    "@everyone @here, at 10:30:45 :tada: :+1::tea:",
    "/me waits, {tag} {{app_body}} %s %(x)s ${y}",
    "\\ \\\\ \\* \\n back\\slashes\\",
    "灯台の*やかん*、_お茶_ ☕️👩‍👩‍👧",
    "המגדלור *שותק* _עכשיו_",
    "one\n\ntwo\n   three  four\n\tfive",
    "<|endoftext|> &#39; &#x27; \"quoted\" 'so'",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "Title\n=====\n---\n***",
]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    plugins = apprise.plugins
    with ChatServer() as server:
        monkeypatch.setattr(plugins.discord.NotifyDiscord, "notify_url", f"{server.url}/discord")
        monkeypatch.setattr(plugins.slack.NotifySlack, "webhook_url", f"{server.url}/slack")
        monkeypatch.setattr(plugins.telegram.NotifyTelegram, "notify_url", f"{server.url}/telegram")
        for plugin in (plugins.slack.NotifySlack, plugins.telegram.NotifyTelegram):
            monkeypatch.setattr(plugin, "request_rate_per_sec", 0)  # it would wait between two posts
        yield server


def webhook(server: ChatServer, service: str, more: str = "") -> Webhook:
    target = Webhook(URLS[service].replace("PORT", str(server.server_port)) + more, Timing((2, 5)))
    assert isinstance(target.ready(), Ready)
    target._service().request_rate_per_sec = 0
    return target


def seen(text: str) -> str:
    """As a reader sees it: a chat trims a message, and a space of no width cannot be seen."""
    return text.replace("\u200b", "").strip()


@pytest.mark.parametrize("service", URLS)
def test_the_readers_see_the_very_text(server: ChatServer, service: str) -> None:
    target = webhook(server, service)
    for text in NASTY:
        assert target.send(text, "", again=False).state == "posted", text
        assert seen(server.texts[-1]) == seen(text)
    assert len(server.texts) == len(NASTY)


@pytest.mark.parametrize("service", ["discord", "slack", "telegram", "ntfy"])
@pytest.mark.parametrize("format", ["text", "html", "markdown"])
def test_a_format_in_the_url_changes_no_text(server: ChatServer, service: str, format: str) -> None:
    target = webhook(server, service, f"?format={format}&emojis=yes&overflow=split")
    for text in ("__init__ <b>tea</b> *x* &amp; :tada:", "# kettle\nhttps://example.com/a_b"):
        assert target.send(text, "", again=False).state == "posted"
        assert seen(server.texts[-1]) == seen(text)


_SIGNS = st.text(st.sampled_from("\\*_~|`[]()<>#-+.:/@!&;=1 \n\tahtps"), min_size=1, max_size=40)
_PIECES = st.lists(st.sampled_from([*NASTY, "https://", "x.example/", "\n", " ", "http"]), max_size=4)
_TEXTS = st.one_of(_SIGNS, st.text(max_size=60), _PIECES.map("".join))


@pytest.mark.proof
@given(_TEXTS)
@example("https://a<b_c_")
@example("https://x.example/a:b:<:tea:1>")
@example("https://x.example]](_a_)_")
def test_discord_shows_any_text(text: str) -> None:
    assert chats.discord(webhook_text.discord(text)) == text


@given(_TEXTS)
def test_telegram_and_slack_show_any_text(text: str) -> None:
    shown = chats.telegram({"text": webhook_text.telegram(text), "parse_mode": "HTML"})
    assert shown == text
    payload = {"attachments": [{"text": webhook_text.slack(text)}], "mrkdwn": False}
    assert chats.slack(payload).replace("\u200b", "") == text.replace("\u200b", "")


def test_a_link_stays_one() -> None:
    text = "See https://example.com/a_b_c*d, or (https://example.com/)."
    assert webhook_text.discord(text) == text


@pytest.mark.parametrize(
    ("service", "text", "over", "words"),
    [
        (
            "discord",
            "_" * 1000,
            "*",
            "2002 of 2000 characters, 1,001 of them to keep signs",
        ),  # each with a backslash
        ("discord", "\N{HOT BEVERAGE}" * 2000, "x", "2001 of 2000 characters"),
        ("telegram", "<" * 4096, "x", "4097 of 4096 characters"),  # not what its entities make of it
        ("ntfy", "é" * 2048, "x", "4097 of 4096 bytes"),  # bytes; a longer message would come as a file
    ],
)
def test_what_would_be_cut_is_refused_before(
    server: ChatServer, service: str, text: str, over: str, words: str
) -> None:
    target = webhook(server, service)
    assert target.problem(text) is None
    assert target.send(text, "", again=False).state == "posted"
    assert server.texts == [text]
    assert words in (target.problem(text + over) or "")
