"""The Trump Archive, CSV, JSON, JSON Lines: each trap with a file made for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.corpus.parsing.post import Options, Taken
from botus.corpus.sources.detection import read
from botus.errors import FileError, SettingsError
from tests.support.exports import file, kept, parsed, refused

V1 = "source,text,created_at,retweet_count,favorite_count,is_retweet,id_str\n"
V2 = "id,text,isRetweet,isDeleted,device,favorites,retweets,date,isFlagged\n"


V1_ROWS = (
    "Ducks for iPad,The marsh is GREAT &amp; wet!,01-31-2020 23:59:59,10,20,false,8.90E+16\n"
    "Ducks for iPad,RT @egret: theirs,01-31-2020 23:58:00,10,0,TRUE,8.90E+16\n"
    'Ducks for iPad,"""@egret: words of another"" So true, thanks!",01-31-2020 23:57:00,1,2,FALSE,8.90E+16\n'
    "Ducks for iPad,not marked as theirs,01-31-2020 23:56:00,1,2,true,8.90E+16\n"
)
V2_ROWS = (
    "98454,The marsh is GREAT & wet!,f,f,Ducks for iPad,49,255,2011-08-02 18:07:48,f\n"
    '1234,"RT @egret, theirs",t,f,Ducks for iPad,0,3,2020-01-31 23:58:00,f\n'
    "1235,taken back by the author,f,t,Ducks for iPad,5,3,2020-01-31 23:57:00,f\n"
    '1236,"""@egret: words of another"" So true, thanks!",f,f,Ducks for iPad,5,3,2020-01-31 23:57:00,f\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(("header", "rows"), [(V1, V1_ROWS), (V2, V2_ROWS)])
def test_the_trump_archive_as_csv_in_all_encodings(
    tmp_path: Path, header: str, rows: str, encoding: str
) -> None:
    path = file(tmp_path, (header + rows).encode(encoding))
    assert read(path).kind == "The Trump Archive"
    assert kept(path) == ["The marsh is GREAT & wet!"]
    assert sorted(refused(path))[:2] == ["other people's words", "retweet"]
    assert sum(one.is_deleted for one in parsed(path)) == (header == V2)
    assert parsed(path)[0].likes == (20 if header == V1 else 49)
    assert parsed(path)[0].at == (1580515199.0 if header == V1 else 1312308468.0)


@pytest.mark.parametrize("rows", [V1_ROWS, V2_ROWS])
def test_the_trump_archive_without_a_header(tmp_path: Path, rows: str) -> None:
    path = file(tmp_path, rows)
    assert kept(path) == ["The marsh is GREAT & wet!"]
    assert len(refused(path)) == (2 if rows == V2_ROWS else 3)
    assert parsed(path)[0].at is not None


@pytest.mark.parametrize(
    "name", ["text", "tweet", "Text", "full_text", "post_body_text", "Tweet Text", "fullText", "unknown"]
)
def test_the_column_has_many_names_and_may_follow_a_nameless_one(tmp_path: Path, name: str) -> None:
    rows = "".join(
        f'{n},{n + 5},"a long, winding text, number {n}",2020-01-0{n} 10:00,{n}\n' for n in range(1, 5)
    )
    path = file(tmp_path, f",id,{name},date,likes\n{rows}")
    assert kept(path) == [f"a long, winding text, number {n}" for n in range(1, 5)]
    assert [one.likes for one in parsed(path)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "records",
    [
        [
            {
                "source": "x",
                "text": "mine &amp; wet",
                "created_at": "Wed Oct 10 20:19:24 +0000 2018",
                "is_retweet": False,
            },
            {
                "source": "x",
                "text": "theirs",
                "created_at": "Wed Oct 10 20:19:24 +0000 2018",
                "is_retweet": True,
            },
        ],
        [
            {
                "id": 1,
                "text": "mine & wet",
                "isRetweet": "f",
                "isDeleted": "f",
                "favorites": 3,
                "date": "2018-10-10 20:19:24",
            },
            {
                "id": 2,
                "text": "theirs",
                "isRetweet": "t",
                "isDeleted": "f",
                "favorites": 3,
                "date": "2018-10-10 20:19:24",
            },
        ],
    ],
)
def test_the_trump_archive_as_json(tmp_path: Path, records: list[object]) -> None:
    path = file(tmp_path, "\ufeff" + json.dumps(records))
    assert read(path).kind == "The Trump Archive"
    assert kept(path) == ["mine & wet"]
    assert refused(path) == ["retweet"]
    assert parsed(path)[0].at == 1539202764.0


@pytest.mark.parametrize("header", ["tweets\n", "Text\r\n", '"tweets"\n', ""])
def test_one_column(tmp_path: Path, header: str) -> None:
    rows = (
        '"two, in quotes"\none, without any\n"""said"", and\nwent on"\n"said" he of\n'
        "['in a list']\n"
        '"[""in a list""]"\n'
    )
    path = file(tmp_path, header + rows, "some.csv")
    assert read(path).kind == "CSV"
    assert kept(path) == [
        *(
            "two, in quotes",
            "one, without any",
            '"said", and\nwent on',
            '"said" he of',
            "in a list",
            "in a list",
        ),
    ]


def test_commas_of_sentences_make_no_columns(tmp_path: Path) -> None:
    path = file(tmp_path, "well, yes\nno, never\noh, maybe\n", "some.csv")
    assert kept(path) == ["well, yes", "no, never", "oh, maybe"]
    rows = [f"word {n},another" for n in range(20)]
    assert kept(file(tmp_path, "\n".join(["tweets", *rows]))) == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_breaks_in_quotes(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "message", "name"], ["1", '"two\nlines"', "heron"], ["2", "one line of it", "egret"]]
    content = "".join(delimiter.join(row) + "\r\n" for row in rows)
    path = file(tmp_path, content)
    assert kept(path) == ["two\nlines", "one line of it"]


