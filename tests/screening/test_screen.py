"""The screen refuses what must not be posted, for one reason, and leaves good posts alone."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus.errors import FileError, SettingsError
from botus.platforms import lengths
from botus.platforms.lengths import x_length
from botus.screening import rules
from botus.screening.denylist import Denylist, parse_denylist
from botus.screening.lexicon import Lexicon
from botus.screening.rules import RULES, Rules, precheck
from botus.screening.screen import Screen, doubtful_words
from tests.support.command import botus

X = {"x": (lengths.x_length, 280)}
STRICT = Rules(X, hashtags=frozenset({"caturday"}), denylist=parse_denylist(b"herring\n"))


def reason(post: str, settings: Rules = STRICT) -> str | None:
    return Screen(settings).check(post).reason


GOOD = [
    "A king is singing in a crystal labyrinth.",
    r"I don't know what to say ¯\_(ツ)_/¯",
    "She is 5'10\" tall and still growing.",
    "The cat cafe is in danger. :( Send help :)",
    "Things I own: 1) a boat 2) half a boat (the better half)",
    "Mozilla Firefox 8 (RC 3) is released",
    "“We are open,” said the shop. „Wir haben offen“, sagte er. « Ouvert », dit-il. »Offen«, sagte sie.",
    'He said "hello." She said “goodbye".',
    "no no no no. That is what I said, no.",
    "It was talking to itself, talking to itself, talking to itself.",
    "I <3 you more than x < y and y > z, 100 % & more",
    "Love in the time of C# and Node.js, e.g. now",
    "Meet me @ noon, or not @_@",
    "Happy #Caturday to all who observe",
    "The number #1 reason to sleep",
    "É Ã la fin: NÃO, Ângela",
    "I love 👩‍👩‍👧 and 🏳️‍🌈 and 日本語の文章です",
    "می‌خواهم بروم به خانه",
    "first line of it\nsecond line of it",
    "it is a cat and it is a dog and it is a cow and it is a pig and it is a fox",
    "ha" * 15 + ", said the crow",
    "SyntaxError: life is not defined",
    "{curly} [square] (round) are brackets",
    "HTTP: a love story in four letters",
]


@pytest.mark.parametrize("post", GOOD)
def test_a_good_post_passes_as_it_is(post: str) -> None:
    verdict = Screen(STRICT).check(post)
    assert (verdict.reason, verdict.text, verdict.repairs, verdict.flags) == (None, post, (), ())


REFUSED = {
    "too short": [
        "Look",
        "",
        "   \n ",
        ".......... !!!!!!",
        "日本語だ",
    ],
    "a page or an error message": [
        "<!DOCTYPE html><html><head>",
        "Oh no Traceback (most recent call last): what now",
        'Look:\n  File "bot.py", line 12, in main',
        "\tat com.example.Main(Main.java:12) and on",
        '{"errors": [{"code": 89}]}',
    ],
    "a training marker": [
        "Good.<|startoftext|>Another",
        "The end<|endoftext|",
        "so it goes ====================",
        "startoftext|> me",
    ],
    "broken encoding": [
        "The Magic of \ufffd.js and me",
        "CafÃ© society is here",
        "itâ€™s a trap, all of it",
        "so Ð¿Ñ€Ð¸Ð²ÐµÑ‚ to everyone",
        "РџСЂРёРІРµС‚, и снова чайник",
        "the kettle —á–∞–π–Ω–∏–∫ sings",
        "×©××× said the lamp",
        "lone \ud83d half of it",
        "box \ue001 of private use",
    ],
    "control characters": [
        "bell \u0007 rings at noon",
        "escape \u001b[31m red text",
    ],
    "markup": [
        "this is <b>bold</b> of me",
        "a line<br/>break in here",
        "left &amp and right",
        "see [here](http) ```code```",
        "amp; this is it now",
        "[url=x]that way",
    ],
    "repeats itself": [
        "I love Rust " * 8,
        "very " * 9 + "good",
        "the end of the end of the end of the end of the end of the world",
        "a line of text\n" * 4 + "another one",
        "lalala" * 10,
        "the net is the net and the net is the net because the net is the net and the net is the net",
    ],
    "unbalanced quotes": [
        'The Case for the "60s Web with Google',
        "Self-driving cars “may prove’ key",
        "Scale your » cloud computing",
    ],
    "unbalanced brackets": [
        "The best of the mix: how)? I ask",
        "(see here. And there is more of it",
    ],
    "pings everybody": [
        "wake up @everyone it is noon",
        "is anybody @here at all now",
    ],
    "mentions somebody": [
        "thanks to @bob for this",
        "cc @bob@example.social please",
        "write to bob.x@example.com now",
        "hey <@123456> come here",
        "hello ＠bob my friend",
    ],
    "a hashtag the corpus lacks": [
        "so tired today #blessed",
        "#été is here at last",
    ],
    "a link": [
        "look at https://example.com/x now",
        "see example.com for more",
        "www.example whatever it is",
        "pic.twitter.com/abc is it",
        "cut off at https:/",
    ],
    "on the denylist": [
        "a Herring fell from the sky",
        "the her\u200bring returns to us",
    ],
    "too long for x": [
        "long " + " ".join(map(str, range(110))),
        "".join(chr(0x4E00 + number) for number in range(150)),
    ],
}


@pytest.mark.parametrize(("expected", "post"), [(r, post) for r, posts in REFUSED.items() for post in posts])
def test_every_reason_is_given(expected: str, post: str) -> None:
    assert reason(post) == expected


def test_every_rule_can_be_switched_off() -> None:
    for name in RULES:
        on = replace(STRICT, max_chars=50 if name == "max-chars" else None)
        on = replace(on, words=Lexicon(GOOD * 30, is_all=True) if name == "words" else None)
        off = replace(on, off=frozenset({name}))
        posts = ["A king is sobbering.", *(post for posts in REFUSED.values() for post in posts)]
        assert any(reason(post, off) != reason(post, on) for post in posts), name


def test_an_unfinished_post_is_refused_and_left_as_it_is() -> None:
    verdict = Screen(STRICT).check(" A good start, but", finished=False)
    assert (verdict.reason, verdict.text) == ("unfinished", " A good start, but")


def test_what_was_cut_off_for_its_length_is_too_long() -> None:
    limited = Rules(limits={"X": (x_length, 20)}, max_chars=30)
    for size, reason in ((15, "unfinished"), (25, "too long for X"), (35, "longer than --max-chars")):
        assert Screen(limited).check("x" * size, finished=False).reason == reason
    free = replace(limited, off=frozenset({"length", "max-chars"}))
    assert Screen(free).check("x" * 35, finished=False).reason == "unfinished"


def test_no_post_is_shorter_than_the_shortest_and_the_longest() -> None:
    with pytest.raises(SettingsError, match="max-chars is 5: posts under 10"):
        Rules(max_chars=5)
    assert Rules(max_chars=5, off=frozenset({"short"})).max_chars == 5


def test_max_chars_counts_characters() -> None:
    settings = Rules(max_chars=20)
    assert reason("x y" * 6 + "zz", settings) is None
    assert reason("x y" * 7, settings) == "longer than --max-chars"


def test_each_target_has_its_own_limit_and_is_measured_only_near_it() -> None:
    measured = []

    def length(post: str) -> int:
        measured.append(post)
        return len(post)

    settings = Rules({"x": (lengths.x_length, 280), "tiny": (length, 30)})
    assert Screen(settings).check("A short post for all").reason is None
    assert not measured
    verdict = Screen(settings).check("A post that is too long for the small one")
    assert (verdict.reason, verdict.detail) == ("too long for tiny", "41 of 30")


def test_short_links_count_in_full() -> None:
    assert (
        reason("a.co " * 12 + "all of them", Rules(X, links="allow", off=frozenset({"loop"})))
        == "too long for x"
    )


@given(st.text("ab é日😀\u0958\ufb2c\U0001d160.:/,#@\u200d\n", max_size=40))
def test_the_quick_estimate_is_never_below_the_true_length(post: str) -> None:
    for length in (lengths.x_length, lengths.mastodon_length, lengths.bluesky_length):
        assert rules.longest_count(post) >= length(post)


def test_drop_takes_mentions_and_links_out() -> None:
    settings = Rules(X, mentions="drop", links="drop")
    post = "RT @bob: look at this, @ann@example.social , it is great (via @cy) https://t.co/x1 !"
    verdict = Screen(settings).check(post)
    assert (verdict.reason, verdict.text) == (None, "look at this, it is great !")
    assert verdict.repairs == ("mentions", "links")
    assert Screen(settings).check("@bob https://example.com/").reason == "too short"
    assert Screen(settings).check("wake up @everyone, it is noon").text == "wake up, it is noon"
    assert reason("see example.com for more", settings) == "a link"


def test_allow_lets_mentions_and_links_pass_but_never_a_ping() -> None:
    settings = Rules(X, mentions="allow", links="allow")
    assert reason("thanks to @bob for https://example.com", settings) is None
    assert reason("thanks to @everyone for this", settings) == "pings everybody"


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("“A king is singing.", "A king is singing."),
        ('A king is singing."', "A king is singing."),
        ('A god says: "Follow me.', 'A god says: "Follow me."'),
        ("A god says, “Follow me.", "A god says, “Follow me.”"),
        ("A king is singing (in a labyrinth", "A king is singing (in a labyrinth)"),
        ("A king is singing in a labyrinth)", "A king is singing in a labyrinth"),
        ("A king is singing. ( ) Loudly.", "A king is singing. Loudly."),
        ("A king is singing (", "A king is singing"),
        ("A king &amp; a queen &#39;sing&#39;", "A king & a queen 'sing'"),
        ("A\u200b king\ufeff is sing\u00ading.", "A king is singing."),
        ("A\u202e king is singing.", "A king is singing."),
        ("A king\tis singing.  \r\nNow.\n", "A king is singing.\nNow."),
    ],
)
def test_safe_repairs(raw: str, mended: str) -> None:
    verdict = Screen(STRICT).check(raw)
    assert (verdict.reason, verdict.text) == (None, mended)


def test_a_repair_is_named_and_checked_again() -> None:
    assert Screen(STRICT).check("“A king &amp; a queen.").repairs == ("markup", "quotes")
    assert reason("this is &lt;b&gt;bold&lt;/b&gt; of me") == "markup"


def test_a_speech_is_not_closed_after_its_end() -> None:
    post = '"Which way?" asked a boat. "Left. "Left, the other," I replied.'
    assert reason(post) == "unbalanced quotes"


@given(st.text('ab.,: \n"“”„«»()[]{}:;)&#@\u200b', max_size=30))
def test_what_passes_passes_again_unchanged(post: str) -> None:
    lenient = Screen(Rules(min_chars=0, mentions="drop", links="drop"))
    verdict = lenient.check(post)
    assert len(verdict.text) <= len(post) + 2  # one quote and one bracket
    if verdict.reason is None:
        again = lenient.check(verdict.text)
        assert (again.reason, again.text, again.repairs) == (None, verdict.text, ())


@given(st.text(max_size=60))
def test_no_text_breaks_the_screen(post: str) -> None:
    verdict = Screen(STRICT).check(post)
    assert verdict.reason is not None or verdict.text.encode()


def test_wordfilter_flags_and_does_not_refuse() -> None:
    settings = Rules(X, doubtful=doubtful_words())
    verdict = Screen(settings).check("What a lame excuse for a boat")
    assert (verdict.reason, verdict.flags) == (None, ("wordfilter: lame",))
    assert Screen(settings).check("A king is singing.").flags == ()


def test_wordfilter_does_not_flag_innocent_words_that_contain_a_short_one() -> None:
    screening = Screen(Rules(X, doubtful=doubtful_words()))
    for innocent in ("about the script tonight", "above Japan, snipping", "spiced spices, tardy cuckoo"):
        assert screening.check(innocent).flags == ()
    for bad in ("you dickheads all of you", "so retarded of them", "CUNTS! all of you", "an abo in here"):
        assert len(screening.check(bad).flags) == 1


def test_unknown_rules_are_all_reported() -> None:
    with pytest.raises(SettingsError) as caught:
        Rules(max_chars=5, off=frozenset({"fun", "joy"}))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("option", ["--mentions", "--links"])
def test_an_unknown_policy_is_refused(option: str, tmp_path: Path) -> None:
    ended = botus("generate", option, "maybe", "--data", tmp_path)
    assert (ended.code, "'maybe' is not one of" in ended.err) == (2, True)


def test_hashtags_of_a_corpus() -> None:
    assert rules.hashtags_of(["a #Cat day", "no tag, C# code, &#39;", "#été"]) == {"cat", "été"}


@pytest.mark.parametrize(
    ("post", "begins"),
    [
        ("hello @bob how are you", "mentions somebody"),
        ("tea tonight w/@bob", "mentions somebody: '@bob'"),
        ("RT@bob the tea", "mentions somebody"),
        ("RT: @bob the tea", "mentions somebody"),
        ("tea @\u200bbob", "mentions somebody"),
        ("tea \uff20bob", "mentions somebody"),
        ("お茶@bobさん", "mentions somebody"),
        ("tea (@bob@ponds.example)", "mentions somebody"),
        ("https://x.example/a /@bob", "mentions somebody"),
        ("@here it is", "pings everybody"),
        ("is <!here> somebody", "mentions somebody"),
        ("<!channel|channel> look", "mentions somebody"),
        ("<!subteam^S1> look", "mentions somebody"),
        ("ask <@123456>", "mentions somebody"),
        ("ask <@!123456>", "mentions somebody"),
        ("ask <@&123456>", "mentions somebody"),
        ("ask <@U123|bob>", "mentions somebody"),
        ("a herring", "on the denylist"),
        ("<html><body>502 Bad Gateway", "a page or an error message"),
        ("Traceback (most recent call last):", "a page or an error message"),
        ("====================", "a training marker"),
        ("======== SAMPLE 12 ========", "a training marker"),
        ("<|startoftext|>A lamp", "a training marker"),
        ("A lamp</endoftext|>", "a training marker"),
        ("A lamp\n====================\nA kettle", "a training marker"),
        ("[10 | 28.10] loss=3.11 avg=3.11", "a training marker"),
    ],
)
def test_the_precheck_holds_what_would_harm(post: str, begins: str) -> None:
    answer = precheck(post, parse_denylist(b"herring"))
    assert answer is not None
    assert answer.startswith(begins)


def test_the_precheck_lets_short_and_odd_posts_of_a_person_pass() -> None:
    for post in (
        "ok",
        "see https://example.com",
        "half a (bracket",
        "#new",
        "<! no",
        "1 <@ 2",
        "<3 @ noon",
        "[====>  ] 42 %",
    ):
        assert precheck(post, Denylist()) is None
    for post in (
        "see https://x.example/@bob",
        "ponds.example/@bob",
        "www.x.example/@bob",
        "カフェ＠渋谷",
        "3 @ 5",
    ):
        assert precheck(post, Denylist()) is None


def test_the_precheck_needs_nothing_of_the_model_side() -> None:
    code = (
        "import sys; from botus.screening import denylist, rules;"
        "rules.precheck('hello @bob', denylist.Denylist());"
        "print([m for m in ('numpy', 'wordfilter', 'ctranslate2', 'twitter_text') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_denylist_words_phrases_and_patterns() -> None:
    denied = parse_denylist("\ufeff# a remark\r\nRat\r\n\r\nred herring\n/gr[ae]y/\nc++\n#tag\n".encode())
    for post, found in [
        ("a RAT ran", "rat"),
        ("a Red\nHerring", "Red Herring"),
        ("so greyish", "grey"),
        ("I like C++ now", "C++"),
        ("me #tag you", "#tag"),
    ]:
        assert denied.find(post) == found
    for post in ("ratatouille", "herring red", "c+", "a remark"):
        assert denied.find(post) is None


@pytest.mark.parametrize(
    "spelling",
    [
        "ｈｅｒｒｉｎｇ",
        "ⓗⓔⓡⓡⓘⓝⓖ",
        "𝐡𝐞𝐫𝐫𝐢𝐧𝐠",
        "h\u0336e\u0336r\u0336r\u0336i\u0336n\u0336g\u0336",
        "her\u00adr\u200bing",
    ],
)
def test_a_denied_word_is_found_in_every_spelling_of_its_letters(spelling: str) -> None:
    assert parse_denylist(b"herring").find(f"a {spelling}!") == "herring"
    assert parse_denylist(b"red herring").find(f"a ｒｅｄ {spelling}!") == "red herring"
    assert parse_denylist(f"{spelling}\n".encode()).find("a herring") == "herring"
    assert parse_denylist("/lamp…/".encode()).find("a lamplighter") is None


def test_a_denied_letter_is_found_whatever_way_unicode_writes_it() -> None:
    for letter in map(chr, range(0x20, 0x20000)):
        plain = unicodedata.normalize("NFKC", letter)
        if plain != letter and plain.isascii() and plain.isalnum():
            assert parse_denylist(f"x{plain}y".encode()).find(f"X{letter}y"), ascii(letter)


@pytest.mark.parametrize(
    "post", ["the \u202eyes\u202c lamp", "the \u2067lamp", "lamp\u2069", "\u202ba\u2069", "la\U000e0041mp"]
)
def test_the_precheck_holds_letters_that_hide_or_turn_others(post: str) -> None:
    assert str(precheck(post, parse_denylist(b""))).startswith("control characters: ")


def test_the_precheck_lets_honest_marks_pass() -> None:
    for post in (
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f won",
        "👩\u200d🚒 came",
        "می\u200cخواهم",
        "\u200fشمعة 7\u200e",
        "the \u2067שמש\u2069 shines",
        "灯台！",
    ):
        assert precheck(post, parse_denylist(b"herring")) is None


@pytest.mark.parametrize(
    ("content", "place"),
    [(b"fine\n/[/\n", "line 2"), (b"/a*/", "line 1"), (b"//", "line 1"), (b"ok\nok\n\xff\xfe", "line 3")],
)
def test_a_broken_denylist_is_named_with_its_line(content: bytes, place: str) -> None:
    with pytest.raises(FileError, match=rf"^denylist\.txt, {place}: "):
        parse_denylist(content)


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        ("Traceback (most recent call last)", "a page"),
        ('  File "bot.py", line 3, in post', "a page"),
        ("    at Object.post(bot.js:12)", "a page"),
        ('{"error": "not found"}', "a page"),
        ("<HTML>", "a page"),
        ("ring \x07", "control"),
        ("hello ＠everyone", "pings"),
        ("hello <@1234>", "mentions"),
        ('(an aside), "a quotation" and\na line break\'s worth', ""),
    ],
)
def test_the_precheck_misses_nothing_by_its_shortcuts(post: str, reason: str) -> None:
    found = precheck(post, Denylist())
    assert (found or "").startswith(reason)
    assert bool(found) == bool(reason)
