"""Slack's and Discord's signatures: right, wrong, old, replayed, cut; and what they are answered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from nacl.signing import SigningKey

from botus.web.answers import discord, slack
from tests.support.command import botus
from tests.support.loopback import Loopback, Reply, Request
from tests.web.answers.asking import SECRET, Answer, Answering, answering, filled, sign

KEY = SigningKey(bytes(32))
PUBLIC = KEY.verify_key.encode().hex()
SETTINGS = {"SLACK_SIGNING_SECRET": SECRET, "DISCORD_PUBLIC_KEY": PUBLIC}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    with answering(filled(tmp_path_factory.mktemp("bot") / "data"), **SETTINGS) as found:
        yield found


def interact(bot: Answering, interaction: object, **changed: Any) -> Answer:  # noqa: ANN401
    """Send an interaction as Discord would, but for what is changed."""
    body = json.dumps(interaction).encode()
    moment = changed.get("moment", str(int(time.time())))
    signature = changed.get("signature", KEY.sign(moment.encode() + body).signature.hex())
    headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": moment}
    return bot.ask("POST", "/discord", changed.get("sent", body), headers)


def command(text: str, number: int) -> dict[str, object]:
    data = {"type": 1, "name": "ask", "options": [{"type": 3, "name": "text", "value": text}]}
    return {
        "type": 2,
        "id": str(number),
        "channel_id": "7",
        "member": {"user": {"id": "9"}},
        "data": data,
    }


def test_slack_is_answered_in_the_channel(bot: Answering) -> None:
    own = b"channel_id=C2&user_id=U2&text=fog+"  # a channel in which nothing was said yet
    answers = [bot.slack(body=own + str(number).encode()).value for number in range(4)]
    assert {answer["response_type"] for answer in answers} == {"in_channel"}
    texts = {answer["text"] for answer in answers}
    assert "I asked the moon &amp; it said &lt;nothing&gt;." in texts
    assert len(texts) == 4


def test_slack_has_to_have_signed_it_now(bot: Answering) -> None:
    body, now = b"text=fog&user_id=U2", int(time.time())
    wrong = [
        bot.slack(signature=""),
        bot.slack(signature="v0=" + "0" * 64),
        bot.slack(signature="v0=é"),
        bot.slack(signature=sign(body, str(now), "another secret"), body=body, moment=str(now)),
        bot.slack(body=body, sent=body + b"x"),
        bot.slack(body=body, sent=body[:-1]),
        bot.slack(moment=str(now - 301)),
        bot.slack(moment=str(now + 400)),  # however slow the machine is
        bot.slack(moment=""),
        bot.slack(moment="9" * 40),
        bot.slack(moment="-1"),
    ]
    assert [(answer.status, [*answer.value]) for answer in wrong] == [(401, ["error"])] * len(wrong)


def test_a_request_of_slack_that_comes_again_gets_the_same_answer(bot: Answering) -> None:
    moment = str(int(time.time()))
    first = bot.slack("once", moment=moment)
    again = bot.slack("once", moment=moment, headers={"X-Slack-Retry-Num": "1"})
    assert first.body == again.body


def test_slack_looks_at_the_certificate(bot: Answering) -> None:
    assert bot.ask(path="/slack?ssl_check=1").status == 200


def test_a_form_of_slack_may_hold_anything() -> None:
    assert slack.command(b"").said == ""
    assert slack.command(b"text=%ff%00&user_id=U1&channel_id=C1").place == "C1"
    with pytest.raises(ValueError, match="fields"):
        slack.command(b"&".join(b"a=1" for _ in range(100)))


def test_discord_asks_whether_somebody_is_there(bot: Answering) -> None:
    assert interact(bot, {"type": 1}).value == {"type": 1}


def test_a_command_of_discord_is_answered_and_pings_nobody(bot: Answering) -> None:
    answer = interact(bot, command("what of the kettle?", 1)).value
    assert answer["type"] == 4
    assert answer["data"]["allowed_mentions"] == {"parse": []}
    assert answer["data"]["content"]
    assert interact(bot, command("what of the kettle?", 1)).value == answer  # it comes again
    assert interact(bot, command("what of the kettle?", 2)).value != answer


def test_discord_has_to_have_signed_it_now(bot: Answering) -> None:
    asked, now = command("fog", 3), int(time.time())
    wrong = [
        interact(bot, asked, signature=""),
        interact(bot, asked, signature="zz"),
        interact(bot, asked, signature="00" * 64),
        interact(bot, asked, signature="00" * 63),
        interact(bot, asked, moment=str(now - 301)),
        interact(bot, asked, moment="é".encode().decode("latin-1")),
        interact(bot, asked, sent=json.dumps(command("fig", 3)).encode()),
        interact(bot, {"type": 1}, signature="00" * 64),
    ]
    assert [(answer.status, [*answer.value]) for answer in wrong] == [(401, ["error"])] * len(wrong)


@pytest.mark.parametrize("interaction", [{}, {"type": 3}, {"type": 2, "data": {"type": 2}}, []])
def test_other_interactions_are_refused(bot: Answering, interaction: object) -> None:
    answer = interact(bot, interaction)
    assert (answer.status, [*answer.value]) == (400, ["error"])


def test_an_interaction_may_lack_anything() -> None:
    found = discord.interaction(
        {"type": 2, "id": 5, "data": {"options": [{"value": 1}, None, {}]}, "user": []}
    )
    assert (found.said, found.user) == ("", "")
    long = discord.answer("*" * 1500)  # each of them is written with a backslash
    assert long["data"]["content"] == discord.SILENCE


def test_who_asks_too_much_hears_nothing_new(tmp_path: Any) -> None:  # noqa: ANN401
    with answering(filled(tmp_path / "data"), **SETTINGS) as own:
        kinds = [own.slack(f"{number}").value["response_type"] for number in range(90)]
        assert kinds[:60] == ["in_channel"] * 60
        assert "ephemeral" in kinds


class _Registry(Loopback):
    """Discord's list of an application's commands."""

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != "Bot secret-of-the-bot":
            return Reply(401, {"message": "401: Unauthorized"})
        if request.path != "/applications/123456789012345678/commands":
            return Reply(404, {"message": "Unknown Application"})
        self.commit(json.loads(request.body)["name"])
        return Reply(201, {"id": "1"})


def test_discord_is_told_of_the_command(tmp_path: Any) -> None:  # noqa: ANN401
    data = filled(tmp_path / "data")
    with _Registry() as registry:
        known = {"DISCORD_API": registry.url, "DISCORD_APPLICATION_ID": "123456789012345678"}
        given = known | {"DISCORD_BOT_TOKEN": "secret-of-the-bot"}
        done = botus("serve", "--data", data, "--register-discord", "--command", "kettle", **given)
        assert (done.code, registry.texts) == (0, ["kettle"]), done.err
        assert "/kettle" in done.out
        wrong = botus(
            "serve", "--data", data, "--register-discord", **known | {"DISCORD_BOT_TOKEN": "another"}
        )
        assert wrong.code == 4
        assert "DISCORD_BOT_TOKEN" in wrong.err
        assert "another" not in wrong.err
        elsewhere = given | {"DISCORD_APPLICATION_ID": "999999999999999999"}
        assert botus("serve", "--data", data, "--register-discord", **elsewhere).code == 2
        assert (
            botus("serve", "--data", data, "--register-discord", "--command", "Big Name", **given).code == 2
        )
    away = botus("serve", "--data", data, "--register-discord", **given)
    assert away.code == 5
    assert botus("serve", "--data", data, "--register-discord").code == 2
    key = botus("serve", "--data", data, DISCORD_PUBLIC_KEY="no key")
    assert (key.code, "DISCORD_PUBLIC_KEY" in key.err) == (2, True)