def test_the_column_may_be_named(tmp_path: Path) -> None:
    path = file(tmp_path, "id,text,summary\n1,long words of a text,short\n", "some.csv")
    assert kept(path, Options(column="Summary")) == ["short"]
    alone = file(tmp_path, "summary\none, and two\n", "alone.csv")
    assert kept(alone, Options(column="summary")) == ["one, and two"]
    for one in (path, alone):
        with pytest.raises(SettingsError, match="has no column nothing"):
            parsed(one, Options(column="nothing"))


def test_without_words_the_columns_are_listed(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no column has words \(it has: id, n, date\)"):
        parsed(file(tmp_path, "id,n,date\n1,2,2020-01-01\n2,3,2020-01-01\n", "some.csv"))


ROWS = "".join(f"{n},2022-01-01,The lamp of night {n} burned\n" for n in range(60))


@pytest.mark.parametrize(
    ("content", "count", "lines"),
    [
        ('1,2022-01-01,"A lamp\n2,2022-01-01,"The kettle, old"\n', 2, "2"),
        (f'{ROWS}7,2022-01-01,"never closed\n{ROWS}', 121, "62"),
        (f'{ROWS}7,2022-01-01,"never closed\n{ROWS}8,2022-01-01,"nor this\n{ROWS}', 182, "62, 123"),
        (f'{ROWS}7,2022-01-01,"by chance\n{ROWS}8,2022-01-01,a lamp of 1"\n{ROWS}', 182, "62"),
    ],
)
def test_a_stray_quote_swallows_no_rows(tmp_path: Path, content: str, count: int, lines: str) -> None:
    reading = read(file(tmp_path, f"id,date,text\n{content}", "some.csv"))
    texts = [one.text for one in reading]
    assert len(texts) == count
    assert not any("\n" in text or "2022" in text for text in texts)
    assert any(f"by mistake, in line {lines}:" in note for note in reading.notes)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"line {n}, of a poem of the lamp" for n in range(60)),
        "\n\n".join(
            "The keeper, who was old, lit the lamp; and fog, grey, came in. " * 9 for _ in range(9)
        ).strip(),
        "Shopping:\n1,milk\n2,eggs\n3,tea",
        'The lamp, "lit",\nburns',
    ],
)
@pytest.mark.parametrize("header", ["id,text", "id,text,likes"])
def test_long_texts_of_many_lines_stay_whole(tmp_path: Path, text: str, header: str) -> None:
    quoted = text.replace('"', '""')
    rows = "".join(f'{n},"{quoted}"{",5" * (header.count(",") - 1)}\n' for n in range(2))
    assert kept(file(tmp_path, f"{header}\n{rows}", "some.csv")) == [text, text]


