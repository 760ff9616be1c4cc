"""How near lines are to what was said."""

from __future__ import annotations

import pytest

from botus.answering.nearness import Index

LINES = (
    "Fog is only a cloud that gave up.",
    "My kettle sings flat.",
    "What do you do with you and what you do?",
    "灯台は霧の中で眠る",
    "卵を三つ食べた",
    "ประภาคารหลับอยู่ในหมอก",
    "등대가 안개 속에서 잔다",
    "प्रकाशस्तंभ कोहरे में सोता है",
    "It rains 🌧 on the tin roof.",
    "Der Leuchtturm schläft im Nebel.",
    "Café by the mole, closed.",
)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What do you think of fog?", 0),
        ("@fog@sea.example https://sea.example/fog @fog.bsky.social do you have kettles?", 1),
        ("KETTLE!!!", 1),
        ("ｋｅｔｔｌｅ", 1),
        ("k̸̢e̴t̵t̶l̷ę̴", 1),
        ("霧は好きですか", 3),
        ("卵は?", 4),
        ("หมอกเป็นอย่างไร", 5),
        ("안개는 어때?", 6),
        ("कोहरे के बारे में?", 7),
        ("🌧", 8),
        ("Was hältst du vom Nebel?", 9),
        ("cafe\u0301", 10),
    ],
)
def test_the_nearest_line_has_what_is_asked_about(question: str, wanted: int) -> None:
    assert Index(LINES).near(question)[0][1] == wanted


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "?!",
        "🧦🧦🧦",
        "zymurgy",
        "@kettle@sea.example",
        "https://sea.example/kettle",
        "\u0336" * 5000,
    ],
)
def test_nothing_is_near_where_nothing_is_shared(question: str) -> None:
    assert Index(LINES).near(question) == []


@pytest.mark.parametrize(
    "piece", ["kettle ", "@", "a@b ", "k\u0336", "https://", "霧", "<@1>", "\\n", "🌧", "http:/"]
)
def test_a_megabyte_is_cut(piece: str) -> None:
    found = Index(LINES).near("fog " + piece * (1_000_000 // len(piece)))
    assert 0 in [place for _, place in found]


def test_only_the_beginning_of_a_question_is_looked_at() -> None:
    assert Index(LINES).near("kettle " + "zymurgy " * 600)
    assert not Index(LINES).near("zymurgy " * 600 + "kettle")


def test_an_index_may_be_empty() -> None:
    assert Index(()).near("fog") == []
    assert Index(("",)).near("fog") == []
