"""A phrase again and again on end is a loop in any script; style, laughter and refrains are none."""

from __future__ import annotations

import re

import pytest

from botus.screening import loops

CIRCLES = [
    ("the gull eats the herring. " * 3, "the gull eats the herring"),
    ("1. The gull is late. 2. The gull is late. 3. The gull is late.", "the gull is late"),
    ("1) the gull is late 2) the gull is late 3) the gull is late", "the gull is late"),
    ("灯台の猫が魚を見ている。" * 3, "灯台の猫が魚を見ている"),
    ("猫はまだ寝ている！\n猫はまだ寝ている\n\n「猫はまだ寝ている」", "猫はまだ寝ている"),
    ("①猫はまだ寝ている②猫はまだ寝ている③猫はまだ寝ている", "猫はまだ寝ている"),
    ("夜の海は静かで、" + "かもめは飛ぶ、" * 4, "かもめは飛ぶ"),
    ("我的海鸥很胖。" * 3, "我的海鸥很胖"),
    ("1、我的海鸥很胖\n2、我的海鸥很胖\n3、我的海鸥很胖", "我的海鸥很胖"),
    ("胖海鸥" * 4, "胖海鸥"),
    ("寂しい" * 8, "寂しい"),
    ("นกนางนวลกินปลา " * 3, "นกนางนวลกินปลา"),
    ("นกกินปลา" * 5, "นกกินปลา"),
    ("ຂ້ອຍເຫັນນົກໃນທະເລ " * 3, "ຂ້ອຍເຫັນນົກໃນທະເລ"),
    ("ខ្ញុំឃើញសត្វស្លាបនៅសមុទ្រ។ " * 3, "ខ្ញុំឃើញសត្វស្លាបនៅសមុទ្រ"),
    ("ငှက်က ငါးကို စားနေတယ်။ " * 3, "ငှက်က ငါးကို စားနေတယ်"),
    ("갈매기가 물고기를 먹는다. " * 3, "갈매기가 물고기를 먹는다"),
    ("나는 오늘 조용하다. " * 3, "나는 오늘 조용하다"),
    ("чайка ест мою рыбу, " * 3, "чайка ест мою рыбу"),
    ("मछली आज फिर देर से आई। " * 3, "मछली आज फिर देर से आई"),
    ("灯台の猫が魚を見ている。灯台の猫が魚を見ていた。" * 2 + "灯台の猫が魚を見て", "灯台の"),
    ("So foggy today " + "🌫" * 20, "🌫"),
    ("So foggy today " + "🌫 " * 20, "🌫"),
]


@pytest.mark.parametrize(("post", "again"), CIRCLES)
def test_a_phrase_on_end_is_a_loop_in_any_script(post: str, again: str) -> None:
    assert loops.find(post).startswith(again)


@pytest.mark.parametrize(
    "post",
    [
        "",
        "the gull eats the herring. " * 2,
        "灯台の猫が魚を見ている。" * 2,
        "no no no",
        "yeah yeah yeah",
        "ha ha ha ha ha",
        "ははははははははははははははは",
        "哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈",
        "あああああああああああああああああああああああ",
        "wwwwwwwwwwwwwwwww",
        "55555555555 ตลกจัง",
        "ฮ่าฮ่าฮ่าฮ่าฮ่าฮ่า",
        "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ 웃기다",
        "ドキドキドキドキする夜",
        "あははあははあははと笑う",
        "ありがとう、ありがとう、ありがとう！",
        "谢谢你，谢谢你，谢谢你",
        "고마워 고마워 고마워",
        "धन्यवाद धन्यवाद धन्यवाद",
        "もう一度、もう一度、もう一度だけ",
        "波の音、波の音、波の音、そして朝",
        "赤い船、青い船、白い船、黒い船、どれも帰らない",
        "東に行けば東の海、西に行けば西の海",
        "山はまた山、海はまた海、空はまた空",
        "😂😂😂😂 that was a good one, was it not?",
        "🌊🐟🌊🐟🌊🐟🌊🐟🌊🐟 the sea",
        "Day 1: fog. Day 2: fog. Day 3: fog. Day 4: a boat in the fog.",
    ],
)
def test_style_laughter_and_refrains_are_none(post: str) -> None:
    assert loops.find(post) == ""


def test_loops_say_what_is_repeated() -> None:
    assert loops.find("i love rust i love rust i love rust i love rust") == "i love rust"
    assert loops.find("lalala" * 10) == "la"


@pytest.mark.parametrize(
    "piece", ["灯", "灯台", "灯台の猫が魚を見て", "1. ", "a-", "(", "\n", "🌫", "ab", "नह"]
)
def test_what_is_searched_is_bounded_at_each_place(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No search may look back further than a fixed number of letters: then 100,000 take a second at most."""
    for name, pattern in vars(loops).items():
        if isinstance(pattern, re.Pattern) and r"\1" in pattern.pattern:
            assert not re.search(r"[.SD]\)?[*+]", pattern.pattern), name
    assert isinstance(loops.find((piece * 100_000)[:100_000] + "!"), str)