def test_a_quote_that_is_never_closed_in_a_long_text_is_an_error(tmp_path: Path) -> None:
    rows = "".join(f"{n},a text of words\n" for n in range(200))
    with pytest.raises(FileError, match=r"line 202: a quote opens and is never closed"):
        parsed(file(tmp_path, f'id,text\n{rows}7,"never closed\n' + "words of a story\n" * 60, "some.csv"))


@pytest.mark.parametrize("first", ["sep={0}", '"sep={0}"', "\ufeffsep={0}", "SEP={0}{0}"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_excels_first_line_names_the_delimiter(tmp_path: Path, first: str, delimiter: str) -> None:
    rows = [["id", "text"], ["1", '"A lamp, lit; of ""night"""'], ["2", '"Fog\ncame in"']]
    content = first.format(delimiter) + "\r\n" + "".join(delimiter.join(row) + "\r\n" for row in rows)
    assert kept(file(tmp_path, content)) == ['A lamp, lit; of "night"', "Fog\ncame in"]


def test_quotes_that_are_escaped_as_in_mysql(tmp_path: Path) -> None:
    rows = (
        '"1","The \\"lamp\\", lit","2022-01-01"\n'
        '"2","C:\\\\new fog\\\nbelow","2022-01-02"\n'
        '"3",\\N,"2022-01-02"\n'
    )
    path = file(tmp_path, rows, "some.csv")
    assert kept(path) == ['The "lamp", lit', "C:\\new fog\nbelow"]
    assert refused(path) == ["not a post"]
    plain = 'id,text\n1,"A path C:\\dir\\"\n2,"Fog, grey"\n3,¯\\_(ツ)_/¯ says the lamp\n'
    assert kept(file(tmp_path, plain, "plain.csv")) == [
        "A path C:\\dir\\",
        "Fog, grey",
        "¯\\_(ツ)_/¯ says the lamp",
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("b'A lamp \\xe2\\x80\\x99til noon'", "A lamp ’til noon"),
        ('"b""It\\xe2\\x80\\x99s fog\\nand more"""', "It’s fog\nand more"),
        ('"b\'never closed"', "b'never closed"),
        ("'=SUM of all lamps", "=SUM of all lamps"),
        ('"=""A lamp is lit"""', "A lamp is lit"),
        ("'Twas a foggy night", "'Twas a foggy night"),
        ("=) a smile", "=) a smile"),
        ('"=HYPERLINK(""https://a.example"";""A lamp is lit"")"', "A lamp is lit"),
        ('"A lamp_x000D_\nis lit_x000d_"', "A lamp\nis lit"),
        (r"A lamp\r\n\r\nis lit", "A lamp\n\nis lit"),
        (r"A lamp.\nIs lit", "A lamp.\nIs lit"),
        (r"A lamp\u2019s light \ud83c\udf0a", "A lamp’s light 🌊"),
        ("A lamp<U+2019>s light <U+0001F30A>", "A lamp’s light 🌊"),
        (r"C:\new\tea of the lamp", r"C:\new\tea of the lamp"),
        (r"The \nabla of a lamp", r"The \nabla of a lamp"),
        (r"¯\_(ツ)_/¯ in\nsists the lamp", r"¯\_(ツ)_/¯ in\nsists the lamp"),
        ("NaN is not a number of lamps", "NaN is not a number of lamps"),
        ("This tweet is unavailable to lamps", "This tweet is unavailable to lamps"),
        ("- a lamp begins so", "- a lamp begins so"),
        ("None.", "None."),
        ("Null and void", "Null and void"),
        ("#lamp", "#lamp"),
    ],
)
def test_what_programs_write_around_a_text(tmp_path: Path, cell: str, text: str) -> None:
    assert kept(file(tmp_path, f"id,text\n1,{cell}\n2,A lamp of words\n", "some.csv"))[0] == text
    assert kept(file(tmp_path, f"text\n{cell}\nA lamp of words\n", "one.csv"))[0] == text


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "nan",
            "NaN",
            "None",
            "null",
            "NULL",
            "N/A",
            "#N/A",
            "#NAME?",
            "#REF!",
            "#VALUE!",
            "#BEZUG!",
            "0",
            "12.5",
        ),
        *("[removed]", "[deleted]", "[deleted by user]", "1,234", "8.90E+16"),
        *("[ Removed by Reddit ]", "[removed by moderator]", "[object Object]", "nan nan", "(null)", "NaT"),
        *("This Tweet is from a suspended account. Learn more", "This tweet is unavailable", "-", "#FEHLER!"),
    ],
)
def test_what_programs_write_where_there_is_no_text(tmp_path: Path, cell: str) -> None:
    path = file(tmp_path, f'id,text\n1,"{cell}"\n2,A lamp of words\n', "some.csv")
    assert kept(path) == ["A lamp of words"]
    assert refused(path) == ["not a post"]


