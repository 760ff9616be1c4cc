"""The clients that there are: gpt-2-cloud-run's page, and millzbot's web, Slack and Twitter functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.web.answers.contract import fields_of, wanted
from tests.web.answers.asking import LINES, Answering, answering, filled


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    with answering(filled(tmp_path_factory.mktemp("bot") / "data")) as found:
        yield found


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    with answering(filled(tmp_path_factory.mktemp("locked") / "data"), SERVE_TOKEN="open-sesame") as found:
        yield found


def test_the_page_of_gpt_2_cloud_run(bot: Answering) -> None:
    answer = bot.post(
        prefix="what does the kettle think?", length="100", temperature="0.7", top_k="40", top_p="0.9"
    )
    assert answer.status == 200
    assert answer.value["text"] in LINES
    assert [*answer.value] == ["text"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Set-Cookie"] is None


def test_a_query(bot: Answering) -> None:
    answer = bot.query(prefix="fog", truncate="<|endoftext|>", include_prefix="false", count=3)
    assert answer.value["text"] in LINES


def test_millzbots_functions(locked: Answering) -> None:
    """All post a token, two of them a prompt, and read `text` whatever the status."""
    for fields in ({"prompt": "tell me of the harbour"}, {}):
        assert locked.post(token="open-sesame", **fields).value["text"] in LINES
    strangers = locked.post(token="wrong"), locked.post(), locked.query(prompt="a"), locked.post(token=None)
    for answer in strangers:
        assert (answer.status, [*answer.value]) == (401, ["error"])
    bearer = {"Authorization": "Bearer open-sesame"}
    assert locked.ask(headers=bearer).value["text"] in LINES


def test_what_was_said_is_never_part_of_an_answer(bot: Answering) -> None:
    answer = bot.post(prefix="insult somebody:", include_prefix=True)
    assert answer.value["text"] in LINES


def test_no_line_comes_twice_while_others_are_left(tmp_path: Path) -> None:
    with answering(filled(tmp_path / "data")) as own:
        for _ in range(2):
            said = [own.post(prompt="fog and ships").value["text"] for _ in LINES]
            assert sorted(said) == sorted(LINES)


def test_head_and_preflight(bot: Answering) -> None:
    head = bot.ask("HEAD")
    assert (head.status, head.body) == (200, b"")
    preflight = bot.ask("OPTIONS", headers={"Origin": "https://elsewhere.example"})
    assert preflight.status == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/", "{}", 405),
        ("DELETE", "/", None, 405),
        ("GET", "/etc/passwd", None, 404),
        ("POST", "/", "{", 400),
        ("POST", "/", "[]", 400),
        ("POST", "/", "[" * 60_000, 400),
        ("POST", "/", b"\xff\xfe", 400),
        ("POST", "/", '{"length": "many"}', 400),
        ("POST", "/", '{"temperature": NaN}', 400),
        ("POST", "/", '{"length": 1e400}', 400),
        ("POST", "/", '{"top_p": -1}', 400),
        ("POST", "/", '{"top_k": [1]}', 400),
        ("POST", "/", '{"prompt": {"a": 1}}', 400),
        ("POST", "/", '{"include_prefix": "perhaps"}', 400),
        ("POST", "/", "x" * 200_000, 413),
        ("POST", "/slack", "text=a", 404),
        ("POST", "/discord", "{}", 404),
    ],
)
def test_wrong_requests_have_no_text(
    bot: Answering, method: str, path: str, body: str | bytes | None, status: int
) -> None:
    answer = bot.ask(method, path, body)
    assert answer.status == status
    assert answer.value is None or [*answer.value] == ["error"]


def test_unusual_requests_are_answered(bot: Answering) -> None:
    for body in ("", "   ", '{"prompt": "\\ud800\\u0000"}', '{"length": "", "prompt": null}'):
        assert bot.ask("POST", body=body).value["text"] in LINES


def test_fields_have_the_values_that_they_had() -> None:
    assert wanted({"prefix": "x" * 600}).said == "x" * 500
    assert wanted({"prompt": "x" * 600}).said == "x" * 100
    assert wanted({"prefix": "fog"}).include_prefix
    assert not wanted({"prefix": "fog", "include_prefix": "False"}).include_prefix
    assert not wanted({"prompt": "fog"}).include_prefix
    assert wanted({"prompt": "<|startoftext|>"}).said == ""
    assert wanted({"length": "1023", "top_k": "40"}) == wanted({"length": 1023, "top_k": 40.0})
    assert fields_of(b'{"a": 1}') == {"a": 1}


def test_an_empty_pool_says_so_and_answers_nothing(tmp_path: Path) -> None:
    data = filled(tmp_path / "data", ("A post that waits in the queue.",))
    with answering(data) as own:
        answer = own.post(prompt="anybody there?")
        assert (answer.status, [*answer.value]) == (503, ["error"])
        assert own.ask(path="/health").status == 503
        with (data / "answers.txt").open("a") as file:
            file.write("Now there is one.\n")
        assert own.post(prompt="anybody there?").value == {"text": "Now there is one."}
        assert own.ask(path="/health").value == {"ok": True, "lines": 1}
        own.process.terminate()
        _, err = own.process.communicate(timeout=30)
        assert "no line that may be said" in err


def test_one_address_may_not_ask_for_ever(tmp_path: Path) -> None:
    with answering(filled(tmp_path / "data")) as own:
        statuses = [own.post(prompt="again").status for _ in range(80)]
        assert statuses[:60] == [200] * 60
        assert 429 in statuses
        late = next(answer for _ in range(80) if (answer := own.post()).status == 429)
        assert [*late.value] == ["error"]
        assert own.ask(path="/health").status == 200
