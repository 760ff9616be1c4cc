"""What `botus post` shows: the text and where it came out, once; where nothing did, why, and what to do."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from botus.posting.selection import what_next
from botus.store.candidates import Candidate, Candidates, Origin
from botus.text import fingerprint
from tests.support.command import botus
from tests.support.loopback import Loopback, Reply, Request
from tests.support.servers import BlueskyServer, MastodonServer

KETTLE, GULL = "The kettle sings at noon.", "The gull listens to it."


class Page(Loopback):
    """A web server that is none of a platform."""

    status, location = 404, ""

    def answer(self, request: Request) -> Reply:
        return Reply(self.status, "<html>fog</html>", {"Location": self.location} if self.location else {})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "tweets.txt").write_text(f"{KETTLE}\n")
    return tmp_path


def account(server: Loopback | str) -> dict[str, str]:
    address = server if isinstance(server, str) else server.url
    return {"MASTODON_BASE_URL": address, "MASTODON_ACCESS_TOKEN": MastodonServer.token}


def written(data: Path, *texts: str) -> None:
    """Put lines into the queue that botus has written."""
    group = [Candidate(text, number, 0.5, {}, -1, None, (), ()) for number, text in enumerate(texts)]
    Candidates(data).append(Origin("run1", 1, 0.9, 0, 1.0, "", 1), group, 1)
    with (data / "tweets.txt").open("a") as queue:
        queue.writelines(f"{text}\n" for text in texts)


def test_the_text_and_its_address_are_said_once(data: Path) -> None:
    with MastodonServer() as server:
        done = botus("post", "--data", data, **account(server))
        address = f"{server.url}/@kettle/{server.posts[0].id}"
    assert done.out == f"{fingerprint(KETTLE)[:10]} {KETTLE}\n  mastodon posted {address}\n"
    assert (done.code, done.err) == (0, "")


def test_the_post_is_in_the_json_with_its_id(data: Path) -> None:
    with MastodonServer() as server:
        found = botus("post", "--json", "--data", data, **account(server)).value
    assert (found["id"], found["text"], found["failed"]) == (fingerprint(KETTLE)[:10], KETTLE, [])
    assert [(one["target"], one["id"], one["text"]) for one in found["posted"]] == [
        ("mastodon", found["id"], KETTLE)
    ]


def test_lines_that_nobody_has_read_are_counted(data: Path) -> None:
    written(data, GULL, "The lamp is lit.")
    with MastodonServer() as server:
        done = botus("post", fingerprint(KETTLE), "--data", data, **account(server))
        held = botus("post", "--data", data, POST_ONLY="reviewed", **account(server))
    said = "nobody has reviewed 2 of 2 lines that may go out: botus curate, or POST_ONLY=reviewed holds them"
    assert (said in done.err, "nobody has reviewed" in held.err) == (True, False)
    assert "waits until you keep it: botus curate" in held.err


def test_after_a_503_each_target_says_why_and_until_when(data: Path) -> None:
    with MastodonServer() as server:
        server.script("on=/instance 503")
        first = botus("post", "--data", data, **account(server))
        again = botus("post", "--data", data, **account(server))
        told = botus("status", "--data", data, **account(server))
    assert (first.code, again.code, server.posts) == (5, 5, [])
    assert "mastodon: HTTP 503; trying again in " in first.err
    said = "nothing was taken from the queue; mastodon is not asked for another "
    assert (said in again.err, again.err.endswith("seconds: HTTP 503\n")) == (True, True)
    assert "not asked now (HTTP 503); goes on with the first post after" in told.out


def test_a_target_that_was_left_out_is_named_beside_the_one_that_took_the_post(data: Path) -> None:
    (data / "tweets.txt").write_text(f"{KETTLE}\n{GULL}\n")
    with MastodonServer() as server, BlueskyServer(handle="other.test") as bluesky:
        settings = account(server) | {
            "BLUESKY_SERVICE": bluesky.url,
            "BLUESKY_HANDLE": "kettle.test",
            "BLUESKY_APP_PASSWORD": BlueskyServer.password,
        }
        botus("post", "--data", data, **settings)
        again = botus("post", "--data", data, **settings)
    assert again.err.startswith("warning: bluesky has stopped: HTTP 401")
    assert "copy BLUESKY_HANDLE and BLUESKY_APP_PASSWORD again" in again.err
    assert "mastodon posted" in again.out


def test_a_lost_answer_is_told_with_its_reason_and_time(data: Path) -> None:
    with MastodonServer() as server:
        server.script("503")
        done = botus("post", "--data", data, **account(server))
    post = fingerprint(KETTLE)[:10]
    assert done.out == f"{post} {KETTLE}\n  mastodon sending\n"
    said = rf"mastodon: no answer for {post} yet \(HTTP 503\); looked for after \d+ seconds"
    assert re.search(said, done.err)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", "it is empty, and new ones are written by: botus generate"),
        (
            "@everyone look\n",
            "what is left waits until you keep it: botus curate",
        ),
        ("x" * 600 + "\n", "what is left is too long for every target, and is shortened in: botus curate"),
        ("\u200b\n", "all have been posted or dropped, and new ones are written by: botus generate"),
    ],
)
def test_an_empty_queue_names_the_next_command(data: Path, lines: str, says: str) -> None:
    (data / "tweets.txt").write_text(lines)
    with MastodonServer() as server:
        done = botus("post", "--data", data, **account(server))
        told = botus("status", "--data", data, **account(server))
    says = f"no line of tweets.txt may go out; {says}"
    assert (done.code, done.err) == (0, f"warning: nothing to post: {says}\n")
    sentence, _, command = says.rpartition(": ")
    assert f"{sentence}:\n              {command}\n" in told.out


def test_an_empty_queue_of_a_poster_alone_says_what_writes_new_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)  # as in the container that only posts
    for refused in ({}, {"used": 3}):
        said = what_next(refused)
        assert "botus generate, which needs: pip install 'botus[generate]'" in said
        assert said.endswith(": docker build -t botus-generate --target generate .")


def test_a_line_that_is_not_utf_8_is_shown_as_windows_reads_it(data: Path) -> None:
    (data / "tweets.txt").write_bytes(f"{KETTLE}\n".encode() + "A café by the quay.\n".encode("cp1252"))
    told, looked = (botus(one, "--data", data).out for one in ("status", "doctor"))
    assert "line 2: it is not UTF-8; in the encoding of Windows it reads: A café by the quay." in told
    assert "not valid UTF-8 in line 2" in looked
    assert "iconv -f WINDOWS-1252 -t UTF-8" in looked


def test_without_credentials_status_names_what_gets_some(data: Path) -> None:
    assert (
        "nobody: no credentials are set; to get some:\n              botus login\n"
        in botus("status", "--data", data).out
    )


def test_a_webhook_with_nothing_in_it_is_told_in_whole_words(data: Path) -> None:
    done = botus("post", "--data", data, WEBHOOK_URLS="discord://")
    assert "WEBHOOK_URLS holds what is no Apprise URL like discord://ID/TOKEN: number 1" in done.err


def test_an_id_may_stand_behind_posted(data: Path) -> None:
    with MastodonServer() as server:
        server.script("503")
        botus("post", "--data", data, **account(server))
        post = fingerprint(KETTLE)[:10]
        assert botus("resolve", "--posted", post, "--data", data).out == f"{post}: mastodon is now posted\n"
    assert botus("status", "--data", data, **account(server)).code == 0


@pytest.mark.parametrize(
    ("handle", "is_what"),
    [("kettle@quay.example", ": it is an email address"), ("kettle", ": it is a name without its server")],
)
def test_what_is_no_handle_is_told_as_what_it_is(data: Path, handle: str, is_what: str) -> None:
    done = botus("post", "--data", data, BLUESKY_HANDLE=handle, BLUESKY_APP_PASSWORD="abcd-efgh-ijkl-mnop")
    assert f"BLUESKY_HANDLE is not a handle like name.bsky.social{is_what}\n" in done.err


def wrong(data: Path, address: str) -> str:
    """What post and doctor say of an address, which has to be the same."""
    (data / ".botus" / "state.json").unlink(missing_ok=True)
    done, told = (
        botus("post", "--data", data, **account(address)),
        botus("doctor", "--data", data, **account(address)),
    )
    [remedy] = [
        line.partition("-> ")[2]
        for line in told.out.split("\n")
        if "MASTODON_BASE_URL=" in line and "->" in line
    ]
    assert f"({remedy})" in done.err
    return remedy


def test_a_wrong_address_is_told_with_the_setting_and_what_it_should_be(data: Path) -> None:
    with MastodonServer() as server:
        assert (
            wrong(data, f"{server.url}/web/home")
            == f"set MASTODON_BASE_URL={server.url}, without the path behind it"
        )
        secure = server.url.replace("http:", "https:")
        assert wrong(data, secure).startswith(
            f"is MASTODON_BASE_URL={secure} right? Where the server has no https"
        )
    assert wrong(data, server.url) == f"is MASTODON_BASE_URL={server.url} right, and does the server run?"
    nowhere = "https://mastodon.exmaple.invalid"
    assert wrong(data, nowhere) == f"is MASTODON_BASE_URL={nowhere} right, and is there a network?"
    with Page() as page:
        right = f"is MASTODON_BASE_URL={page.url} right? It is the server that has the account"
        assert wrong(data, page.url) == right
        page.status = 200
        assert wrong(data, page.url) == right
        page.status, page.location = 301, "https://mastodon.example/about"
        assert wrong(data, page.url) == "set MASTODON_BASE_URL=https://mastodon.example"


def test_another_address_is_asked_at_once(data: Path) -> None:
    with Page() as page, MastodonServer() as server:
        assert botus("post", "--data", data, **account(page)).code == 4
        assert "needs attention" not in botus("status", "--data", data, **account(server)).out
        assert botus("post", "--data", data, **account(server)).code == 0


def test_the_name_of_an_account_is_no_address(data: Path) -> None:
    for name in ("@kettle@mastodon.example", "kettle@mastodon.example", "https://kettle@mastodon.example"):
        done, told = (botus(one, "--data", data, **account(name)) for one in ("post", "doctor"))
        said = "MASTODON_BASE_URL is the name of an account, not a web address: set it to https://mastodon.example"
        assert (said in done.err, said in told.out, told.out.count("problem ")) == (True, True, 1)


def test_no_result_is_longer_than_a_screen_or_some(data: Path) -> None:
    (data / "tweeted.json").write_text(json.dumps([{"text": "The kettle sings. " * 50_000, "timestamp": 1}]))
    said = botus("log", "show", "--data", data).out
    assert (len(said) < 11_000, said.endswith(" letters more)\n")) == (True, True)
    assert (
        len(botus("post", "f" * 100_000, "--data", data, **account("https://mastodon.example")).err) < 11_000
    )
