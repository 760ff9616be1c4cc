"""Letters that were UTF-8 and were read as something else: told in every script, and real words are not."""

from __future__ import annotations

import pytest

from botus.screening.repair import broken_letters, unbroken

SAID = {
    "Russian": "Чайник снова пел, и никто не спросил.",
    "Hebrew": "הקומקום שר כל הבוקר",
    "Korean": "주전자가 아침 내내 노래했다",
    "Polish": "Źdźbło i gęślą jaźń, śpiewał czajnik łączący ćwierć",
    "Thai": "กาน้ำร้องเพลงทั้งเช้า",
    "Chinese": "水壶唱了一上午，没有人问",
    "Arabic": "الغلاية غنت طوال الصباح",
    "Greek": "Η τσαγιέρα τραγουδούσε",
    "Hindi": "केतली सुबह गाती रही",
    "Japanese": "やかんが朝から歌う",
    "emoji": "The kettle 🐦 sings",
    "two words": "Да, ёж",
}
WHOLE = [
    *SAID.values(),
    "ЦІЛІ НІЧІ, СІРІ ТІНІ",
    "Рік, Рідна Їжа, Ґанок",
    "ЊЕГОВА ЉУБАВ и ЖИВОТ",
    "l’âne, l’âge, l’âme",
    "L’été à l’école… «Été»",
    "„Größe“–„Maß“, „Spaß“",
    "NGƯỜI ẤY Ở ĐÂU, Việt Nam",
    "NÃO, SÃO PAULO, AVIÕES",
    "Łódź „Żółć”, čšž ČŠŽ",
    "±°§¶ Ω≈ç√∫˜µ≤≥÷ ™®©",
    "ÀÉÈÙ ÅÄÖ ÆØÅ ÜÜ“„",
]


def misread(text: str, encoding: str) -> str:
    """What a program sees that takes UTF-8 for something else."""
    return "".join(bytes([one]).decode(encoding, "ignore") or chr(one) for one in text.encode())


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp1251", "cp1250", "mac_roman"])
@pytest.mark.parametrize("text", SAID.values(), ids=SAID)
def test_every_script_is_told_and_read_anew(text: str, encoding: str) -> None:
    once = misread(text, encoding)
    assert broken_letters(once)
    assert unbroken(once) == text
    assert unbroken(misread(once, encoding)) == text


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_whole_stays(text: str) -> None:
    assert broken_letters(text) == ""
    assert unbroken(text) == text
