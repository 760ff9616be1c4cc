"""botus corpus stats: figures that were counted by hand, a histogram in 80 columns, plots, useful advice."""

from __future__ import annotations

import calendar
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from botus import demo
from botus.checkpoints.vocabulary import Vocabulary
from botus.cli.display import corpus
from botus.corpus import stats
from botus.corpus.forgetting import forget
from botus.corpus.stats import Stats, advice, measure, scripts
from botus.store.corpus import Corpus, CorpusPost, Post
from tests.support.command import botus

POSTS = [
    "The tide moved a sandbank six inches to the east today, they say.",
    "the tide moved a sandbank six inches to the east today they say",
    "Привет, мир! 🎉",
    "早上好",
    "one\ntwo",
]


def entry(text: str, at: float | None = None, source: str = "zip") -> CorpusPost:
    return CorpusPost(text, (source,), 1.0, at)


@cache
def made(count: int) -> Stats:
    """The figures of so many posts, each with words of its own."""
    texts = [
        f"{number} {number * 7919 % 104729} {number * 31 % 9973} {'word ' * 20}" for number in range(count)
    ]
    return measure([entry(text) for text in texts], 50 * count, "")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Corpus(tmp_path).add(
        Post(text, "tweets.zip", at=day(2020, 1, 1 + number)) for number, text in enumerate(POSTS)
    )
    Corpus(tmp_path).add([Post(POSTS[3], "outbox.json")])
    with (tmp_path / "corpus.txt").open("ab") as file:
        file.write(b"by hand\n\xff\n")
    return tmp_path


def day(year: int, month: int, number: int) -> int:
    return calendar.timegm((year, month, number, 12, 0, 0))


def test_figures(data: Path) -> None:
    found = stats.look(data, data)
    assert (found.posts, found.words, found.characters) == (
        6,
        13 + 13 + 2 + 3 + 2 + 2,
        65 + 63 + 14 + 3 + 7 + 7,
    )
    assert found.bytes == len((data / "corpus.txt").read_bytes()) - 2
    assert found.sources == {"tweets.zip": 5, "outbox.json": 1, "by hand": 1}
    assert (found.same, found.near, found.broken) == (0, 1, 1)
    assert found.times == [day(2020, 1, number) for number in range(1, 6)]
    assert found.median == 10.5


def test_word_for_word_repeats_are_told_from_near_ones() -> None:
    found = measure([entry(text) for text in ("a b c", "a  b c", "a b c d", "A b c.")], 1, "")
    assert (found.same, found.near) == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc, 123!", {"Latin": 1.0}),
        ("ab дж", {"Latin": 0.5, "Cyrillic": 0.5}),
        ("早上 かな カナ", {"Kana": 4 / 6, "Han": 2 / 6}),
        ("سلام 🎉🎉", {"Arabic": 4 / 6, "emoji": 2 / 6}),
        ("한국 αβ", {"Hangul": 0.5, "Greek": 0.5}),
        ("123 ...", {}),
    ],
)
def test_scripts(text: str, expected: dict[str, float]) -> None:
    assert scripts([text]) == pytest.approx(expected)


