"""Tells the encoding of a text that is not UTF-8 and has no mark.

Scripts of their own are told by charset-normalizer, which takes the « of one Cyrillic encoding for a letter
of another. Latin texts, of which it makes Polish out of French, are told by the letters of the languages: an
encoding is right where one language has all letters that come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import charset_normalizer

_SAMPLE = 1 << 14  # bytes of lines that are not ASCII
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\u2500-\u259f\ue000-\uf8ff\ufffd]")
_SIGNS = frozenset("„“”‚‘’–—…«»‹›°§€£©®™·¿¡½¼¾×•ªº²³\xa0\xad")
_NOT_SIGNED = re.compile(
    r"[^\W\d_][^\w\s'’‘·.,:;!?/&@#*+=()<>|\"“”„«»–—…\xad-][^\W\d_]"
)  # a sign within a word
_CAPITAL_WITHIN = re.compile(r"[a-zà-öø-ÿ][^\x00-\x7f]", re.UNICODE)
# What each language has beside a to z, by encoding; the first that is right wins where several give one text.
_LANGUAGES = {
    "cp1252": (
        "àâæçéèêëîïôœùûüÿ äöüßéà áéíóúñü áâãàçéêíóôõúü àèéìíòóù àçèéíïòóúü éëïóèöüá åäöéü æøåéòô äöåšž "
        "áðéíóúýþæö ëç äõöüšž"
    ),
    "cp1250": "ąćęłńóśźż áčďéěíňóřšťúůýž áäčďéíĺľňóôŕšťúýž áéíóöőúüű ăâîşţ čćđšž",
    "iso8859-2": "ąćęłńóśźż áčďéěíňóřšťúůýž áäčďéíĺľňóôŕšťúýž áéíóöőúüű ăâîşţ čćđšž",
    "cp1254": "çğıöşüâîûİ",
    "cp1257": "ąčęėįšųūž āčēģīķļņšūž äõöüšž",
    "mac_roman": "àâæçéèêëîïôœùûüÿ äöüßéà áéíóúñü áâãàçéêíóôõúü àèéìíòóù àçèéíïòóúü éëïóèöüá åäöéü æøåéòô",
    "cp850": "àâæçéèêëîïôùûüÿ äöüßéà áéíóúñü áâãàçéêíóôõúü àèéìíòóù åäöéü æøåéòô",
}
_SLAVIC = tuple(map(set, ("абвгґдеєжзиіїйклмнопрстуўфхцчшщъыьэюяё", "абвгдѓђежзѕијклљмнњопрстќћуфхцчџш")))
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WESTERN = frozenset("".join(_LANGUAGES["cp1252"].split()))
_STRAY = re.compile("[\udc80-\udcff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_FEW = 4  # different letters with which two encodings may both be right by chance
_TELLING = 40  # letters of a script of its own, and a quarter of the text
_JAPANESE = ("euc-jp", "cp932", "iso2022-jp")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_WORDS = re.compile("[\u2e80-\ud7ff\uf900-\ufaff]")  # each letter is one, or nearly
_ALPHABETS = re.compile("[\u0370-\u1fff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]")


def told(start: bytes) -> str:
    """Return the encoding of a text, "" where it may be UTF-8 or none stands out.

    Args:
        start: the first bytes of the file.
    """
    sample = b"".join(_lines(start))
    if not sample or _is_utf8(sample):
        return ""
    for name in _JAPANESE:  # told by what no other text becomes: a lot of hiragana
        text = sample.decode(name, "replace")
        if "\ufffd" not in text and len(_HIRAGANA.findall(text)) > _TELLING // 4:
            return name
    matches = charset_normalizer.from_bytes(sample)
    best = matches.best()
    if best is None or not _has_own_script(str(best)):
        return _latin(sample)
    as_good = (one for one in matches if one.chaos == best.chaos and _has_own_script(str(one)))
    is_cyrillic = bool(_CYRILLIC.search(str(best)))
    return str(next((one for one in as_good if is_cyrillic and _is_slavic(str(one))), best).encoding)


def is_utf16(start: bytes) -> str:
    """Return which UTF-16 a text without a mark is in, "" where it is none; any script has line breaks."""
    start = start[: len(start) // 2 * 2]
    for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        others = start[::2] if name == "utf-16-le" else start[1::2]
        if zeros.count(0) <= 2 * others.count(0):
            continue
        text = start.decode(name, "replace")
        plain = sum(map(str.isprintable, text)) + text.count("\n") + text.count("\r") + text.count("\t")
        if not _NO_TEXT.search(text) and plain > 0.98 * len(text) and ("\n" in text or " " in text):
            return name
    return ""


def _lines(start: bytes) -> Iterator[bytes]:
    """The lines that are not ASCII, each once, until there are enough."""
    size = 0
    for line in dict.fromkeys(start.splitlines(keepends=True)):
        if line.isascii() and b"\x1b" not in line:
            continue
        yield line
        size += len(line)
        if size > _SAMPLE:
            return


def _is_utf8(sample: bytes) -> bool:
    """Whether most letters are UTF-8: then the others came from somewhere else, one by one."""
    text = sample.decode("utf-8", "surrogateescape")
    strays = len(_STRAY.findall(text))
    return (not strays and b"\x1b" not in sample) or sum(letter > "\x7f" for letter in text) > 2 * strays


def _has_own_script(text: str) -> bool:
    if _NO_TEXT.search(text) or sum(map(str.isupper, text)) > sum(map(str.islower, text)):
        return False  # KOI8-R and Windows-1251 swap small letters and capitals
    letters = len(_ALPHABETS.findall(text))
    return letters * 4 > len(text) and letters + 2 * len(_WORDS.findall(text)) > _TELLING


def _is_slavic(text: str) -> bool:
    """Whether there are Cyrillic letters, and all of them of languages that are written side by side."""
    letters = set(_CYRILLIC.findall(text.lower()))
    return bool(letters) and any(letters <= one for one in _SLAVIC)


def _latin(sample: bytes) -> str:
    texts = {}
    for name in _LANGUAGES:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        if not (_NO_TEXT.search(text) or _NOT_SIGNED.search(text) or _has_capital_within(text)):
            texts[name] = text
    if len(_HIGH.findall(sample)) * 3 > len(sample):  # no Latin language has so many
        return ""
    letters = {name: {one for one in text.lower() if one > "\x7f"} - _SIGNS for name, text in texts.items()}
    right = [
        name for name in texts if any(letters[name] <= set(one) for one in _LANGUAGES[name].lower().split())
    ]
    if not right and "cp1252" in texts and letters["cp1252"] <= _WESTERN:
        return "cp1252"
    if len({texts[name] for name in right}) == 1:
        return right[0]
    return "cp1252" if "cp1252" in right and len(letters["cp1252"]) < _FEW else ""


def _has_capital_within(text: str) -> bool:
    return any(found[0][1].isupper() for found in _CAPITAL_WITHIN.finditer(text))
