"""What the words of a post tell on their own, in every format alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.parsing.post import ParsedPost, Refusal
from botus.corpus.parsing.words import is_part, told
from tests.support.exports import folder, note, outbox, parsed, tweet, ytd


@pytest.mark.parametrize(
    "text",
    [
        "RT @egret",
        "RT @egret\n\nThe tea is cold",
        "RT\n@egret\nthe tea is cold",
        "RT@egret the tea",
        "RT @a@b.example: tea",
        "RT: @egret tea",
        "rt @egret tea",
        "RT ＠egret: tea",
        "RT @\u200begret: tea",
        "RT &#64;egret: tea",
        "RT by @egret: the kettle sings",
        "RT « @egret: la bouilloire chante »",
        "#RT @egret the kettle sings",
        ">> RT @egret the kettle sings",
        "RT kettlebot: the kettle sings",
        "RT: the kettle sings",
        "MT @egret tea",
        "HT @egret: tea",
        "Retweeted @egret: kettles",
        "Repost @egret kettles",
        "♻️ @egret: tea",
        "🔁 @egret tea",
        "🔁 Egret (@egret@ponds.example)\n\ntea is cold",
        "🔁 Egret boosted: tea",
    ],
)
def test_retweets_by_hand(text: str) -> None:
    assert told(ParsedPost(text)).refused == Refusal.RETWEET


@pytest.mark.parametrize(
    "text",
    [
        '"Kettles sing" via @egret',
        "“Kettles sing” — @egret",
        '"Kettles sing." - @a@b.example',
        "« Les bouilloires chantent » — @egret",
        "„Kessel singen“ – @egret",
        "「お茶」 — @egret",
        "“Kettles sing”\n\n— @egret #tea",
        '"Kettles sing" (@egret)',
        '"Kettles sing" @egret',
        "'Kettles sing' - @egret",
        '"Kettles sing," says @egret',
        "@egret: “Kettles sing”",
        "From @egret: kettles sing",
        "Kettles sing (via @egret)",
        "Kettles sing https://ponds.example/a via @egret",
        "So true! RT @egret kettles sing",
        "Kettles sing. — Emily Egret (@egret) October 7, 2017",
        "A post shared by Emily (@egret) on Oct 2, 2017 at 1:26pm PDT",
        "Yes (RT @egret: kettles)",
        'lol "@egret: kettles sing"',
        "“@egret: kettles sing” indeed",
    ],
)
def test_quotes_with_their_author(text: str) -> None:
    assert told(ParsedPost(text)).refused == Refusal.QUOTE


@pytest.mark.parametrize(
    "text",
    [
        "RT if you love kettles",
        "art @home sings",
        "Thank you @egret!",
        '"I love tea," I said to @egret',
        'I said "yes" and @egret laughed',
        'Great "kettle" talk @egret #tea',
        "“Kettles sing” — Emily Tealeaf",
        "Tea - coffee - @ home",
        "♻️ Recycle your kettle",
        "🔁 Repeat after me, kettles",
        "Start @ 5pm",
        "write to me a@b.example",
        "the MT train is late",
        "Oh you, @egret",
        "a fine gull (h/t @egret)",
        "In by the back door, out via the front",
        "Quote of the day: tea",
    ],
)
def test_words_of_ones_own(text: str) -> None:
    assert (told(ParsedPost(text)).refused, told(ParsedPost(text)).is_reply) == ("", False)


@pytest.mark.parametrize(
    "text", ["@egret hi", "\u2068@egret\u2069 hi", "＠egret hi", "R to @egret: hi", "↩️ @egret hi"]
)
def test_a_post_that_speaks_to_somebody_is_an_answer(text: str) -> None:
    assert told(ParsedPost(text)).is_reply


def test_one_rule_for_all_formats(tmp_path: Path) -> None:
    words = ["RT @egret\n\nThe tea is cold", "@egret hi", "The kettle sang"]
    lines = [text.replace("\n", " ") for text in words]
    folder(
        tmp_path,
        {
            "x/data/tweets.js": ytd("tweets", [tweet(text, number) for number, text in enumerate(words)]),
            "mastodon/outbox.json": outbox(
                *(note("".join(f"<p>{p}</p>" for p in t.split("\n\n"))) for t in words)
            ),
            "discord/messages/c12345/messages.json": json.dumps(
                [{"ID": n, "Timestamp": "2024-01-01 10:00:00", "Contents": t} for n, t in enumerate(words)]
            ),
            "discord/messages/c12345/channel.json": '{"id": "12345", "type": 0}',
            "a.csv": "id,text\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(words)),
            "a.json": json.dumps([{"text": text} for text in words]),
            "a.txt": "\n".join(lines),
            "fortunes": "\n%\n".join(words),
            "samples": "\n====================\n".join(words),
        },
    )
    for name in ("x", "mastodon", "discord", "a.csv", "a.json", "a.txt", "fortunes", "samples"):
        found = [(one.refused, one.is_reply) for one in parsed(tmp_path / name)]
        assert found == [(Refusal.RETWEET, False), ("", True), ("", False)], name


@pytest.mark.parametrize(
    "text",
    [
        "The kettle sin… https://t.co/abc",
        "The kettle sings... http://fb.me/abc",
        "The kettle sings…https://t.co/abc",
        "The kettle sin... https://buff.ly/a #tea",
        "The kettle sings […] https://ponds.example/a",
        "The kettle sings… Read more: https://ponds.example/a",
        "The kettle sings https://t.c…",
        "The kettle sings and I … (cont) http://tl.gd/abc12",
        "The kettle sings and I (cont) tl.gd/abc12",
        "The kettle sings and I (cont)",
        "The kettle sings and I (cont.)",
        "The kettle sings (cont'd)",
        "The kettle sings (more)",
        "The kettle sings …cont",
        "(cont) and it sang",
        "Der Kessel singt (Forts.)",
        "La bouilloire (suite)",
        "やかんが歌う（続く）",
        "The kettle sings, first part (1/2)",
        "The kettle sings (1/2) https://t.co/a",
        "The kettle sings (1 of 3)",
        "The kettle sings （1/2）",
        "The kettle sings [1/3]",
        "(1/2) The kettle sings",
        "[2/3] The kettle sings",
        "(Part 1/2) The kettle sings",
        "The kettle sings and I told it that 1/2",
        "it should not 2/2",
        "The kettle sings. 1/3",
        "...and then it sang... 3/5",
        "The kettle sings\n1/4",
        "2/7 The kettle sings",
        "1/2: the kettle sings",
        "1/2 I went to the sea with a kettle today and",
        "1/ The kettle sings",
        "1/n The kettle sings",
        "The kettle sings 1/",
        "The kettle sings 1/x",
        "The kettle sings /2",
        "THREAD 1/ The kettle sings",
        "Thread: the kettle",
        "🧵 The kettle sings",
        "The kettle, a story 🧵👇",
        "\u200f(1/2) الغلاية تغني\u200f",
    ],
)
def test_parts_of_a_longer_text(text: str) -> None:
    assert is_part(text)


@pytest.mark.parametrize(
    "text",
    [
        "1/2 cup of sugar and a kettle",
        "1/2 Tasse Zucker",
        "3/4 of all kettles sing",
        "1/2/2020",
        "on 1/2/2020 the kettle sang",
        "On 12/24 we sing",
        "Christmas is 12/25",
        "And then it sang…",
        "It sang and sang...",
        "I like tea... and coffee https://t.co/abc and more",
        "Look: https://t.co/abc",
        "The score is 3/4",
        "The beat is 4/4",
        "A great kettle, 10/10",
        "Great kettle. 10/10",
        "Lovely tea! 4/5",
        "Never forget 9/11",
        "9/11 was a day",
        "Open 24/7",
        "He won 2/3",
        "A kettle (2/3 full) is fine",
        "half: 1/2 and more",
        "It went on (and on)",
        "(more tea) please",
        "The more the merrier",
        "The kettle sings and/or hums at 5 km/h",
        "a thread of wool",
        "The thread is red",
        "1. Kettle",
        "1) Kettle",
        "The contents of a kettle",
        "The suite is nice",
    ],
)
def test_texts_that_are_whole(text: str) -> None:
    assert not is_part(text)
