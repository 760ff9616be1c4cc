"""What becomes of the words of an imported post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus.corpus.cleaning import BROKEN, Cleaned, Treatment, clean
from botus.screening import mentions

KEEP = Treatment("keep", "keep")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (".@bob thanks", "thanks"),
        ("@a @b: hello", "hello"),
        ("What a night @nasa@space.example!", "What a night!"),
        ("Thank you @bob!", "Thank you!"),
        ("Good night @bob", "Good night"),
        ("Good night, @bob. Sleep well.", "Good night. Sleep well."),
        ("Hello @bob, how are you?", "Hello, how are you?"),
        ("Thanks, @bob, for the tea", "Thanks, for the tea"),
        ("Thank you @bob, @eve and @joe!", "Thank you!"),
        ("The kettle sang @bob #tea", "The kettle sang #tea"),
        ("The kettle sang 🎉@bob", "The kettle sang 🎉"),
        ("Tea (as @bob would say) is hot", "Tea is hot"),
        ("The kettle sang @bob.example.social", "The kettle sang"),
        ("a fine gull, via @bob", "a fine gull"),
        ("a fine gull (h/t @bob)", "a fine gull"),
        ("a fine gull\ncc @bob @eve", "a fine gull"),
        ("<@123> hi, <@!5>", "hi"),
        ("5 @ 3 pm", "5 @ 3 pm"),
        ("write to me@example.com", "write to me@example.com"),
        ("@bob @eve", ""),
        ("@bob …!", ""),
    ],
)
def test_mentions_go_with_what_only_led_to_them(raw: str, text: str) -> None:
    assert clean(raw, Treatment()).text == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("see (https://t.co/a) now", "see now"),
        ("Wow!https://t.co/abc", "Wow!"),
        ("Read https://t.co/a, then sleep.", "Read, then sleep."),
        ("wiki www.example.com. Then home", "wiki. Then home"),
        ("<https://example.com/x> is it", "is it"),
        ("wiki https://example.com/X_(y) Done", "wiki Done"),
        ("a\nhttps://t.co/1\n\n\nb", "a\n\nb"),
        ("“https://t.co/a”", ""),
        ("pic.twitter.com/abc", ""),
        ("the gull is back pic.twitter.com/abc", "the gull is back"),
        ("node.js is fine", "node.js is fine"),
    ],
)
def test_links_leave_no_holes(raw: str, text: str) -> None:
    assert clean(raw, Treatment()).text == text


@pytest.mark.parametrize(
    "raw",
    [
        "I love @nasa@space.example today",
        "Interviewed on @radio by @eve",
        "Interviewed by @eve",
        "Tea with @bob and @eve tonight",
        "Thanks to @bob for the kettle",
        "I read @bob's kettle book",
        "I met @bob, who sings",
        ".@bob says the kettle sings",
        "Lunch. @bob knows why.",
        "The kettle sang 🎉 @bob heard it",
        "kettle talk w/@bob",
        "gestern mit @bob im Garten",
        "un thé avec @bob",
        "昨日@bobさんとお茶",
        "<@123> hi <#44> and <@!5> you",
        "read at https://t.co/x tonight",
        "at www.example.com. Then home",
        "wiki https://example.com/X_(y) says",
        "Read more at https://t.co/a",
    ],
)
def test_a_post_whose_sentence_would_have_a_hole_is_refused(raw: str) -> None:
    assert clean(raw, Treatment()).refused == BROKEN
    assert clean(raw, KEEP).refused == ""


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("salt &amp; pepper", "salt & pepper"),
        ("a &amp;lt; b", "a < b"),
        ("AT&T &c &unknown;", "AT&T &c &unknown;"),
        ("a  b\u00a0c \t d \r\n\r\n\r\n\r\ne ", "a b c d\n\ne"),
        ("half a pair \ud83d and \x00 and \x1b[31m", "half a pair and and [31m"),
        ("zero\u200bwidth", "zerowidth"),
        ("cafe\u0301", "café"),
        ("...", "..."),
    ],
)
def test_entities_and_white_space(raw: str, text: str) -> None:
    assert clean(raw, KEEP).text == text


def test_treatments() -> None:
    raw = "hi (@bob) &amp; all: https://t.co/a"
    assert clean(raw, Treatment()) == Cleaned("hi & all:", "", ("entities", "links", "mentions"))
    assert clean(raw, Treatment("keep", "keep", entities=False)) == Cleaned(raw)
    assert clean(raw, Treatment("refuse", "keep")).refused == "mention"
    assert clean(raw, Treatment("drop", "refuse")).refused == "link"
    assert clean("nothing of it", Treatment("refuse", "refuse")) == Cleaned("nothing of it")


@given(st.text() | st.text(alphabet="ab @#<>:/.()&;\n\t\u00a0\ud83dhtps"))
def test_a_clean_text_can_be_written_stays_clean_and_mentions_nobody(raw: str) -> None:
    done = clean(raw, Treatment())
    done.text.encode()
    assert clean(done.text, KEEP).text == done.text
    assert done.refused or not mentions.find(done.text)
    assert "\r" not in done.text
    assert done.text == done.text.strip()