def test_the_column_or_field_that_was_taken_is_named(tmp_path: Path) -> None:
    for content, words, others in (
        (
            "id;score;Inhalt\n1;1,5;Die Lampe, sie brennt\n",
            "column 'Inhalt'",
            "id, score",
        ),
        (
            "17,The lamp is lit,2022-01-01\n18,Fog came in,2022-01-02\n",
            "column 'column 2'",
            "column 1, column 3",
        ),
        (
            "номер,дата,текст?\n1,2022-01-01,Лампа горит\n",
            "column 'текст?'",
            "номер, дата",
        ),
        (
            "created at,text\n2022-01-01,The lamp is lit\n",
            "column 'text', the times those of 'created at'",
            "",
        ),
        ('[{"id": 1, "body": "The lamp is lit"}]', "field 'body'", "id"),
    ):
        reading = read(file(tmp_path, content, "some"))
        list(reading)
        assert [note for note in reading.notes if isinstance(note, Taken)] == [
            f"{tmp_path / 'some'}: the texts are those of {words}"
            + (f"; --column takes another: {others}" if others else "")
        ]


def test_a_quote_in_the_first_row_that_is_never_closed_hides_no_header(tmp_path: Path) -> None:
    rows = "".join(f"The lamp of night {n} burned,2022-01-01\n" for n in range(20))
    texts = kept(file(tmp_path, f'text,date\n"{rows}', "some.csv"))
    assert len(texts) == 20
    assert not [text for text in texts if "2022" in text or "date" in text]


def test_a_header_in_the_middle_is_no_post(tmp_path: Path) -> None:
    path = file(tmp_path, "id,text\n1,A lamp is lit\n\ufeffid,text\n2,Fog came in\n", "some.csv")
    assert (kept(path), refused(path)) == (["A lamp is lit", "Fog came in"], ["not a post"])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('["one two", "three"]', "JSON"),
        ('[{"id": 1, "body": "one two"}, {"id": 2, "body": "three four"}]', "JSON"),
        ('{"count": 2, "data": [{"body": "one two"}, {"body": "three four"}]}', "JSON"),
        ('{"1": {"body": "one two"}, "2": {"body": "three four"}}', "JSON"),
        ('[{"tweet": {"full_text": "one two", "text": "one…"}}]', "JSON"),
        ('{"id": 1, "body": "one two"}\n{"id": 2, "body": "three four"}\n', "JSON Lines"),
        ('"one two"\n"three"\n"four"\n', "JSON Lines"),
    ],
)
def test_json(tmp_path: Path, content: str, kind: str) -> None:
    path = file(tmp_path, content)
    assert read(path).kind == kind
    assert kept(path)[0] == "one two"
    assert refused(path) == []


