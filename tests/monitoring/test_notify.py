"""The owner hears once of what needs them, and the ping goes out after good slots only."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.monitoring import notify
from botus.monitoring.alerts import Facts
from botus.posting.posting_run import Outcome
from botus.posting.resolve import resolve
from botus.posting.target import Timing
from botus.schedule.loop import StepOutcome
from botus.settings import Settings, load
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.running.alerts import TRIES, Alerts
from botus.store.state import StateFiles
from tests.support.command import botus
from tests.support.fakes import FakeTarget, Platform, World
from tests.support.loopback import Fault
from tests.support.servers import HookServer

DAY = 86400.0


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


class Bot:
    """A bot whose posting runs a notifier hears of; slots an hour apart."""

    def __init__(self, data: Path, hook: HookServer, **environment: str) -> None:
        self.world = World(data, FakeTarget(Platform(), "one"), FakeTarget(Platform(), "two"))
        self.data, self.hook = data, hook
        own = {"CRON": "0 */4 * * *", "NOTIFY_URLS": f"{hook.url.replace('http', 'json')}/hook-token"}
        self.settings = load(own | environment, data)
        self.said: list[str] = []
        self.fill(50)
        self.restart()

    def restart(self) -> None:
        self.notifier = notify.Notifier(self.settings, self.world.targets, self.world.clock, self.say)

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        self.said.append(message)

    def fill(self, lines: int) -> None:
        names = (f"{time.monotonic_ns()} {number}" for number in range(lines))
        self.world.lines(*names)

    def slot(self, **step: object) -> None:
        """Live an hour, and act for a slot."""
        self.world.clock.now += 3600
        found = StepOutcome(True, **step) if step else StepOutcome(True, self.world.run().post())  # type: ignore[arg-type]
        self.notifier.hear(found)

    def start(self) -> None:
        self.restart()
        self.notifier.hear(StepOutcome())

    @property
    def pings(self) -> int:
        return sum(request.method == "GET" for request in self.hook.requests)

    @property
    def heard(self) -> list[str]:
        """The messages since the last look, without the name of the bot."""
        found = [text.partition("): ")[2] or text for text in self.hook.texts]
        self.hook.posts.clear()
        return found


@pytest.fixture
def bot(tmp_path: Path, hook: HookServer) -> Bot:
    return Bot(tmp_path, hook)


def test_a_calm_bot_says_nothing(bot: Bot) -> None:
    bot.start()
    for _ in range(5):
        bot.slot()
    assert bot.heard == []
    assert not (bot.data / ".botus" / "news.json").exists()


def test_a_low_queue_and_an_empty_one_once_each_and_again_after_a_refill(bot: Bot) -> None:
    bot.fill(17)
    bot.start()
    (low,) = bot.heard
    assert low == "the queue lasts for 2.8 days (17 lines); add lines: botus generate, then botus curate"
    for _ in range(16):
        bot.slot()
    bot.start()
    assert bot.heard == []
    bot.slot()
    (empty,) = bot.heard
    assert empty.startswith("no line of the queue may go out")
    for _ in range(3):
        bot.slot()
    bot.start()
    assert bot.heard == []
    bot.fill(20)  # less than a fifth above the limit
    bot.slot()
    bot.slot()
    assert bot.heard == []
    bot.fill(40)
    bot.slot()
    bot.fill(17)
    bot.slot()
    assert len(bot.heard) == 1


def test_the_limit_is_a_setting(tmp_path: Path, hook: HookServer) -> None:
    bot = Bot(tmp_path, hook, LOW_QUEUE="12h")
    bot.fill(4)
    bot.start()
    assert bot.heard == []
    bot.slot()
    bot.slot()
    assert "12 hours" not in bot.heard[0]


def test_lines_that_wait_for_a_keep_are_named(tmp_path: Path, hook: HookServer) -> None:
    bot = Bot(tmp_path, hook, POST_ONLY="kept")
    bot.start()
    assert bot.heard == [
        "no line of the queue may go out, so nothing is posted; 50 lines wait for your keep: botus curate"
    ]


def test_what_asks_for_a_review_carries_the_way_to_it(bot: Bot) -> None:
    asked: list[Settings] = []

    def invite(settings: Settings) -> str:
        asked.append(settings)
        return "https://bot.example/login#once"

    bot.notifier.invite = invite
    bot.slot(trouble="the disk is full")
    assert "login#" not in "".join(bot.heard)
    assert asked == []
    bot.fill(17)
    bot.slot()
    (low,) = bot.hook.texts
    assert "- review here (good once, for five minutes): https://bot.example/login#once" in low
    assert asked == [bot.settings]


def test_refused_credentials_once_until_they_are_good_again(bot: Bot) -> None:
    one = bot.world.targets["one"]
    one.script.append("account")
    bot.slot()
    assert bot.heard == ["one has stopped: 401; fix it, then run: botus doctor"]
    bot.slot()
    bot.start()
    assert bot.heard == []
    for _ in range(2):  # the doctor was there, and then it happened once more
        state = StateFiles(bot.data)
        memory = state.load()
        memory.targets["one"].stopped, memory.targets["one"].until = "", 0.0
        state.save(memory)
        bot.slot()
        one.script.append("account")
        assert bot.heard == []
        bot.slot()
        assert len(bot.heard) == 1


def test_an_unknown_post_says_what_to_type(bot: Bot) -> None:
    bot.world.settings = Settings(bot.world.data, post_order="file")
    bot.world.lines("tell me @ noon", *map(str, range(40)))
    bot.world.targets["two"].script.append("nothing")
    bot.slot()
    (said,) = bot.heard
    (entry,) = json.loads((bot.data / "tweeted.json").read_text())
    assert f"botus resolve {entry['id']} --target two --posted [URL]" in said
    assert "tell me @ noon" in said
    bot.slot()
    assert bot.heard == []
    resolve(bot.data, entry["id"], "two", "give-up", None, bot.world.clock)
    bot.slot()
    assert bot.heard == []


def test_a_webhook_that_confirms_nothing_is_no_event(tmp_path: Path, hook: HookServer) -> None:
    bot = Bot(tmp_path, hook)
    target = FakeTarget(Platform(), "webhook-discord-1a2b3c", ["nothing"])
    bot.world.targets = {target.name: target}
    bot.restart()
    bot.slot()
    assert bot.heard == []


def test_damage_once_until_it_is_fixed(bot: Bot) -> None:
    log = bot.data / "tweeted.json"
    bot.slot()
    good = log.read_text()
    for _ in range(2):
        log.write_text("[")
        bot.slot(trouble=f"{log} is damaged")
        assert bot.heard == [f"nothing is posted before this is fixed: {log} is damaged"]
        bot.slot(trouble=f"{log} is damaged in another way")
        bot.start()
        assert bot.heard == []
        log.write_text(good)
        bot.notifier.hear(StepOutcome())  # the loop looks every minute while there is trouble
        bot.slot()
        assert bot.heard == []


def test_trouble_with_writing_is_not_over_before_writing_works(bot: Bot) -> None:
    log, elsewhere = bot.data / "tweeted.json", bot.data / "elsewhere"
    elsewhere.write_text("[]")
    log.symlink_to(elsewhere)  # can be read, and not be replaced
    bot.slot(trouble=f"{log} is a symbolic link")
    known = bot.data / ".botus" / "news.json"
    bot.notifier.hear(StepOutcome())
    assert "symbolic link" in json.loads(known.read_text())["trouble"]
    log.unlink()
    bot.notifier.hear(StepOutcome())
    assert json.loads(known.read_text())["trouble"] == ""
    assert len(bot.heard) == 1


def test_a_fault_is_over_at_the_next_good_slot_only(bot: Bot) -> None:
    bot.slot(trouble="unexpected: ValueError: x")
    assert len(bot.heard) == 1
    bot.notifier.hear(StepOutcome())
    bot.slot(trouble="unexpected: ValueError: x")
    assert bot.heard == []
    bot.slot()
    bot.slot(trouble="unexpected: ValueError: x")
    assert len(bot.heard) == 1


def test_slots_without_a_post_are_news_after_the_third(bot: Bot) -> None:
    for target in bot.world.targets.values():
        target.down = True
    for number in range(5):
        bot.slot()
        assert [("last 3 slots" in said) for said in bot.heard] == [True] * (number == 2)
    for target in bot.world.targets.values():
        target.down = False
    bot.world.clock.now += DAY
    bot.slot()
    assert json.loads((bot.data / ".botus" / "news.json").read_text())["barren"] == 0


def test_several_events_are_one_message_that_names_the_bot(bot: Bot, hook: HookServer) -> None:
    bot.fill(2)
    bot.world.targets["one"].script.append("account")
    bot.world.targets["two"].script.append("account")
    bot.slot()
    (text,) = hook.texts
    first, *others = text.split("\n")
    assert first == f"botus, dry run ({bot.data}):"
    assert sorted(one[:9] for one in others) == ["- one has", "- the que", "- two has"]


def test_a_service_that_does_not_answer_is_tried_again_and_complained_about_once(
    bot: Bot, hook: HookServer
) -> None:
    bot.fill(3)
    hook.script("500", "404")
    bot.start()
    assert bot.heard == []
    bot.world.clock.now += 30
    bot.notifier.hear(StepOutcome())  # too early
    assert len(hook.requests) == 1
    bot.slot()
    bot.slot()
    assert len(bot.heard) == 1
    bot.slot(run=Outcome(posted=(("one", "1", None),)))
    assert bot.heard == []
    (complaint,) = [line for line in bot.said if "could not be told" in line]
    assert "HTTP 500" in complaint
    assert "tried again later" in complaint
    assert not [line for line in bot.said if "hook-token" in line or "127.0.0.1" in line]


def test_it_is_not_tried_for_ever(bot: Bot, hook: HookServer) -> None:
    bot.fill(3)
    hook.script(*["500"] * 50)
    for _ in range(60):
        bot.world.clock.now += DAY
        bot.start()
    assert len(hook.requests) == TRIES


def test_each_service_for_itself(tmp_path: Path, hook: HookServer) -> None:
    with HookServer() as other:
        urls = " ".join(server.url.replace("http", "json") for server in (hook, other))
        bot = Bot(tmp_path, hook, NOTIFY_URLS=urls)
        hook.script("500")
        bot.fill(3)
        bot.start()
        bot.world.clock.now += 100
        bot.start()
        assert (len(hook.texts), len(other.texts)) == (1, 1)


def test_two_containers_tell_it_once(bot: Bot) -> None:
    bot.fill(3)
    notifiers = [notify.Notifier(bot.settings, bot.world.targets, bot.world.clock, bot.say) for _ in range(3)]
    for notifier in notifiers:
        notifier.hear(StepOutcome())
    assert len(bot.heard) == 1
    stale = Alerts()  # read before another one told something
    notifiers[0]._tell(stale, Facts(3, 6))
    assert bot.heard == []
    with files.lock(bot.data, "news"):
        bot.fill(0)
        bot.notifier.hear(StepOutcome())
    assert bot.heard == []
    bot.notifier.hear(StepOutcome())
    assert len(bot.heard) == 1


def test_what_was_told_is_remembered_though_it_cannot_be_written(bot: Bot) -> None:
    (bot.data / ".botus").mkdir()
    (bot.data / ".botus" / "news.json").mkdir()
    bot.fill(3)
    for _ in range(3):
        bot.notifier.hear(StepOutcome())
    assert len(bot.heard) == 1


def test_a_damaged_memory_is_begun_anew(bot: Bot) -> None:
    bot.fill(3)
    bot.start()
    (bot.data / ".botus" / "news.json").write_text("{")
    bot.start()
    bot.start()
    assert len(bot.heard) == 2
    begun = re.compile(r"\S+/news\.json is damaged: .+: what still holds is told once more")
    assert [line for line in bot.said if begun.fullmatch(line)] == bot.said[1:2]


# The ping.


def test_the_ping_says_that_nobody_has_to_look(tmp_path: Path, hook: HookServer) -> None:
    bot = Bot(tmp_path, hook, PING_URL=f"{hook.url}/ping/0123-4567", NOTIFY_URLS="")
    bot.start()
    assert bot.pings == 0  # no slot
    bot.slot()
    assert bot.pings == 1
    bot.world.targets["one"].script.append("later")  # a target that is away for a while
    bot.slot()
    assert bot.pings == 2
    bot.slot(is_as_planned=True)  # MAX_PER_DAY
    assert bot.pings == 3
    bot.slot(is_as_planned=False)  # a dry run with nothing to show
    bot.slot(trouble="damaged")
    assert bot.pings == 3
    for target in bot.world.targets.values():
        target.down = True
    bot.world.clock.now += DAY
    bot.slot()
    assert bot.pings == 3  # nothing was posted
    for target in bot.world.targets.values():
        target.down = False
    bot.world.clock.now += DAY
    bot.slot()
    assert bot.pings == 4
    bot.world.targets["two"].script.append("account")
    bot.slot()
    bot.slot()
    assert bot.pings == 4  # it goes on posting to the other, and somebody has to look
    assert bot.hook.requests[0].path == "/ping/0123-4567"
    assert bot.hook.requests[0].headers["User-Agent"].startswith("botus/")


def test_no_ping_for_an_empty_queue(tmp_path: Path, hook: HookServer) -> None:
    bot = Bot(tmp_path, hook, PING_URL=hook.url, NOTIFY_URLS="")
    bot.fill(1)
    bot.slot()
    assert bot.pings == 1
    bot.slot()
    assert bot.pings == 1


@pytest.mark.parametrize("fault", ["500", "404", "302", "drop", "reset", "cut", "stall"])
def test_a_ping_that_fails_is_said_once_and_without_its_address(
    tmp_path: Path, hook: HookServer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "_PING", Timing((0.3, 0.3), 10.0))
    bot = Bot(tmp_path, hook, PING_URL=f"{hook.url}/ping/0123-4567", NOTIFY_URLS="")
    where = {"Location": f"{hook.url}/elsewhere"}
    faults = [Fault.parse(f"on=/ping {fault}") for _ in range(2)]
    hook.script(*(Fault(one.how, one.status, on=one.on, headers=where) for one in faults))
    began = time.monotonic()
    bot.slot()
    bot.slot()
    assert time.monotonic() - began < 5
    (said,) = [line for line in bot.said if "PING_URL" in line]
    assert "0123-4567" not in said
    assert not [request for request in hook.requests if request.path == "/elsewhere"]
    bot.slot()
    hook.script("on=/ping 500")
    bot.slot()
    assert len([line for line in bot.said if "PING_URL" in line]) == 2


# For the doctor, and in words.


def test_what_apprise_understands(hook: HookServer) -> None:
    settings = load({"NOTIFY_URLS": f"{hook.url.replace('http', 'json')}/abc nonsense://abcdefgh"})
    (good, fine), (bad, problem) = notify.check(settings)
    assert (good[:5], fine) == ("json-", "")
    assert (bad[:9], "does not understand" in problem) == ("nonsense-", True)
    assert hook.requests == []


def test_the_doctor_tells_and_sends_only_if_asked_to(tmp_path: Path, hook: HookServer) -> None:
    urls = f"{hook.url.replace('http', 'json')}/hook-token nonsense://hook-token-2"
    settings = {"BOTUS_DATA": str(tmp_path), "CRON": "@daily", "NOTIFY_URLS": urls}
    ended = botus("doctor", **settings)
    assert (ended.code, hook.requests) == (2, [])
    assert re.search(
        r"^ok +alerts go to json-[0-9a-f]{6}; to try it: botus doctor --notify$", ended.out, re.M
    )
    assert re.search(
        r"^problem +NOTIFY_URLS: nonsense-[0-9a-f]{6}: Apprise does not understand", ended.out, re.M
    )
    ended = botus("doctor", "--notify", **settings | {"NOTIFY_URLS": urls.split()[0]})
    assert ended.code == 0, ended.out
    assert len(hook.texts) == 1
    hook.script("404")
    ended = botus("doctor", "--notify", **settings | {"NOTIFY_URLS": urls.split()[0]})
    assert (ended.code, "did not take a message: HTTP 404" in ended.out) == (5, True)
    assert "hook-token" not in ended.out + ended.err


def test_a_trial(hook: HookServer) -> None:
    settings = load(
        {
            "NOTIFY_URLS": hook.url.replace("http", "json"),
            "BLUESKY_HANDLE": "kettle.test",
            "BLUESKY_APP_PASSWORD": "abcd",
        }
    )
    assert [problem for _, problem in notify.try_out(settings)] == [""]
    (text,) = hook.texts
    assert text.startswith("botus, kettle.test (data): this is a test")
    hook.script("403")
    assert [problem for _, problem in notify.try_out(settings)] == ["HTTP 403"]


def test_a_long_message_is_cut_to_what_the_service_takes(
    hook: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import apprise.plugins.discord

    monkeypatch.setattr(apprise.plugins.discord.NotifyDiscord, "notify_url", f"{hook.url}/discord")
    service = notify._service("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
    assert notify._send(service, "@everyone <@1> <!here> a@b " + "x" * 3000).state == "posted"
    (text,) = hook.texts
    assert len(text) == 2000
    assert text.endswith("x…")
    assert text.startswith("@\u200beveryone \\<\u200b@\u200b1> \\<\u200b!here> a@\u200bb")


def test_nothing_is_loaded_for_a_bot_that_tells_nobody(tmp_path: Path, hook: HookServer) -> None:
    bot = Bot(tmp_path, hook, NOTIFY_URLS="")
    assert list(notify.check(Settings(tmp_path))) == []
    bot.fill(1)
    bot.slot()
    bot.slot()
    assert hook.requests == []
    known = json.loads((tmp_path / ".botus" / "news.json").read_text())
    assert known == {"barren": 0, "trouble": "", "empty": True, "told": {}}
    assert Intents(tmp_path).open() == []
