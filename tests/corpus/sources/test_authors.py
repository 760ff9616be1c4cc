"""Whose words rows and objects are: of one author, of several, of the one that is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.parsing.post import Options
from botus.errors import FileError, SettingsError
from tests.support.exports import file, kept, parsed

FIELDS = (
    "author",
    "Author",
    "user",
    "username",
    "handle",
    "screen_name",
    "Sender",
    "from",
    "nick",
    "participant",
)
OBJECTS = (
    {"author": {"id": "1", "name": "{}"}},
    {"author": {"id": "same", "name": "{}"}},
    {"user": {"screen_name": "{}"}},
    {"u": {"username": "{}"}},
    {"from": {"name": "{}"}},
    {"account": {"acct": "{}@pond.example"}},
)
SAID = [("Egret", "did the lamp go out again"), ("Heron", "only while I was looking at it")]


def table(field: str, rows: list[tuple[str, str]]) -> str:
    return f"date,{field},words\n" + "".join(f"2023-01-02,{name},{words}\n" for name, words in rows)


@pytest.mark.parametrize(
    ("field", "rows"),
    [
        *((field, rows) for field in FIELDS for rows in (2, 120)),
        pytest.param("author", 10_001, marks=pytest.mark.proof),
    ],
)
def test_several_authors_of_rows_are_refused_however_late(tmp_path: Path, field: str, rows: int) -> None:
    own = [("Egret", f"the lamp number {n} is out") for n in range(rows - 1)]
    path = file(tmp_path, table(field, [*own, SAID[1]]))
    with pytest.raises(FileError, match=r"conversation|words of several people: Egret, Heron") as caught:
        parsed(path)
    assert "--author NAME" in str(caught.value.hint)
    assert kept(path, Options(author="heron")) == [SAID[1][1]]


@pytest.mark.parametrize("form", OBJECTS, ids=str)
@pytest.mark.parametrize("in_lines", [False, True])
def test_several_authors_of_objects_are_refused(
    tmp_path: Path, form: dict[str, object], in_lines: bool
) -> None:
    records = [
        json.loads(json.dumps(form).replace("{}", name)) | {"message": words, "date": "2023-01-02"}
        for name, words in SAID
    ]
    path = file(tmp_path, "\n".join(map(json.dumps, records)) if in_lines else records)
    with pytest.raises(FileError, match="words of several people: Egret"):
        parsed(path)
    author = "Heron@pond.example" if "account" in form else "Heron"
    assert kept(path, Options(author=author)) == [SAID[1][1]]


@pytest.mark.parametrize(
    "rows",
    [
        "username,text\nEgret,the lamp is out\n@egret,and on again\n,the kettle sang\nnan,fog again\n",
        "name,text\nThe Lamp,it went out again\nThe Fog,it came in again\nThe Kettle,it sang again\n",
        "source,text\nweb,the lamp is out\nphone,and on again\nweb,fog again today\n",
        "in_reply_to_screen_name,text\n,the lamp is out\n,and on again today\n",
        "user,is_retweet,text\nEgret,false,the lamp is out\nHeron,true,and on again\nTern,true,fog again\n",
        "user,text\nEgret,the lamp is out\nHeron,RT @heron: and on again\n",
        "platform,handle,text\nX,egret,the lamp is out\nTruth,egret,and on again\n",
    ],
)
def test_one_author_is_read_and_so_are_titles_and_own_retweets(tmp_path: Path, rows: str) -> None:
    assert "the lamp is out" in kept(file(tmp_path, rows)) or "it sang again" in kept(file(tmp_path, rows))


def test_names_that_return_are_authors_and_no_titles(tmp_path: Path) -> None:
    rows = "".join(f"{name},{words} {n}\n" for n in range(3) for name, words in SAID)
    with pytest.raises(FileError, match="words of several people"):
        parsed(file(tmp_path, "name,text\n" + rows))


def test_others_are_counted_and_one_may_be_named_by_number_or_otherwise_written(tmp_path: Path) -> None:
    rows = [
        {"author": {"id": "71", "name": "heron", "nickname": "Heron 🪶"}, "content": "only while I looked"},
        {"author": {"id": "72", "name": "egret", "nickname": "Heron 🪶"}, "content": "did the lamp go out"},
        {"author": {"id": "71", "name": "heron", "nickname": "Grey"}, "content": "and not once after"},
    ]
    path = file(tmp_path, rows)
    for name in ("71", "heron", "@Heron", "HERON"):
        posts = parsed(path, Options(author=name))
        assert [one.text for one in posts if not one.refused] == ["only while I looked", "and not once after"]
        assert [one.refused for one in posts if one.refused] == ["another author"]
    assert kept(path, Options(author="grey")) == ["and not once after"]
    with pytest.raises(FileError, match="2 people are called Heron 🪶") as caught:
        parsed(path, Options(author="Heron 🪶"))
    assert "egret is 72, heron is 71" in str(caught.value.hint)
    with pytest.raises(FileError, match="has nobody called Tern") as caught:
        parsed(path, Options(author="Tern"))
    assert str(caught.value.hint) == "it has: heron (2), egret (1)"


@pytest.mark.parametrize(
    "content",
    ["words\nfog again\n", "words,more\nfog again,1\n", '["fog again"]', '[{"text": "fog again"}]', "fog\n"],
)
def test_an_author_of_a_file_that_has_none_is_said(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match="does not say who wrote what"):
        parsed(file(tmp_path, content), Options(author="Heron"))


def test_rows_without_a_header_have_authors_between_the_time_and_the_words(tmp_path: Path) -> None:
    said = [(name, f"{words} {n}") for n in range(3) for name, words in SAID]
    rows = "".join(f"01/01/2022,22:0{n}:00,{name},+431,{words}\n" for n, (name, words) in enumerate(said))
    path = file(tmp_path, rows, "viber.csv")
    with pytest.raises(FileError, match="words of several people: Egret, Heron"):
        parsed(path)
    assert kept(path, Options(author="Heron")) == [f"{SAID[1][1]} {n}" for n in range(3)]


@pytest.mark.parametrize(
    "field",
    ["character", "by", "who", "role", "owner", "nombre", "kirjoittaja", "发言人", "이름", "real_name"],
)
def test_columns_that_may_have_authors_are_told_by_names_that_return(tmp_path: Path, field: str) -> None:
    rows = [(name, f"{words} {n}") for n in range(3) for name, words in SAID]
    path = file(tmp_path, table(field, rows))
    with pytest.raises(FileError, match="words of several people: Egret, Heron"):
        parsed(path)
    assert kept(path, Options(author="heron")) == [words for name, words in rows if name == "Heron"]


@pytest.mark.parametrize("field", ["character", "who", "role", "owner", "nombre"])
def test_what_is_no_author_after_all_is_read_when_the_person_says_so(tmp_path: Path, field: str) -> None:
    path = file(tmp_path, table(field, [(name, f"{words} {n}") for n in range(3) for name, words in SAID]))
    with pytest.raises(FileError) as caught:
        parsed(path)
    assert "if they are no people, --kind csv" in str(caught.value.hint)
    assert len(kept(path, Options(kind="csv"))) == 6


def test_rows_without_a_header_may_begin_with_the_author(tmp_path: Path) -> None:
    rows = "".join(f'{name},"{words}, {n}"\n' for n in range(3) for name, words in SAID)
    with pytest.raises(FileError, match="words of several people: Egret, Heron"):
        parsed(file(tmp_path, rows, "export.csv"))
    path = file(
        tmp_path, "".join(f'{n},{("web", "phone")[n % 2]},"fog, again {n}"\n' for n in range(9)), "a.csv"
    )
    assert len(kept(path)) == 9


def test_one_number_that_changed_its_name_is_one_person_and_one_that_changes_back_is_not(
    tmp_path: Path,
) -> None:
    def rows(names: list[str]) -> list[dict[str, object]]:
        return [
            {"author": {"id": "71", "name": name}, "text": f"fog {n} again"} for n, name in enumerate(names)
        ]

    assert len(kept(file(tmp_path, rows(["egret"] * 3 + ["heron"] * 4)))) == 7
    for several in (["egret", "heron"] * 4, ["egret"] * 3 + ["heron"]):
        with pytest.raises(FileError, match="words of several people: egret, heron"):
            parsed(file(tmp_path, rows(several)))


def test_what_somebody_else_sent_is_told_by_a_flag(tmp_path: Path) -> None:
    rows = [{"fromMe": name == "Heron", "body": f"{words} {n}"} for n in range(3) for name, words in SAID]
    with pytest.raises(FileError, match="words of several people"):
        parsed(file(tmp_path, rows))
    assert kept(file(tmp_path, rows), Options(author="me")) == [one["body"] for one in rows if one["fromMe"]]
