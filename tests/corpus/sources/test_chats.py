"""Conversations in text files: recognised by how they are built, in any program and locale."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from botus.corpus.parsing.post import Options
from botus.corpus.sources.detection import read
from botus.errors import FileError, SettingsError
from tests.support.exports import file, kept, parsed

SAID = [
    ("Egret", "did the lamp go out again"),
    ("Heron", "only while I was looking at it"),
    ("Egret", "then do not look"),
    ("Heron", "somebody has to look at the lamp"),
    ("Egret", "the kettle says it looks after itself"),
    ("Heron", "the kettle is not reliable before noon"),
    ("Egret", "I shall write that down"),
]


def chat(form: str, hour: Callable[[int], str] = lambda number: f"{number + 1:02}") -> str:
    return "\n".join(
        form.format(name=name, words=words, m=hour(number)) for number, (name, words) in enumerate(SAID)
    )


STAMPED = {
    "android, English": "12/31/20, 10:{m} PM - {name}: {words}",
    "android, narrow space": "12/31/20, 10:{m}\u202fPM - {name}: {words}",
    "android, French": "31/12/2020 à 22:{m} - {name}\u00a0: {words}",
    "android, Finnish": "31.12.2020 klo 22.{m} - {name}: {words}",
    "android, Arabic": "٣١/١٢/٢٠٢٠، ١٠:{m} م - {name}: {words}",
    "android, marks": "\u200f31/12/2020, 10:{m}\u00a0p.\u00a0m. - {name}: {words}",
    "android, Hindi": "३१/१२/२०, १०:{m} pm - {name}: {words}",
    "android, Korean": "2020년 12월 31일 오후 10:{m} - {name}: {words}",
    "android, Turkish": "31.12.2020 ÖS 10:{m} - {name}: {words}",
    "android, Greek": "31/12/20, 10:{m} μ.μ. - {name}: {words}",
    "android, Vietnamese": "31/12/2020, 22:{m} CH - {name}: {words}",
    "android, Danish": "31.12.2020 22.{m} - {name}: {words}",
    "android, an unknown word": "31/12/2020, 10:{m} xq - {name}: {words}",
    "android, a day with a name": "do 31 dec. 2020 22:{m} - {name}: {words}",
    "android, Spanish": "31 de dic. de 2020 22:{m} - {name}: {words}",
    "ios": "[31.12.20, 22:{m}:00] {name}: {words}",
    "ios, marks": "\u200e[12/31/20, 10:{m}:00\u202fPM] {name}: {words}",
    "ios, Japanese": "[2020/12/31 22:{m}:00] {name}: {words}",
    "ios, Hungarian": "[2020. 12. 31. 22:{m}:00] {name}: {words}",
    "ios, a long name": "[31.12.20, 22:{m}:00] ~ {name} of the Old Lighthouse by the Pond 🪶🌫️🔦: {words}",
    "phone numbers": "31/12/2020, 22:{m} - +49 170 12345{name}: {words}",
    "no dash": "09/12/2012 17:03:{m}: {name}: {words}",
    "a short date": "24 Mar 14:{m} - {name}: {words}",
    "irssi": "22:{m} <@{name}> {words}",
    "hexchat": "Jan 01 22:{m}:00 <{name}>\t{words}",
    "weechat": "2022-01-01 22:{m}:00\t{name}\t{words}",
    "znc": "[22:{m}:00] <{name}> {words}",
    "plain irc": "22:{m}  {name}  {words}",
    "chatterino": "[22:{m}:00]  {name}: {words}",
    "twitch": "[0:00:{m}] {name}: {words}",
    "chat-downloader": "1:00:{m} | {name}: {words}",
    "zoom, one line": "22:{m}:00 From {name} to Everyone: {words}",
    "zoom, two lines": "22:{m}:00\t From {name} to Everyone:\n\t{words}",
    "zoom, German": "22:{m}:00 Von {name} an Alle: {words}",
    "signal": "[2022-01-01 22:{m}] {name}: {words}",
    "skype": "[01.01.2022 22:{m}:00] {name}: {words}",
    "icq": "{name} (22:{m}:00 1/01/2022)\n{words}",
    "kakao, phone": "2022. 1. 1. 오후 10:{m}, {name} : {words}",
    "kakao, computer": "[{name}] [오후 10:{m}] {words}",
    "teams": "[22:{m}] {name}\n{words}",
    "discord, copied": "{name} — Today at 5:{m} PM\n{words}",
    "discord, copied in German": "{name} — heute um 17:{m} Uhr\n{words}",
    "discord, copied in pieces": "{name}\n — \nYesterday at 5:{m} PM\n{words}",
    "discord, exported": "[01-Jan-23 10:{m} PM] {name}\n{words}\n",
    "slack, copied": "{name}  5:{m} PM\n{words}",
    "slack, in pieces": "{name}\n  5:{m} PM\n{words}",
    "telegram, copied": "{name}, [01.01.2022 22:{m}]\n{words}\n",
    "wechat": "{name} 22:{m}\n{words}",
    "qq": "2022-01-01 22:{m}:00 {name}\n{words}\n",
    "imessage": "May 17, 2022  5:{m}:40 PM\n{name}\n{words}\n",
    "imessage, read": "May 17, 2022  5:{m}:40 PM (Read by you after 2 minutes)\n{name}\n{words}\n",
    "matrix": "2022-01-01T22:{m}:00.123Z - {name} (@{name}:pond.example): {words}",
    "seconds": "16410740{m} {name}: {words}",
    "an arrow": "[22:{m}] {name} > {words}",
    "name in brackets": "22:{m} [{name}] {words}",
    "android, a word before noon": "5/1/23, 10:{m} अपराह्न - {name}: {words}",
    "android, Tamil": "5/1/23, பிற்பகல் 10:{m} - {name}: {words}",
    "android, French of Canada": "2023-01-05 22 h {m} - {name}: {words}",
    "a name as long as a sentence": "[31.12.20, 22:{m}:00] {name}, " + "keeper of a lamp " * 6 + ": {words}",
    "italic stamp": "**{name}** _2023-01-05 22:{m}_: {words}",
    "a day before the clock": "{name}, 5 янв 2023 в 22:{m}\n{words}",
    "subtitles in one line": "[00:{m}.000 --> 00:{m}.900] {name}: {words}",
    "bold markdown": "**{name}** (2022-01-01 22:{m}): {words}",
    "records": "From: {name}\nDate: 2022-01-01 22:{m}:00\nMessage: {words}\n",
    "long messages": "[31.12.20, 22:{m}:00] {name}: {words}\nand so on\n\nand further\nuntil\nit ends",
}
ALONE = {
    "names": "{name}: {words}",
    "nicks": "<{name}> {words}",
    "names in bold": "**{name}:** {words}",
    "a play": "{name}. {words}".replace(".", ":"),
    "an angle": "{name}> {words}",
    "a list": "- {name}: {words}",
    "full width": "{name}：{words}",
    "a dash": "{name} - {words}",
    "brackets": "[{name}] {words}",
    "tab": "{name}\t{words}",
    "bar": "{name} | {words}",
    "tight": "{name}:{words}",
    "html": "<b>{name}</b>: {words}",
    "numbers": "{m}. {name}: {words}",
    "spoken subtitles": "00:00:{m}.000 --> 00:00:{m}.900\n<v {name}>{words}</v>\n",
    "subtitles": "{m}\n00:00:{m},000 --> 00:00:{m},900\n{name}: {words}\n",
    "a line with a colon": "{name} wrote:\n{words}\n",
}
POSTS = {
    "verse": "The lamp at night:\na slow blink, and the fog\nanswers: no.\n\nAt six: the gulls.",
    "times now and then": "\n".join(
        f"{'06:0' + str(n) + ' ' if n % 4 == 0 else ''}the kettle sang for the {n}th time" for n in range(9)
    ),
    "days of the week": "\n".join(
        f"{day}: {what} soup and {n}"
        for n, what in enumerate(("pea", "fish", "leek", "old"))
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    ),
    "titles": "\n".join(
        f"{word}: the {word.lower()} was wet again" for word in ("Kettle", "Lamp", "Fog", "Oar")
    ),
    "signs": "\n".join(
        f"{sign}: today the {what} looks at you"
        for what in ("lamp", "fog", "gull")
        for sign in ("Crab", "Goat", "Fish")
    ),
    "an interview with letters": "\n".join(f"Q: why {n}?\nA: because of the fog" for n in range(5)),
    "an interview": "\n".join(f"Question: why the {n}th?\nAnswer: because of fog {n}" for n in range(5)),
    "recipes": "\n".join(f"Serves: {n}\nTime: {n}0 minutes\nMethod: boil the {n} eels" for n in range(2, 6)),
    "notes to oneself": "\n".join(f"Note to self: {n} lamps are enough" for n in range(9)),
    "jokes": "\n".join(f"Me: I should sleep, it is {n}. The lamp: no" for n in range(3, 9)),
    "verses of a book": "\n".join(
        f"3:{n} And the {n}th gull said to the fog, go home" for n in range(10, 19)
    ),
    "scores": "\n".join(f"Terns {n}:1 Gulls, and the {n}th lamp went out" for n in range(9)),
    "emoji": "\n".join(f"🪶 the feather is number {n}: wet" for n in range(9)),
    "quotes": "\n".join(f"“The fog is number {n}” is all the keeper said" for n in range(9)),
    "links": "\n".join(f"https://lamp.example/{n} is lit: look" for n in range(9)),
    "ratings": "10/10 would look at the lamp again\n7/10 kettle\n3/10 fog: wet\n10/10 gull",
    "diary": "\n".join(f"2021-03-0{n}\nThe fog came in by {n} and stayed.\n" for n in range(1, 9)),
    "hours": "\n".join(f"{n:02}:00 – the fog came in again" for n in range(24)),
    "sentences with dates": "\n".join(f"On 3 May 20{n} the fog: none" for n in range(10, 22)),
    "sentences with times": "\n".join(f"Today at {n}:15 the lamp: out" for n in range(1, 12)),
    "places in a book": "\n".join(f"Lamp {n}:{n + 10} And the fog said: go" for n in range(1, 12)),
    "labels now and then": "\n".join(f"{'BREAKING: ' * (n % 2)}lamp number {n} is lit" for n in range(20)),
    "weather": "\n".join(f"06:{n}0 fog, wind from the west, {n} gulls" for n in range(1, 6)),
    "prices": "\n".join(f"{n}.50 for a kettle? In this fog?" for n in range(1, 9)),
    "days in no order": "\n".join(
        f"{('Monday', 'Friday', 'Tuesday')[n * n % 3]}: soup number {n} was cold" for n in range(20)
    ),
    "me and me": "\n".join(f"me: it is {n} already\nalso me: {n} is early" for n in range(9)),
    "kinds in brackets": "\n".join(
        f"[{('poem', 'joke')[n * n % 3 % 2]}] a lamp of {n} watts" for n in range(20)
    ),
    "two parts": "\n".join(f"Needs: {n} eels\nTakes: {n} hours\n" for n in range(2, 9)),
    "a song": "\n\n".join(["Verse\nthe lamp goes\nthe fog comes", "Chorus\noh the kettle\noh the oar"] * 4),
    "refrains": "\n".join(
        f"the fog number {n}\n" + ("The lamp\n" if n % 2 else "The oar\n\n") for n in range(9)
    ).replace("\n\n\n", "\n\n"),
    "first words of a diary": "\n".join(
        f"2021-03-{n + 10} {('I', 'The', 'We')[n * n % 3]} saw that the lamp and I were wet, {n} times"
        for n in range(12)
    ),
    "prose with a talk in it": "\n".join(
        f"On day {n} it rained.\nThe keeper said nothing.\nEgret: hm.\nThe lamp went on.\nSo it goes."
        for n in range(9)
    ),
}


@pytest.mark.parametrize("form", STAMPED.values(), ids=STAMPED)
def test_a_conversation_is_refused_and_it_is_said_why(tmp_path: Path, form: str) -> None:
    for kind in (None, "text", "csv", "samples"):
        with pytest.raises(FileError, match="is a conversation: it has other people's words") as caught:
            parsed(file(tmp_path, chat(form)), Options(kind=kind))
        assert "Egret" in caught.value.message
        assert ("--author NAME" if "From:" not in form else "copy your own") in str(caught.value.hint)


@pytest.mark.parametrize("form", ALONE.values(), ids=ALONE)
def test_names_alone_are_refused_unless_the_person_says_that_it_is_text(tmp_path: Path, form: str) -> None:
    path = file(tmp_path, chat(form))
    with pytest.raises(FileError, match=r"begin with one of 2 names \(Egret( wrote)?, Heron") as caught:
        parsed(path)
    assert "--kind text" in str(caught.value.hint)
    assert len(kept(path, Options(kind="text"))) >= len(SAID)


@pytest.mark.parametrize("content", POSTS.values(), ids=POSTS)
def test_what_only_looks_like_one_is_read(tmp_path: Path, content: str) -> None:
    assert read(file(tmp_path, content)).kind == "plain text"
    assert len(parsed(file(tmp_path, content))) == len([line for line in content.splitlines() if line])


NOT_TAKEN = ("records", "long messages", "a name as long as a sentence")


def own(tmp_path: Path, content: str, author: str = "heron") -> list[str]:
    return kept(file(tmp_path, content), Options(author=author))


def test_a_sender_may_have_a_first_and_a_last_name(tmp_path: Path) -> None:
    lines = [f"22:{m} From {('Egret Pond', 'Heron')[m % 2]} to Everyone: lamp {m}\n" for m in range(10, 30)]
    path = file(tmp_path, "".join(lines), "export.txt")
    assert kept(path, Options(author="Egret Pond")) == [f"lamp {m}" for m in range(10, 30, 2)]


@pytest.mark.parametrize("form", [form for name, form in STAMPED.items() if name not in NOT_TAKEN], ids=str)
def test_the_words_of_one_person_are_taken(tmp_path: Path, form: str) -> None:
    own_words = [words for name, words in SAID if name == "Heron"]
    name = {"~": "heron of the old lighthouse by the pond", "+": "+49 170 12345Heron"}
    author = next((name[sign] for sign in name if f"{sign} {{" in form or f"{sign}49" in form), "heron")
    assert own(tmp_path, chat(form), author) == own_words


@pytest.mark.parametrize("form", ALONE.values(), ids=ALONE)
def test_the_words_of_one_person_are_taken_where_there_are_no_times(tmp_path: Path, form: str) -> None:
    assert own(tmp_path, chat(form)) == [words for name, words in SAID if name == "Heron"]
    reasons = [one.refused for one in parsed(file(tmp_path, chat(form)), Options(author="HERON"))]
    assert reasons.count("another author") == 4


WHATSAPP = """31/12/2020, 22:00 - Messages and calls are end-to-end encrypted.
31/12/2020, 22:01 - Egret added you
31/12/2020, 22:02 - Egret: look
at this: the lamp
31/12/2020, 22:03 - Heron: I see
two things: fog

