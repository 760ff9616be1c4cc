"""Texts of many languages in the encodings in which old programs save them: told, or asked about."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from botus.corpus.encodings import is_utf16, told
from botus.corpus.sources.detection import read
from botus.errors import FileError

SENTENCES = {
    "polish": "Czajnik śpiewał całą noc.|Żółta łódź wróciła bez wioseł.|Mgła zjadła molo.",
    "czech": "Konvice zpívala.|Žlutá loď se vrátila bez vesel.|Můj děd lže.",
    "hungarian": "A vízforraló egész éjjel énekelt.|A sárga csónak evezők nélkül tért vissza.|Őrzöm a tüzet.",
    "russian": "Чайник пел всю ночь.|Жёлтая лодка вернулась без вёсел.|Туман съел причал.",
    "ukrainian": "Чайник співав усю ніч.|Жовтий човен повернувся без весел.|Туман сьогодні з'їв пристань.",
    "greek": "Ο βραστήρας τραγουδούσε.|Η κίτρινη βάρκα γύρισε χωρίς κουπιά.|Μέτρησα τα κουτάλια.",
    "turkish": "Çaydanlık bütün gece şarkı söyledi.|Sarı kayık küreksiz döndü.|Kaşıkları saydım.",
    "hebrew": "הקומקום שר כל הלילה ואיש לא הקשיב.|הסירה הצהובה חזרה בלי משוטים.|ספרתי את הכפות.",
    "arabic": "رمشت المنارة مرتين ثم نامت.|عاد القارب الأصفر بلا مجاديف.|عددت الملاعق وإحداها تكذب.",
    "lithuanian": "Virdulys dainavo naktį.|Geltona valtis grįžo be irklų.|Suskaičiavau šaukštus ir žvakes.",
    "thai": "กาต้มน้ำร้องเพลงทั้งคืนและไม่มีใครฟัง|เรือสีเหลืองกลับมาโดยไม่มีพาย",
    "japanese": "やかんは一晩中歌っていたが、誰も聞いていなかった。|黄色い舟は櫂をなくした。|霧が出た。",
    "chinese": "水壶唱了一整夜,没有人听。|黄色的小船没有桨就回来了。|我数了数勺子,有一把在说谎。",
    "taiwanese": "水壺唱了一整夜,沒有人聽。|黃色的小船沒有槳就回來了。|我數了數湯匙,有一把在說謊。",
    "korean": "주전자가 밤새 노래했지만 아무도 듣지 않았다.|노란 배는 돌아왔다.|숟가락을 세었다.",
    "french": "La bouilloire a chanté toute la nuit.|La barque est très fière.|Où vont-elles ?",
    "german": "Der Kessel sang, und niemand hörte zu.|Das Boot kam zurück, völlig durchnäßt.|Er züchtet es.",
    "spanish": "La tetera cantó toda la noche y nadie escuchó.|La barca volvió sin remos, señora.|Mañana sí.",
}
SAVED = [
    *(("polish", "cp1250"), ("polish", "iso8859-2"), ("czech", "cp1250"), ("czech", "iso8859-2")),
    *(("hungarian", "cp1250"), ("russian", "cp1251"), ("russian", "koi8-r"), ("russian", "iso8859-5")),
    *(("ukrainian", "cp1251"), ("ukrainian", "koi8-u"), ("greek", "cp1253"), ("turkish", "cp1254")),
    *(("hebrew", "cp1255"), ("arabic", "cp1256"), ("lithuanian", "cp1257"), ("thai", "cp874")),
    *(("japanese", "cp932"), ("japanese", "euc-jp"), ("chinese", "gb18030"), ("taiwanese", "big5")),
    *(("korean", "cp949"), ("french", "cp1252"), ("french", "mac-roman"), ("german", "cp1252")),
    *(("german", "mac-roman"), ("german", "cp850"), ("spanish", "cp1252")),
    *(("russian", "utf-16-le"), ("chinese", "utf-16-le"), ("german", "utf-16-be"), ("japanese", "utf-16-be")),
]


def lines(language: str, many: int) -> list[str]:
    """So many lines, each of the beginning of one sentence and the end of another."""
    rng, sentences, found = Random(language), SENTENCES[language].split("|"), []
    for _ in range(many):
        first, second = rng.choice(sentences), rng.choice(sentences)
        found.append(first[: rng.randrange(4, len(first))].rpartition(" ")[0] + f" {second}")
    return [line.strip() for line in found]


@pytest.mark.parametrize(("language", "encoding"), SAVED)
def test_what_it_is_in_is_told_and_said(tmp_path: Path, language: str, encoding: str) -> None:
    path, text = tmp_path / "old.txt", lines(language, 40)
    path.write_bytes("\n".join([*text, ""]).encode(encoding))
    reading = read(path)
    assert [post.text for post in reading] == text
    assert encoding.startswith("utf") or any("--encoding NAME" in note for note in reading.notes)


def test_signs_are_no_letters_of_a_neighbour() -> None:
    """Macintoshes had letters of Serbian and Ukrainian where Windows has «, » and №."""
    rows = [f"2020-01-0{n};Чайник пел всю ночь, и никто не слушал «его» №{n}" for n in range(1, 10)]
    assert told("\r\n".join(rows).encode("cp1251")) == "cp1251"


def test_some_letters_of_another_encoding_leave_a_file_utf_8(tmp_path: Path) -> None:
    path, text = tmp_path / "mixed.txt", lines("polish", 40)
    path.write_bytes("\n".join(text).encode() + "\nUn café".encode("cp1252"))
    assert [post.text for post in read(path)] == [*text, "Un café"]


def test_what_may_be_several_languages_is_western_only_with_few_letters() -> None:
    assert told("La tetera y el café\n".encode("cp1252")) == "cp1252"
    assert told("þýð ð ý þ ýþð\n".encode("cp1252")) in ("", "cp1252")


def test_letters_of_nobody_are_asked_about(tmp_path: Path) -> None:
    path, rng = tmp_path / "odd.txt", Random(1)
    path.write_bytes(b"".join(bytes(rng.choices(range(0xA1, 0xFF), k=30)) + b"\n" for _ in range(20)))
    with pytest.raises(FileError) as raised:
        list(read(path))
    assert "--encoding" in (raised.value.hint or "")


def test_bytes_are_no_wide_letters() -> None:
    rng = Random(2)
    assert not is_utf16(bytes(rng.randrange(256) for _ in range(4000)))
    assert not is_utf16(bytes(range(256)) * 8)
    assert not is_utf16(b"one\0two\0three\0")
