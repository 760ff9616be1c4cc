"""The pictures of terminals keep every space, and the film fits, moves, and ends with what it is about."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.terminal import CELL, COLUMNS, LINE, WIDTH, Terminal, film, still
from tests.docs.test_readme import unknown_words
from tests.support.pages import README, ROOT

SVG = "{http://www.w3.org/2000/svg}"
FILM = ROOT / "docs" / "pipeline.svg"
STILLS = sorted((ROOT / "docs").glob("curate-*.svg"))


def strip(svg: str) -> dict[int, list[str]]:
    """The screens of a picture by their place in it, each word where it stands."""
    root = ElementTree.fromstring(svg)
    assert root.attrib["{http://www.w3.org/XML/1998/namespace}space"] == "preserve"
    groups = {one.attrib["id"]: one for one in root.iter(f"{SVG}g") if "id" in one.attrib}
    screens = {}
    for frame in groups["film"]:
        screen: dict[int, str] = {}
        for use in frame:
            line = ""
            for word in groups[use.attrib["href"][1:]].iter(f"{SVG}tspan"):
                column = round(float(word.attrib["x"]) / CELL)
                assert len(line) <= column  # otherwise one word would be drawn over another
                line = line.ljust(column) + (word.text or "")
            assert len(line) <= COLUMNS
            screen[int(use.attrib["y"]) // LINE] = line.rstrip()
        (place,) = re.findall(r"translate\((\d+) 0\)", frame.attrib["transform"])
        screens[int(place)] = [screen.get(number, "") for number in range(max(screen, default=0) + 1)]
    return screens


def sent(*pieces: str) -> Terminal:
    terminal = Terminal(4)
    for piece in pieces:
        terminal.feed(piece)
    return terminal


def test_a_screen_is_drawn_with_all_its_spaces() -> None:
    terminal = sent(
        "\x1b[?25l \x1b[1m7\x1b[0m of\x1b[2m  9\x1b[0m\r\n", "    \x1b[31m<a>\x1b[0m & b\r\x1b[1A+"
    )
    terminal.feed("\r\n\n\n  x")
    assert strip(still(terminal.shown(), "t")) == {0: ["+7 of  9", "    <a> & b", "", "  x"]}


def test_a_program_that_takes_the_screen_gives_it_back() -> None:
    terminal = sent("$ kettle\r\n", "\x1b[?1049h\x1b[?25l\x1b[Hcard\x1b[K\x1b[J")
    assert strip(still(terminal.shown(), "t")) == {0: ["card"]}
    terminal.feed("\x1b[?1049l")
    assert strip(still(terminal.shown(), "t")) == {0: ["$ kettle"]}


def test_where_nothing_moves_the_last_screen_is_seen() -> None:
    screens = [(sent("\x1b[?25l", word).shown(), 1.0) for word in ("one", "two", "three")]
    found = film(screens, "t")
    assert strip(found) == {0: ["three"], WIDTH: ["one"], 2 * WIDTH: ["two"]}
    order = re.findall(r"([\d.]+)%\{transform:translateX\(-(\d+)px\)\}", found)
    assert order == [("0.00", str(WIDTH)), ("33.33", str(2 * WIDTH)), ("66.67", "0")]


def test_what_is_not_known_is_no_picture() -> None:
    with pytest.raises(ValueError, match="not known"):
        sent("\x1b[3;4r")


def test_the_film_ends_with_the_three_commands_and_what_they_said() -> None:
    text = FILM.read_text()
    assert "(docs/pipeline.svg)" in README
    assert len(text.encode()) < 300_000
    assert "prefers-reduced-motion" in text
    screens = strip(text)
    last = "\n".join(screens[0])
    commands = re.findall(r"^\$ (botus (\w+).*)$", last, re.MULTILINE)
    assert [name for _, name in commands] == ["generate", "curate", "post"]
    assert [problem for line, _ in commands for problem in unknown_words(f"`{line}`")] == []
    for words in ("wrote 500 lines", "kept in tweets.txt", "https://mastodon.example/"):
        assert words in last
    assert any(" quit" in screen[-1] for screen in screens.values())  # the cards of curate


@pytest.mark.parametrize("picture", STILLS, ids=lambda path: path.stem)
def test_a_still_is_one_screen_of_curate(picture: Path) -> None:
    (screen,) = strip(picture.read_text()).values()
    assert screen[-1].startswith((" d drop  k keep", " 1-9 0 mark", " any key back"))