and a gull
31/12/2020, 22:04 - Heron: <Media omitted>
31/12/2020, 22:05 - Heron: IMG-20201231-WA0001.jpg (file attached)
31/12/2020, 22:06 - Heron: wet, it is <This message was edited>
31/12/2020, 22:07 - Egret: <Medien ausgeschlossen>
31/12/2020, 22:08 - Heron 🪶: not the same heron
"""


def test_further_lines_belong_to_a_message_and_what_the_program_writes_to_nobody(tmp_path: Path) -> None:
    posts = parsed(file(tmp_path, WHATSAPP), Options(author="Heron"))
    assert [one.text for one in posts if not one.refused and one.text] == [
        "I see\ntwo things: fog\n\nand a gull",
        "wet, it is",
    ]
    reasons = [one.refused for one in posts]
    assert (reasons.count("not a post"), reasons.count("another author")) == (2, 3)
    assert [one.has_media for one in posts if not one.refused] == [False, True, True, False]


def test_marks_before_the_words_of_a_phone_are_no_words(tmp_path: Path) -> None:
    raw = (
        chat("\u200e[31.12.20, 22:{m}:00] {name}: {words}")
        + "\n[31.12.20, 22:59:00] Heron: \u200eimage omitted\n"
    )
    assert own(tmp_path, raw)[-1] == ""


def test_who_is_not_there_or_is_not_alone_with_the_name_is_said(tmp_path: Path) -> None:
    path = file(tmp_path, chat(STAMPED["ios"]))
    with pytest.raises(FileError, match="has nobody called Tern") as caught:
        parsed(path, Options(author="Tern"))
    assert str(caught.value.hint) == "it has: Egret (4), Heron (3)"
    with pytest.raises(SettingsError, match="does not say who wrote what"):
        parsed(file(tmp_path, "fog\nlamp\n"), Options(author="Heron"))
    raw = chat(STAMPED["ios"]).replace("Egret", "Heron 🦆").replace("Heron:", "Heron 🪶:")
    with pytest.raises(FileError, match="2 people are called heron"):
        parsed(file(tmp_path, raw), Options(author="heron"))


def test_subtitles_with_names_are_a_conversation_too(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a conversation"):
        parsed(file(tmp_path, chat("{m}\n00:00:{m},000 --> 00:00:{m},900\n{name}: {words}\n")))


def test_a_conversation_that_begins_late_is_noticed(tmp_path: Path) -> None:
    prose = "\n".join(f"the {n}th lamp went out, and the fog came in" for n in range(3000))
    for late in (
        prose + "\n" + chat(STAMPED["ios"]) * 9,
        prose + "\n" + "\n".join([chat("{name}: {words}")] * 90),
        "\n".join(["Egret: a lamp"] * 9000 + [chat("{name}: {words}")]),
        chat(STAMPED["ios"]) + "\n" + "\n".join(prose.splitlines()[:40]),
    ):
        with pytest.raises(FileError, match="is a conversation"):
            parsed(file(tmp_path, late))


def test_times_that_stay_in_own_posts_are_said(tmp_path: Path) -> None:
    reading = read(file(tmp_path, "\n".join(f"2021-03-{n} The kettle sang {n} times" for n in range(10, 20))))
    first, *_ = reading
    assert first.text == "2021-03-10 The kettle sang 10 times"
    (note,) = reading.notes
    assert "10 of 10 lines begin with a date or a time, which stays in the post" in note


@pytest.mark.parametrize("form", ["{name}\n{words}\n", "### {name}\n{words}", "22:{m} {name} {words}"])
def test_names_that_nothing_marks_are_seen_and_nobodys_words_taken(tmp_path: Path, form: str) -> None:
    path = file(tmp_path, chat(form))
    with pytest.raises(FileError, match=r"one of 2 names \(Egret, Heron\)") as caught:
        parsed(path)
    assert "copy your own" in str(caught.value.hint)
    assert "--kind text" in str(caught.value.hint)
    with pytest.raises(FileError, match="cannot tell where its messages begin"):
        parsed(path, Options(author="Heron"))
    assert kept(path, Options(kind="text"))


def test_messages_among_the_posts_of_other_formats_are_noticed_however_late(tmp_path: Path) -> None:
    messages = chat("[31.12.20, 22:{m}:00] {name}: {words}").splitlines() * 9
    own_posts = [f"the lamp number {n} is out" for n in range(2000)]
    for name, content in (
        ("samples.txt", "\n".join(f"<|startoftext|>{one}<|endoftext|>" for one in own_posts + messages)),
        ("fortunes", "\n%\n".join(own_posts + messages)),
        ("one.csv", "text\n" + "\n".join(f'"{one}"' for one in own_posts + messages)),
        ("two.csv", "id,text\n" + "\n".join(f'1,"{one}"' for one in own_posts + messages)),
        ("lines.json", json.dumps(own_posts + messages)),
    ):
        with pytest.raises(FileError, match=r"is a conversation.*Egret"):
            parsed(file(tmp_path, content, name))


@pytest.mark.parametrize(
    "form", ["by {name} » 05.01.2023 22:{m}\n{words}", "1/5 22:{m}  {name} says: {words}"]
)
def test_what_stands_at_every_name_is_none_of_it(tmp_path: Path, form: str) -> None:
    assert own(tmp_path, chat(form)) == [words for name, words in SAID if name == "Heron"]


@pytest.mark.parametrize(
    "said",
    [
        "This message was deleted",
        "You deleted this message.",
        "Diese Nachricht wurde gelöscht",
        "image omitted",
    ],
)
def test_what_a_program_writes_in_place_of_words_is_no_post(tmp_path: Path, said: str) -> None:
    raw = chat(STAMPED["ios"]) + f"\n[31.12.20, 22:59:00] Heron: {said}\n"
    posts = parsed(file(tmp_path, raw), Options(author="heron"))
    assert (posts[-1].text, posts[-1].has_media) == ("", True)