def test_json_of_mastodons_api_keeps_private_things_private(tmp_path: Path) -> None:
    base = {
        "content": "<p>mine<br>all</p>",
        "created_at": "2024-05-01T10:00:00Z",
        "visibility": "public",
        "reblog": None,
    }
    records = [
        base,
        base | {"visibility": "private"},
        base | {"visibility": "direct"},
        base | {"reblog": {"id": 1}},
    ]
    path = file(tmp_path, json.dumps(records))
    assert kept(path) == ["mine\nall"]
    assert refused(path) == ["followers-only", "direct message", "boost"]


def test_a_field_of_json_may_be_named(tmp_path: Path) -> None:
    path = file(tmp_path, '[{"text": "long words of it", "short": "few"}]')
    assert kept(path, Options(column="short")) == ["few"]
    with pytest.raises(SettingsError, match="has no field nothing"):
        parsed(path, Options(column="nothing"))
    with pytest.raises(FileError, match=r"no field has words"):
        parsed(file(tmp_path, '[{"id": 5, "at": "2020-01-01"}]'))


def test_threads_of_the_trump_archive_are_no_replies(tmp_path: Path) -> None:
    records = [
        {"text": text, "is_retweet": False, "in_reply_to_user_id_str": "5"} for text in ("more", "@egret yes")
    ]
    assert [one.is_reply for one in parsed(file(tmp_path, json.dumps(records)))] == [False, True]


@pytest.mark.parametrize("header", [",0\n", "0\n"])
def test_what_pandas_writes_over_columns_without_a_name_is_no_post(tmp_path: Path, header: str) -> None:
    number = "{}," if "," in header else ""
    rows = "".join(f"{number.format(n)}some words of it\n" for n in range(4))
    assert kept(file(tmp_path, header + rows, "some.csv")) == ["some words of it"] * 4


def test_commas_in_texts_without_quotes_move_no_column(tmp_path: Path) -> None:
    texts = ["well, yes", "no", "oh, maybe, or not", "plain", "a, b, c, d"]
    rows = "".join(f"Ducks,{text},01-31-2020 23:59:59,10,20,false,89\n" for text in texts)
    path = file(tmp_path, V1 + rows)
    assert read(path).kind == "The Trump Archive"
    assert kept(path) == texts
    assert [one.likes for one in parsed(path)] == [20] * 5
    padded = file(tmp_path, "id,text,likes\n" + "1,one and two,3,,\n" * 3, "padded.csv")
    assert kept(padded) == ["one and two"] * 3


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        *(({"visibility": one}, "") for one in ("public", "home", "unlisted", "Public", None)),
        *(({"visibility": one}, "followers-only") for one in ("followers", "private", "circle", "list")),
        *(({"visibility": one}, "direct message") for one in ("specified", "direct")),
        *(({"privacy": one}, "followers-only") for one in ("Friends", "Only me")),
        *(({one: True}, "followers-only") for one in ("is_private", "private", "localOnly")),
        ({"is_private": False, "localOnly": False, "privacy": "Everyone"}, ""),
    ],
)
def test_only_what_is_plainly_for_everybody(tmp_path: Path, more: dict[str, object], reason: str) -> None:
    path = file(tmp_path, json.dumps([{"text": "words of a heron"} | more]))
    assert [one.refused for one in parsed(path)] == [reason]


def test_warnings_and_answers_of_misskey(tmp_path: Path) -> None:
    base = {"text": "words of a heron", "cw": None, "replyId": None, "visibility": "public"}
    path = file(tmp_path, json.dumps([base, base | {"cw": "food"}, base | {"replyId": "9"}]))
    assert [(one.warning, one.is_reply) for one in parsed(path)] == [("", False), ("food", False), ("", True)]
