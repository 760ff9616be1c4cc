"""The sources: what a file is found to be, plain files, and input that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.parsing.post import Options, ParsedPost
from botus.corpus.sources.detection import read
from botus.errors import FileError, SettingsError
from tests.support.exports import file, folder, kept, note, outbox, parsed, refused, tweet, ytd, zipped

LINE = "=" * 20


def test_plain_text_has_one_post_per_line_and_is_read_anew_each_time(tmp_path: Path) -> None:
    reading = read(file(tmp_path, "one\n\n two \r\n[three]\rfour, five\n"))
    assert reading.kind == "plain text"
    expected = [ParsedPost("one"), ParsedPost("two"), ParsedPost("[three]"), ParsedPost("four, five")]
    assert list(reading) == expected
    assert list(reading) == expected
    assert reading.notes == []


def test_only_botuss_own_files_have_its_escapes(tmp_path: Path) -> None:
    raw = "one\\ntwo \\\\n\n"
    assert kept(file(tmp_path, raw, "tweets.txt")) == ["one\ntwo \\n"]
    assert kept(file(tmp_path, raw, "corpus.txt")) == ["one\ntwo \\n"]
    assert kept(file(tmp_path, raw, "mine.txt")) == ["one\\ntwo \\\\n"]


def test_other_peoples_words_in_plain_text_too(tmp_path: Path) -> None:
    posts = parsed(file(tmp_path, "RT @egret: theirs\n@egret you\nmine\n"))
    assert [(one.refused, one.is_reply) for one in posts] == [("retweet", False), ("", True), ("", False)]


def test_fortune(tmp_path: Path) -> None:
    path = file(tmp_path, "%% a comment\none\n\tof two lines\n%\n%\nthree %\n%\r\nfour\n")
    assert read(path).kind == "fortune"
    assert kept(path) == ["one\n\tof two lines", "three %", "four"]


def test_samples(tmp_path: Path) -> None:
    path = file(tmp_path, f"one\nof two lines\n{LINE}\nthree\n{LINE}\n\n{LINE}\n")
    assert read(path).kind == "gpt-2-simple samples"
    assert kept(path) == ["one\nof two lines", "three"]


def test_samples_with_markers(tmp_path: Path) -> None:
    raw = (
        f"<|startoftext|>one\nline<|endoftext|>\n<|startoftext|>two<|endoftext|>\n"
        f"<|startoftext|>half a po\n{LINE}\n"
        f"three<|endoftext|>\n{LINE}\n<|startoftext|>four\n{LINE}\n"
    )
    path = file(tmp_path, raw)
    assert kept(path) == ["one\nline", "two", "three", "four"]
    assert refused(path) == ["cut off"]
    assert kept(file(tmp_path, "<|startoftext|>one<|endoftext|>\n<|startoftext|>two<|endoftext|>\n")) == [
        "one",
        "two",
    ]


def test_a_kind_may_be_forced(tmp_path: Path) -> None:
    path = file(tmp_path, "one\n%\ntwo\n")
    assert kept(path, Options(kind="text")) == ["one", "two"]
    with pytest.raises(SettingsError, match="rss is no kind of export"):
        read(path, Options(kind="rss"))


def test_letters_that_are_not_utf8_are_said(tmp_path: Path) -> None:
    raw = "schön\nund Ende …\n".encode() + "schön\nohne\nEnde …\n".encode("cp1252")
    reading = read(file(tmp_path, raw))
    assert [one.text for one in reading] == ["schön", "und Ende …", "schön", "ohne", "Ende …"]
    assert len(reading.notes) == 1
    assert "2 lines are not UTF-8 throughout: their letters were read as Windows-1252" in reading.notes[0]


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("the heronâ€™s â€œpondâ€\x9d", "the heron’s “pond”"),
        ("schÃ¶n ðŸª¶", "schön 🪶"),
        ("Â£5 and Â½", "£5 and ½"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚, Ð¼Ð¸Ñ€", "привет, мир"),
        ("Cze\u00c5\u009b\u00c4\u0087 \u00c5\u009bwiecie", "Cześć świecie"),
        ("ＬＯＵＤ “q” ﬁ à côté", "ＬＯＵＤ “q” ﬁ à côté"),
        ("NÃO É SÓ, Â e Ã", "NÃO É SÓ, Â e Ã"),
        ("schön, not schÃ¶n", "schön, not schÃ¶n"),
        ("🪶 itâ€™s", "🪶 itâ€™s"),
        ("Â is a letter", "Â is a letter"),
        ("vitamin Ã plain", "vitamin Ã plain"),
        ("lâ€™Ã©tÃ© Ã  la mer", "l’été à la mer"),
    ],
)
def test_letters_that_were_read_wrongly_before(tmp_path: Path, text: str, once: str) -> None:
    reading = read(file(tmp_path, text))
    assert [one.text for one in reading] == [once]
    assert reading.notes == (
        [] if once == text else ["1 post had letters such as â€™ for ’, and got the right ones"]
    )


@pytest.mark.parametrize(
    "encoding", ["koi8-r", "cp1251", "utf-16-le", "mac_cyrillic", "iso8859-5", "gb18030"]
)
def test_an_encoding_that_a_person_names_is_believed(tmp_path: Path, encoding: str) -> None:
    export = file(tmp_path, "Чайник пел.\nЛампа горела.\n".encode(encoding), "a.txt")
    assert [one.text for one in read(export, Options(encoding=encoding))] == ["Чайник пел.", "Лампа горела."]


def test_an_encoding_that_is_none_or_does_not_fit(tmp_path: Path) -> None:
    export = file(tmp_path, b"one\ntwo \xff\xff\n", "a.txt")
    for name in ("base64", "idna", "klingon", ""):
        with pytest.raises(SettingsError, match="no encoding of text"):
            read(export, Options(encoding=name))
    with pytest.raises(FileError, match="line 2: not shift_jis"):
        list(read(export, Options(encoding="shift_jis")))


def test_broken_letters_are_words_where_the_field_is_looked_for(tmp_path: Path) -> None:
    said = "שלום עולם, הקומקום שר כל הבוקר"
    broken = json.dumps([{"data": [{"post": said.encode().decode("latin-1")}]}, {"data": []}])
    assert [one.text for one in read(file(tmp_path, broken, "posts.json")) if one.text] == [said]
    ends = json.dumps([{"text": "Чайник и снова Р".encode().decode("latin-1")}])
    assert [one.text for one in read(file(tmp_path, ends, "ends.json"))] == ["Чайник и снова Р"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Сегодня цапля опять стояла у пруда.\nЯ думаю, она ждёт рыбу.\n", "cp1251"),
        ("今天我在池塘边看到了一只苍鹭，它站着不动。\n", "gb18030"),
    ],
)
def test_a_file_in_another_encoding_is_read_and_said_to_be_a_guess(
    tmp_path: Path, text: str, encoding: str
) -> None:
    reading = read(file(tmp_path, (text * 5).encode(encoding)))
    assert [one.text for one in reading] == text.splitlines() * 5
    assert [
        note
        for note in reading.notes
        if f"is not UTF-8: it was read as {encoding}; if letters are wrong: --enc" in note
    ]


@pytest.mark.parametrize(
    ("words", "encoding"), [("цапля стоит в пруду", "cp1251"), ("鷺在池塘里站着", "gb18030")]
)
def test_an_encoding_that_cannot_be_told_is_refused(tmp_path: Path, words: str, encoding: str) -> None:
    with pytest.raises(FileError, match="neither UTF-8 nor Windows-1252"):
        parsed(file(tmp_path, (words + "\n").encode(encoding) * 20))


def test_letters_of_the_west_are_not_taken_for_others(tmp_path: Path) -> None:
    text = "Aujourd’hui le héron était là, à côté de l’étang, très élégant, ça va.\n" * 5
    assert kept(file(tmp_path, text.encode("cp1252"))) == text.splitlines()


def test_several_files_of_one_kind_are_read_together(tmp_path: Path) -> None:
    files = {"a.txt": "one\n", "b.txt": "two\n", "README.md": "# no\n", ".hidden": "x", "pic.png": b"\x89PNG"}
    assert kept(folder(tmp_path / "a", files)) == ["one", "two"]
    assert kept(zipped(tmp_path / "a.zip", files)) == ["one", "two"]
    with pytest.raises(FileError, match=r"files of several kinds: a\.txt \(plain text\), c\.json \(JSON\)"):
        read(folder(tmp_path / "a", {"c.json": '["three"]'}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"%PDF-1.7 stuff", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"\xff\xd8\xff\xe0", "is a picture"),
        (b"SQLite format 3\x00stuff", "is an SQLite database"),
        (b"Rar!\x1a\x07", "is a RAR archive"),
        (b"text\x00\x01\x02\x00\x00 binary", "is a binary file"),
        (b"<!DOCTYPE html><html><body>hi", "is a web page"),
        (b'[{"text": "cut', "ends in the middle of its JSON"),
        (b'[{"text": "one two"} {"text"', "not JSON: after array element"),
        (b'window.YTD.tweets.part0 = [{"tweet": {', "ends in the middle of its JSON"),
        (b"window.YTD.like.part0 = []", "is like of an X archive, not its posts"),
    ],
)
def test_what_is_no_export_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        parsed(file(tmp_path, content))
    assert str(tmp_path) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"[]", b"window.YTD.tweets.part0 = [ ]"])
def test_an_export_may_have_no_posts(tmp_path: Path, content: bytes) -> None:
    assert parsed(file(tmp_path, content)) == []


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["your_instagram_activity/media/posts_1.html"], "is an Instagram export"),
        (["your_facebook_activity/posts/your_posts_1.json"], "is a Facebook export"),
        (["Takeout/YouTube/history.json"], "is a Google Takeout"),
        (["word/document.xml", "[Content_Types].xml"], "is a Word document"),
        (["xl/workbook.xml"], "is an Excel workbook"),
        (["actor.json", "likes.json"], r"is a Mastodon archive without outbox\.json"),
        (["picture.png"], "has nothing that botus reads"),
        ([], "is empty"),
    ],
)
def test_an_archive_of_another_kind_is_named(tmp_path: Path, names: list[str], message: str) -> None:
    path = zipped(tmp_path / "a.zip", dict.fromkeys(names, "{}"))
    with pytest.raises(FileError, match=message) as caught:
        parsed(path)
    assert caught.value.hint


def test_an_archive_in_an_archive_is_pointed_at(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "x.zip", {"data/tweets.js": "x"}).read_bytes()
    with pytest.raises(FileError, match="has nothing that botus reads") as caught:
        read(folder(tmp_path / "f", {"x.zip": inner}))
    assert caught.value.hint.endswith("f, x.zip")


def test_what_is_not_there_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read(tmp_path / "nothing")
    with pytest.raises(FileError, match="neither a file nor a folder"):
        read(Path("/dev/null"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="is empty"):
        read(tmp_path / "empty")


def test_the_exports_are_told_by_content_whatever_their_names(tmp_path: Path) -> None:
    assert read(file(tmp_path, outbox(note("<p>x</p>")), "a.csv")).kind == "Mastodon outbox"
    assert read(file(tmp_path, ytd("tweets", [tweet("x")]), "b.txt")).kind == "X archive"
    assert read(file(tmp_path, "id;text\n1;some words here\n", "c.json")).kind == "CSV"
    assert read(file(tmp_path, '["some words"]', "d.csv")).kind == "JSON"
