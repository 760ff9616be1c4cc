"""No reader of a file or a setting takes a time that grows with the square of what it is given.

Each case is so large that a reader which looks at all the rest for every letter, line or name needs minutes
of CPU for it, and one that does not a few tenths of a second; the alarm between the two is far from both, on
any machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import repeat
from pathlib import Path

import pytest

from botus import markup
from botus.checkpoints import markers, samples
from botus.corpus.parsing import words
from botus.corpus.parsing.dates import seconds
from botus.corpus.parsing.decoding import lines_of
from botus.corpus.parsing.jsonstream import elements
from botus.corpus.parsing.post import Options, Refusal
from botus.corpus.sources import detection, unsupported
from botus.corpus.sources.chats import recognition
from botus.corpus.sources.records import arrays
from botus.errors import BotusError, FileError, SettingsError
from botus.platforms.rows import split_urls
from botus.posting.log.salvage import salvage
from botus.review.machine.editor import Editor, pressed
from botus.schedule import cron
from botus.schedule.zones import find_zone
from tests.support.alarms import alarm

pytestmark = pytest.mark.proof

_MANY = 20_000
_LONG = 300_000  # letters


def objects(count: int, of: Callable[[int], object]) -> str:
    return ",".join(json.dumps(of(number)) for number in range(count))


def tweets(**fields: object) -> str:
    tweet = {"id_str": "1", "created_at": "Wed Oct 10 20:19:24 +0000 2018", **fields}
    return f"window.YTD.tweets.part0 = [{json.dumps({'tweet': tweet})}]"


def exporter(**fields: object) -> str:
    heron = {"id": "1", "name": "heron"}
    message = {"id": "1", "type": "Default", "timestamp": "2020-01-01", "author": heron, **fields}
    return json.dumps({"guild": {"id": "1"}, "channel": {"id": "1"}, "messages": [message]})


def reddit(body: str) -> str:
    return f"id,permalink,date,subreddit,body,parent\n1,here,2020-01-01,ponds,{body},\n"


_KETTLES = ['{"text": "the kettle sings"}'] * 5
_CHAT = "[2020-01-01, 10:00:00] Heron: the kettle\n[2020-01-01, 10:01:00] Wren: which one\n" * 9
_HERONS = [f"by heron{number} tern" for number in range(_MANY)]
EXPORTS: dict[str, tuple[str, str | None]] = {  # what a file has, and whose words are wanted
    "names of hosts": ("a-" * 10_000 + ".com\n" + "a@" + "b." * 15_000, None),
    "brackets": ("(" * 12_000 + "\n" + "[" * _LONG, None),
    "begins of a tag": ("the kettle\n" + "<p" * 500_000, None),
    "tags that stay open": ("the kettle\n" + "<p>" * 100_000, None),
    "quotes in every line": ("a,text\n" + 'x","y\n' * _MANY, None),
    "a quoted cell and spaces": ('text\n"a kettle"' + " " * _LONG + "x\n", None),
    "columns": (",".join(map(str, range(_MANY))) + ",text\n" + "1," * _MANY + "the kettle sings\n", None),
    "an object for an author": ("user,text\n{" + "a" * _LONG + "},the kettle sings\n", None),
    "keys": ('[{"text": "the kettle sings"' + "".join(f',"k{n}":1' for n in range(_MANY)) + "}]", None),
    "lists in an object": (
        "{" + ",".join(f'"posts{n}": [{", ".join(_KETTLES)}]' for n in range(990)) + "}",
        None,
    ),
    "addresses of a post": (
        tweets(
            full_text="the kettle " + "https://t.co/a " * _MANY,
            entities={"urls": [{"url": f"https://t.co/{n}", "expanded_url": "b"} for n in range(_MANY)]},
        ),
        None,
    ),
    "versions of a post": (tweets(full_text="kettle", edit='"editTweetIds":[' * _MANY), None),
    "names in a message": (
        exporter(content="@a b " * _MANY, mentions=[{"name": f"a{n} b"} for n in range(_MANY)]),
        "heron",
    ),
    "spoilers": (reddit("the kettle sings " + ">!a" * 100_000), None),
    "spaces in a message": (_CHAT + "[2020-01-01, 10:02:00] Heron: b" + " " * _LONG + "x\n", "heron"),
}


def called() -> None:
    """Ask of every name what it is without the words that all have."""
    found = recognition.Conversation(recognition.Layout.BESIDE, 9, 9, _HERONS)
    for name in _HERONS:
        assert found.sender(name) == name
        assert found.around == ("by", "tern")


def chosen() -> None:
    lists = {(f"{kind}{number}",): ["a kettle"] for kind in ("posts", "likes") for number in range(_MANY)}
    assert len(arrays.chosen(lists, "here")[0]) == _MANY


def posts(path: Path, author: str | None) -> Iterable[object]:
    with suppress(BotusError):
        yield from detection.read(path, Options(author=author))


DAMAGED_LOGS = {
    "texts": 'text: "a"\n' * 8_000,
    "quotes and commas": 'text: "a", b ' * 5_000,
    "objects in each other": '{"tweet":' * 10_000,
    "quotes in a text": '["' + '\\"' * 60_000,
}
FUNCTIONS: dict[str, Callable[[], object]] = {
    "is_html": lambda: markup.is_html("<p>" * 100_000),
    "is_part": lambda: words.is_part("[" + " " * _LONG),
    "line of a head": lambda: list(samples.pieces(["Model prompt >>>" + "=" * _LONG], [])),
    "line of bars": lambda: list(samples.pieces(["|" * _LONG], [])),
    "counted letters": lambda: markers.fewest_chars("a" * _LONG),
    "mailbox": lambda: unsupported.of_text("From " + "a" * _LONG),
    "lines of rules": lambda: recognition.of(("_" * 5_000 + "!\n") * 60),
    "a word before the cursor": lambda: pressed(Editor("a" * 60_000 + " b", 60_002), "ctrl-w"),
    "list of URLs": lambda: split_urls("discord://a/b" + " " * _LONG + "x"),
    "names of one form": called,
    "lists of an object": chosen,
}


@pytest.mark.parametrize("name", EXPORTS)
def test_a_large_export_takes_no_time(name: str, tmp_path: Path) -> None:
    content, author = EXPORTS[name]
    (tmp_path / "export").write_text(content, encoding="utf-8")
    with alarm():
        list(posts(tmp_path / "export", author))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_long_text_takes_no_time(name: str) -> None:
    with alarm():
        FUNCTIONS[name]()


@pytest.mark.parametrize("name", DAMAGED_LOGS)
def test_a_damaged_log_takes_no_time(name: str) -> None:
    with alarm():
        salvage(DAMAGED_LOGS[name].encode(), seconds)


def test_a_line_longer_than_any_post_is_not_looked_at(tmp_path: Path) -> None:
    pieces = repeat("a, " * 20_000, 920)  # 55 MB
    with alarm(), pytest.raises(FileError, match="line 1 is longer than"):
        list(lines_of(pieces, "here"))
    with alarm(), pytest.raises(FileError, match="longer than"):
        list(elements(['["', *repeat("a " * 30_000, 920)], "here"))
    (tmp_path / "lines").write_text("the kettle\n" + "<p" * 500_000)
    assert [post.refused for post in detection.read(tmp_path / "lines")] == ["", Refusal.ENDLESS]


@pytest.mark.parametrize("term", ["1", "1,", "H(", '"', "* ", "@", "TZ=a "])
def test_a_schedule_has_a_length(term: str) -> None:
    with alarm(), pytest.raises(SettingsError, match="100,000 letters"):
        cron.read((term * 100_000)[:100_000], "here")
    assert cron.read(",".join(map(str, range(60))) + " * * * *", "here")


def test_a_time_zone_has_a_length() -> None:
    with alarm(), pytest.raises(SettingsError, match="20,000 letters"):
        find_zone("a/" * 10_000)
