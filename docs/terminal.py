"""A terminal that knows what botus sends to one, and the SVG of its screens; pictures.py and film.py use it.

Every word has a place of its own, and every space is kept: the widths of fonts differ, and some programs
take away the spaces at which a text begins or ends. A film shows its last screen where nothing moves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

COLUMNS = 80
CELL, LINE = 9.6, 20  # how wide and high a character is, in the SVG's units, at a font size of 16
WIDTH, MARGIN, TITLE = round(COLUMNS * CELL), 14, 36
COLOURS = {
    "black": "#1b1f24",
    "red": "#ec7f76",
    "green": "#98c379",
    "yellow": "#e3c06b",
    "blue": "#74aef0",
    "magenta": "#cb99e8",
    "cyan": "#5fc4cf",
    "white": "#e6e8eb",
}
_NAMES = list(COLOURS)
_STYLE = """
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:16px;\
fill:#d5d9de;white-space:pre;font-variant-ligatures:none}
.bold{font-weight:bold;fill:#fff}.dim{fill:#929aa5}.italic{font-style:italic}
"""
_STYLE += "".join(f".{name}{{fill:{value}}}" for name, value in COLOURS.items()) + ".reverse{fill:#1b1f24}\n"
_SENT = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|([\r\n\b])|([^\x00-\x1f\x1b]+)")


@dataclass(frozen=True)
class Style:
    """How a character looks."""

    colour: str = ""
    flags: frozenset[str] = frozenset()  # bold, dim, italic, reverse

    def __str__(self) -> str:
        """The classes of the SVG."""
        return " ".join(sorted({*self.flags, self.colour} - {""}))


Run = tuple[int, str, Style]  # a word from a column on, with the spaces behind it
Row = tuple[Run, ...]
Shown = tuple[Row, ...]


class Terminal:
    """A screen of cells, and a second one for programs that take it over."""

    def __init__(self, height: int = 24) -> None:
        self.height = height
        self._style, self._has_cursor = Style(), True
        self._before: tuple[list[list[tuple[str, Style]]], int, int] | None = None
        self._clear()

    def feed(self, text: str) -> None:
        """Take what a program sends.

        Raises:
            ValueError: it is nothing that this terminal knows.
        """
        place = 0
        while place < len(text):
            found = _SENT.match(text, place)
            if not found:
                raise ValueError(f"not known: {text[place : place + 20]!r}")
            place = found.end()
            arguments, command, control, written = found.groups()
            if command:
                self._command(command, arguments)
            elif control:
                self._control(control)
            else:
                for letter in written:
                    self._write(letter)

    def shown(self) -> Shown:
        """What the screen shows, the cursor too."""
        rows = []
        for number, cells in enumerate(self._cells):
            row = list(cells)
            if self._has_cursor and number == self._row and self._column < COLUMNS:
                letter, style = row[self._column]
                row[self._column] = letter, replace(style, flags=style.flags | {"reverse"})
            rows.append(tuple(_runs(row)))
        return tuple(rows)

    def _clear(self) -> None:
        self._cells = [self._blank() for _ in range(self.height)]
        self._row = self._column = 0

    def _blank(self) -> list[tuple[str, Style]]:
        return [(" ", Style())] * COLUMNS

    def _write(self, letter: str) -> None:
        if self._column == COLUMNS:
            self._column = 0
            self._control("\n")
        self._cells[self._row][self._column] = letter, self._style
        self._column += 1

    def _control(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control == "\b":
            self._column = max(0, self._column - 1)
        elif self._row + 1 < self.height:
            self._row += 1
        else:
            self._cells = [*self._cells[1:], self._blank()]

    def _command(self, command: str, arguments: str) -> None:
        match command, arguments:
            case "m", _:
                self._restyle([int(number or 0) for number in arguments.split(";")])
            case "A", _:
                self._row = max(0, self._row - int(arguments or 1))
            case "H", "":
                self._row = self._column = 0
            case "K", "" | "2":
                start = 0 if arguments else self._column
                self._cells[self._row][start:] = self._blank()[start:]
            case "J", "":
                self._command("K", "")
                self._cells[self._row + 1 :] = [self._blank() for _ in self._cells[self._row + 1 :]]
            case "h" | "l", "?25":
                self._has_cursor = command == "h"
            case "h", "?1049":
                self._before = self._cells, self._row, self._column
                self._clear()
            case "l", "?1049" if self._before:
                self._cells, self._row, self._column = self._before
            case "h" | "l", "?7" | "?2004":
                pass
            case _:
                raise ValueError(f"not known: {arguments}{command}")

    def _restyle(self, numbers: list[int]) -> None:
        flags = {1: "bold", 2: "dim", 3: "italic", 7: "reverse"}
        while numbers:
            number = numbers.pop(0)
            if number == 0:
                self._style = Style()
            elif number in flags:
                self._style = replace(self._style, flags=self._style.flags | {flags[number]})
            elif 30 <= number % 60 <= 37:  # 90 to 97 are the bright ones
                self._style = replace(self._style, colour=_NAMES[number % 10])
            elif number == 39:
                self._style = replace(self._style, colour="")
            elif number == 38:
                del numbers[:2]  # one of 256, for the bar that is behind the other one
                self._style = replace(self._style, colour="", flags=self._style.flags | {"dim"})
            else:
                raise ValueError(f"not known: {number}m")


def _runs(cells: Sequence[tuple[str, Style]]) -> Iterator[Run]:
    """Yield the words of a row, each with the spaces behind it."""
    word, start = "", 0
    for column, (letter, style) in enumerate(cells):
        before = cells[column - 1] if column else (" ", style)
        is_other = style != before[1] or (letter != " " and before[0] == " ")
        if word and is_other:
            if word.strip() or "reverse" in before[1].flags:
                yield start, word, before[1]
            word = ""
        if not word:
            start = column
        word += letter
    if word.strip() or "reverse" in cells[-1][1].flags:
        yield start, word.rstrip() or word, cells[-1][1]


def still(shown: Shown, title: str) -> str:
    """Draw one screen."""
    return film([(shown, 0.0)], title)


def film(frames: Sequence[tuple[Shown, float]], title: str) -> str:
    """Draw screens, each for so many seconds, again and again; where nothing moves, the last is seen."""
    every = {row: None for shown, _ in frames for row in shown if row}
    names = {row: f"r{number}" for number, row in enumerate(every)}
    rows = "".join(f'<g id="{name}">{_text(row)}</g>\n' for row, name in names.items())
    moves, strip, begun, whole = "", "", 0.0, sum(seconds for _, seconds in frames) or 1.0
    for number, (shown, seconds) in enumerate(frames, start=1):
        place = number % len(frames) * WIDTH  # the last one stands where the strip begins
        moves += f"{100 * begun / whole:.2f}%{{transform:translateX(-{place}px)}}"
        used = "".join(f'<use href="#{names[row]}" y="{y}"/>' for y, row in _placed(shown))
        strip += f'<g transform="translate({place} 0)">{used}</g>\n'
        begun += seconds
    moving = f"#film{{animation:film {whole:.1f}s step-end infinite}}"
    style = f"@media (prefers-reduced-motion:no-preference){{{moving}}}\n@keyframes film{{{moves}}}\n"
    style = style if len(frames) > 1 else ""
    return _window(len(frames[0][0]), title, style, f'<defs>{rows}</defs>\n<g id="film">\n{strip}</g>')


def _placed(shown: Shown) -> Iterator[tuple[int, Row]]:
    """Yield the rows that are not empty, with their place from above."""
    for number, row in enumerate(shown):
        if row:
            yield number * LINE, row


def _text(row: Row) -> str:
    """Draw one row at the top of its screen."""
    behind, words = "", ""
    for column, word, style in row:
        x = f"{column * CELL:.4g}"
        if "reverse" in style.flags:
            behind += f'<rect x="{x}" width="{len(word) * CELL:.4g}" height="{LINE}" fill="#d5d9de"/>'
        names = f' class="{style}"' if str(style) else ""
        # A line that is drawn has to be as long as it is, whatever the font.
        length = f' textLength="{len(word) * CELL:.4g}"' if len(word) > 20 else ""
        words += f'<tspan x="{x}"{names}{length}>{html.escape(word, quote=False)}</tspan>'
    return f'{behind}<text y="15">{words}</text>'


def _window(lines: int, title: str, style: str, screen: str) -> str:
    """Draw a window with a screen of so many lines in it."""
    width, height = WIDTH + 2 * MARGIN, TITLE + lines * LINE + MARGIN
    dots = "".join(
        f'<circle cx="{22 + 20 * number}" cy="18" r="6" fill="{COLOURS[name]}"/>'
        for number, name in enumerate(("red", "yellow", "green"))
    )
    box = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" role="img" {box}>
<title>{html.escape(title, quote=False)}</title>
<style>{_STYLE}{style}</style>
<rect width="{width}" height="{height}" rx="8" fill="{COLOURS["black"]}"/>{dots}
<text x="{width / 2:g}" y="23" text-anchor="middle" class="dim">{html.escape(title, quote=False)}</text>
<svg x="{MARGIN}" y="{TITLE}" width="{WIDTH}" height="{lines * LINE}">
{screen}</svg>
</svg>
"""