def test_tokens_are_counted_where_there_is_a_vocabulary(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint" / "run1"
    folder.mkdir(parents=True)
    assert stats.count_tokens(POSTS, tmp_path, tmp_path)[1] == ""
    for name in ("encoder.json", "vocab.bpe"):
        (folder / name).write_bytes((demo.folder() / name).read_bytes())
    vocabulary = Vocabulary((folder / "encoder.json").read_bytes(), (folder / "vocab.bpe").read_bytes())
    count = sum(len(vocabulary.encode(text)) for text in POSTS)
    assert stats.count_tokens(POSTS, tmp_path, tmp_path) == (count, str(folder))


def test_what_is_no_vocabulary_is_passed_over(tmp_path: Path) -> None:
    for folder in (tmp_path / "checkpoint" / "run1", tmp_path / "models" / "124M"):
        folder.mkdir(parents=True)
        for name in ("encoder.json", "vocab.bpe"):
            (folder / name).write_bytes((demo.folder() / name).read_bytes())
    (tmp_path / "checkpoint" / "run1" / "encoder.json").write_text("<html>")
    assert stats.count_tokens(POSTS, tmp_path, tmp_path)[1] == str(tmp_path / "models" / "124M")


@pytest.mark.parametrize(
    ("text", "least", "most"), [("a" * 4000, 900, 1100), ("早" * 100, 150, 300), ("", 0, 0)]
)
def test_an_estimate_is_near(text: str, least: int, most: int) -> None:
    assert least <= stats.estimate_tokens([text]) <= most


def test_lines_fit_into_80_columns(data: Path) -> None:
    for width in (80, 60):
        shown = list(corpus.lines(stats.look(data, data), width))
        assert max(map(len, shown)) <= width
    assert "tokens     about" in shown[1]
    assert "2020-01-01 to 2020-01-05" in "\n".join(shown)


def test_the_longest_bar_is_the_fullest_bin() -> None:
    lengths = [5] * 3 + [15] * 10 + [25]
    found = measure([entry("x" * length) for length in lengths], 1, "")
    bars = [line for line in corpus.lines(found, 80) if "█" in line or "▏" in line]
    assert [line.split()[0] for line in bars] == ["5-9", "15-19", "25-29"]
    assert max(bars, key=lambda line: line.count("█")).split()[0] == "15-19"


def test_a_terminal_without_blocks_gets_other_signs() -> None:
    shown = "\n".join(corpus.lines(made(30), 80, blocks=False))
    assert shown.isascii()
    assert "####" in shown


def test_the_bin_of_the_longest_is_open() -> None:
    width, counts = corpus.bins([10] * 5000 + [9000], 12)
    assert (width, sum(counts), len(counts)) == (1, 5001, 12)
    shown = "\n".join(corpus.lines(measure([entry("x" * 10)] * 5000 + [entry("x" * 9000)], 1, ""), 80))
    assert "11+" in shown


@pytest.mark.parametrize(
    ("first", "last", "unit", "labels"),
    [
        ((2020, 1, 1), (2020, 1, 20), "day", {"2020-01-01", "2020-01-04"}),
        ((2018, 11, 1), (2022, 2, 1), "month", {"2019-01", "2019-07", "2021-07"}),
        ((1999, 1, 1), (2022, 2, 1), "year", {"1999", "2002"}),
    ],
)
def test_times_are_drawn_in_a_unit_that_can_be_read(
    first: tuple[int, int, int], last: tuple[int, int, int], unit: str, labels: set[str]
) -> None:
    found = measure([entry("a", day(*first)), entry("b", day(*last)), entry("c")], 1, "")
    document = ElementTree.fromstring(corpus.plot(found))
    words = [one.text for one in document.iter() if one.tag.endswith("text")]
    assert unit in words
    assert labels < set(words)
    assert "When 2 posts were posted" in words
    assert len([word for word in words if word and word[:4].isdigit() and word[:2] in ("19", "20")]) <= 9


def test_without_times_only_lengths_are_drawn() -> None:
    assert "When" not in corpus.plot(made(3))


@pytest.mark.parametrize(
    ("count", "changes", "said", "unsaid"),
    [
        (300, {}, "by heart", "Enough"),
        (2500, {}, "Enough to fine-tune a base model; --from-scratch", "by heart"),
        (2500, {"bytes": 150_000}, "by heart", "Enough"),
        (2500, {"posts": 6000}, "and for a small one --from-scratch", "by heart"),
        (10, {}, "1,024 tokens", "Repeated"),
        (2500, {"near": 200}, "Repeated", "own posts"),
        (2500, {"sources": {"kept": 1500}}, "own posts", "Latin"),
        (2500, {"scripts": {"Han": 0.7, "Latin": 0.3}}, "not Latin", "Repeated"),
    ],
)
def test_advice(count: int, changes: dict[str, Any], said: str, unsaid: str) -> None:
    told = " ".join(advice(replace(made(count), **changes)))
    assert said in told
    assert unsaid not in told


def test_the_command_prints_and_draws(data: Path) -> None:
    ended = botus("corpus", "stats", "--data", data, "--plot", data / "plot.svg", NO_COLOR="1")
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    ElementTree.parse(data / "plot.svg")
    value = botus("corpus", "stats", "--json", "--data", data).value
    assert (value["posts"], value["near"], value["times"]["posts"]) == (6, 1, 5)
    assert sum(value["lengths"]["counts"]) == 6
    assert value["advice"]


def test_an_output_without_blocks_is_no_hindrance(data: Path) -> None:
    ended = botus("corpus", "stats", "--data", data, PYTHONIOENCODING="ascii")
    assert ended.code == 0
    assert "\\u" not in ended.out


def test_no_corpus_and_a_forgotten_one_are_told_apart(data: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = botus("corpus", "stats", "--data", empty)
    assert (ended.code, "corpus import" in ended.err) == (3, True)
    forget(data)
    ended = botus("corpus", "stats", "--data", data)
    assert (ended.code, "were forgotten" in ended.err) == (3, True)
