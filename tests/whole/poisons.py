"""A data directory, what a hand, another program or a broken disk may leave in it, and what holds then.

Whatever is in there, a command ends with one of its exit codes and names the file, `run` goes on, and where
the file is mended the next slot posts; nothing is posted twice, and no line is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from botus.cli.main import cli
from botus.cli.options import Common
from botus.errors import BotusError, sentence
from botus.generation import loop
from botus.generation.job import Job
from botus.monitoring import health, status
from botus.monitoring.notify import Notifier
from botus.monitoring.survey import Survey
from botus.posting.target import Target
from botus.review.session import open_session
from botus.schedule.loop import Loop
from botus.settings import load
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.corpus import Corpus, Post
from botus.store.intents import Delivery, Intent, Intents
from botus.store.running import alerts
from botus.store.running.alerts import Alerts, Told
from botus.store.sessions import Session, Sessions
from botus.text import fingerprint
from botus.web.access import Access
from tests.support.fakes import FakeTarget, Platform, World

NOW = 1_800_000_000.0
ORIGIN = Origin("checkpoint/run1", 100, 0.9, 0, 0.9, "", 7)
LINES = [
    "The lamp hums in B flat.",
    "The horn has a cold.",
    "The rope forgot its knots.",
    "The tide is late.",
]
CLAIMED = "The stairs count the keeper back."
POISONS = {
    "5000 digits": "9" * 5000,
    "400 digits": "9" * 400,
    "NaN": "NaN",
    "huge": "1e999",
    "deep": "[" * 50_000 + "]" * 50_000,
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "true": "true",
    "null": "null",
    "object": '{"a": 1}',
    "half a letter": '"\\ud800"',
    "text": '"lamp"',
    "number": "7.5",
}
FIELDS = {
    "tweeted.json": ("timestamp", "id", "targets"),
    ".botus/state.json": ("targets", "log_count", "last_id"),
    ".botus/news.json": ("told", "barren"),
    f".botus/intents/{fingerprint(CLAIMED)}": ("claimed", "state", "until"),
    ".botus/candidates.jsonl": ("score", "fingerprint", "nearest"),
    ".botus/decisions.jsonl": ("at", "kind", "places"),
    ".botus/corpus.jsonl": ("weight", "at"),
    ".botus/bluesky.json": ("did",),
    ".botus/web.json": ("logins", "name"),
}
PYTHON = re.compile(
    r"fault in botus|Traceback|Exceeds the limit|Expecting|maximum recursion|object has no|codec can't"
    r"|surrogates not|__init__|NoneType|\w+Error\b|subscriptable|not iterable|Extra data|unhashable|Errno"
)


def write_sound(data: Path) -> None:
    """Write a data directory that has something in each file."""
    world = World(data, FakeTarget(Platform()))
    nearest = {"number": 1, "text": "The keeper oils the lamp.", "run": 2}
    one = Candidate(LINES[1], 1, 0.5, {"novelty": 0.5}, -3.0, nearest, (), ("space",))
    Candidates(data).append(ORIGIN, [one], int(NOW * 1000))
    Candidates(data).finish(ORIGIN, 1, int(NOW * 1000))
    world.lines("The sea is early.")
    world.run().post()
    world.lines(*LINES)
    with open_session(data, clock=lambda: NOW) as session:
        posts = session.posts_by_line()
        session.decide([(posts[1], "keep")])
        session.decide([(posts[3], "star")])
    intents = Intents(data)
    parts = {"fake": Delivery("pending", "key", until=0.0, tries=1, base_url="https://fake.example")}
    claimed = Intent(fingerprint(CLAIMED), CLAIMED, CLAIMED, int(NOW * 1000), deliveries=parts)
    intents.claim(claimed)
    intents.release(claimed)
    Corpus(data).add([Post("The keeper oils the lamp.", "old.txt", 1.0, 1500000000), Post("Fog.", "old.txt")])
    alerts.save(data, Alerts(1, "the network is away", False, {"low": {"abc": Told(1, NOW, False)}}))
    Sessions(data).save(Session("keeper.example", "did:plc:1", "a.b.c", "d.e.f"))
    access = Access(data, lambda: NOW)
    access.announce("http://127.0.0.1:8000")
    access.invite()


def poisoned(path: Path, field: str, poison: str) -> bytes:
    """Put a value in the place of the first one of a field, and return what stood there."""
    before = path.read_bytes()
    lines = before.decode().splitlines() if path.suffix == ".jsonl" else [before.decode()]
    at = next(number for number, line in enumerate(lines) if f'"{field}": ' in line)
    value = json.loads(lines[at])
    assert _put(value, field)
    indent = None if path.suffix == ".jsonl" else 2
    lines[at] = json.dumps(value, indent=indent, ensure_ascii=False).replace('"@@"', poison)
    path.write_text("".join(f"{line}\n" for line in lines))
    return before


def _put(value: Any, field: str) -> bool:  # noqa: ANN401
    if isinstance(value, dict) and field in value:
        value[field] = "@@"
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_put(one, field) for one in inner)


@dataclass(frozen=True)
class Drawn:
    text: str
    number: int
    finished: bool = True
    logprob: float = -3.0


def draw(skip: int) -> Iterator[Drawn]:
    words = ["kettle", "harbour", "gull", "lamp", "stairs", "fog", "bell", "tide", "rope", "horn"]
    for number in count(skip):
        yield Drawn(f"The {' '.join(Random(number).choices(words, k=6))}.", number)


def command(*words: str) -> Callable[[Path], object]:
    return lambda data: cli.main([*words, "--data", str(data)], standalone_mode=False, obj=Common())


def survey(data: Path) -> Survey:
    return Survey(load({"CRON": "* * * * *"}, data), {"fake": FakeTarget(Platform())})


def review(data: Path) -> None:
    with open_session(data, clock=lambda: NOW + 9999) as session:
        for key in "kdu":
            session.press(key)


COMMANDS: dict[str, Callable[[Path], object]] = {
    "bluesky": lambda data: Sessions(data).load("keeper.example"),
    "web": lambda data: Access(data, lambda: NOW).cookie_name,
    "status": lambda data: list(status.lines(status.look(survey(data), NOW))),
    "health": lambda data: list(health.complaints(survey(data), lambda: NOW)),
    "run": lambda data: slot(data),
    "review": review,
    "generate": lambda data: loop.generate(Job(data, replace(ORIGIN, seed=8), 2), draw),
    "log show": command("log", "show"),
    "queue list": command("queue", "list"),
    "queue show": command("queue", "show", LINES[1]),
    "corpus stats": command("corpus", "stats"),
    "corpus add": command("corpus", "add", "--kept"),
    "log repair": command("log", "repair"),
}


def check_words(said: str, path: Path) -> None:
    assert not (found := PYTHON.search(said)), f"{found}: {said[:600]}"
    # The state may rightly say of a log that it lacks a post.
    assert path.name in said or "tweeted.json lacks" in said, said[:300]


def check_commands(data: Path, path: Path) -> int:
    """Look at each command with the poison; returns how many said it."""
    codes, said = list[Any](), list[str]()
    for run in COMMANDS.values():
        try:
            shown = run(data)
            text = "\n".join(shown) if isinstance(shown, list) else ""
            said += [text] if path.name in text else []
            assert not PYTHON.search(text), text
        except BotusError as error:
            codes.append(error.exit_code)
            said.append(sentence(error))
        except SystemExit as ended:
            codes.append(ended.code)
    assert set(codes) <= {0, 1, 3, 6}
    for one in said:
        check_words(one, path)
    return len(said)


class Slots:
    """`run` with a platform that keeps what it is sent."""

    def __init__(self, data: Path) -> None:
        self.platform, self.now, self.said = Platform(), NOW + 9000, list[str]()
        targets: dict[str, Target] = {"fake": FakeTarget(self.platform)}
        settings = load({"CRON": "* * * * *"}, data)
        hear = Notifier(settings, targets, lambda: self.now, self._say).hear
        self.loop = Loop(settings, targets, lambda: self.now, lambda _: True, self._say, Random(1), hear)

    def _say(self, message: str, level: str = "info", **fields: Any) -> None:  # noqa: ANN401
        self.said.append(message + str(fields.get("traceback", "")))

    def turn(self) -> int:
        """Return how many were posted at the next slot."""
        before = len(self.platform.posts)
        self.now += 60
        self.loop.turn()
        return len(self.platform.posts) - before


def slot(data: Path) -> list[str]:
    """Return what `run` says of one."""
    slots = Slots(data)
    slots.turn()
    return slots.said


def check_slots(data: Path, path: Path, before: bytes) -> None:
    """Look at a slot with the poison, and at some with what stood there before."""
    poison, slots = path.read_bytes(), Slots(data)
    if not slots.turn():
        check_words("\n".join(slots.said), path)
    assert not PYTHON.search("\n".join(slots.said)), slots.said
    if path.exists() and path.read_bytes() == poison:
        path.write_bytes(before)
    assert slots.turn()
    while slots.turn():
        pass
    log = [entry["text"] for entry in json.loads((data / "tweeted.json").read_text())]
    assert sorted(slots.platform.posts) == sorted([*LINES, CLAIMED])
    assert sorted(log) == sorted([*LINES, CLAIMED, "The sea is early."])
