"""The README, its pages and the code agree: commands, options, settings, exit codes, extras, images, links.

`test_readme_sessions.py` runs what the README says; here nothing is run.
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from botus import errors, settings
from botus.cli.main import cli
from botus.platforms.rows import X
from botus.settings.environment import Environment
from tests.support.pages import INDEX, PAGES, README, ROOT, blocks, commands, rows

DOCKERFILE, COMPOSE = (ROOT / "Dockerfile").read_text(), (ROOT / "docker" / "compose.yaml").read_text()
SMOKE = "".join((ROOT / "docker" / name).read_text() for name in ("smoke", "engines.py"))
# What a person adds to the options with which docker/smoke runs the image.
BY_HAND = {"-d", "-it", "--rm", "--restart"}
CREDENTIALS = dict.fromkeys([one.name for one in X.required], "not-a-secret") | {
    "MASTODON_BASE_URL": "https://mastodon.example",
    "MASTODON_ACCESS_TOKEN": "not-a-secret",
}

# Each check returns what is wrong.


def tree(group: click.Group = cli, name: str = "botus") -> dict[str, click.Command]:
    """Every command of the click tree by its full name."""
    found: dict[str, click.Command] = {}
    for part, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= tree(command, f"{name} {part}")
        else:
            found[f"{name} {part}"] = command
    return found


def missing_commands(text: str) -> list[str]:
    named = {cell.strip("`") for cell, _ in rows(text, "## All of them")}
    return sorted(named ^ tree().keys())


def unknown_words(text: str) -> list[str]:
    """Commands and options of botus, in blocks and between backticks, that it does not have."""
    said = re.findall(r"(?<!`)`(botus [^`\n]+)`", text)
    for body in re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        said += re.findall(r"^(?:\$ )?(?:.*&& )?(botus .+)$", body, re.MULTILINE)
    return [problem for line in said for problem in _unknown(shlex.split(line))]


def _unknown(words: list[str]) -> list[str]:
    if words[1:2] == ["--data"]:
        del words[1:3]
    names = [name for name in (" ".join(words[:3]), " ".join(words[:2])) if name in tree()]
    if not names:
        return [f"no command: {' '.join(words)}"] if words[1:] != ["log"] else []
    known = {option for each in tree()[names[0]].params for option in each.opts}
    return [f"{names[0]}: {word}" for word in words if word.startswith("-") and word not in known]


class Asked(dict[str, str]):
    """An environment that remembers what was looked for in it."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def names_read() -> set[str]:
    """What may be set: the data directory, and whatever is looked for when the settings are read."""
    asked = Asked()
    settings.understand(Environment(Path(), asked))
    return asked.names | {"BOTUS_DATA"}


def table_of_settings(text: str) -> dict[str, tuple[str, bool]]:
    """Per variable its default, and whether it may come from a file."""
    found = {}
    for names, default, _ in rows(text, "## All settings"):
        for name, key in re.findall(r"`(\w+)`( 🔑)?", names):
            found[name] = default.strip("`"), bool(key)
    return found


def wrong_settings(text: str) -> list[str]:
    documented = table_of_settings(text)
    files = {name.removesuffix("_FILE") for name in names_read() if name.endswith("_FILE")}
    read = {name for name in names_read() if not name.endswith("_FILE")}
    keys = {name for name, (_, key) in documented.items() if key}
    return sorted(read ^ documented.keys()) + sorted(files ^ keys)


def wrong_defaults(text: str) -> list[str]:
    """Variables whose documented default, when set, changes anything."""
    plain = settings.load(CREDENTIALS)
    defaults = {name: default for name, (default, _) in table_of_settings(text).items() if default}
    return [n for n, value in defaults.items() if settings.load({n: value} | CREDENTIALS) != plain]


def wrong_codes(text: str) -> list[int]:
    classes = [errors.BotusError]
    for each in classes:
        classes.extend(each.__subclasses__())
    listed = {int(code) for code, _ in rows(text, "## Exit codes")}
    return sorted(listed ^ {0, *(each.exit_code for each in classes)})


def broken_links(text: str, folder: Path = ROOT) -> list[str]:
    """Links to files, and to headings of this page or another one, that are not there."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)[^)]*\)", text):
        name, _, anchor = link.partition("#")
        if "://" in link:
            continue
        there = (folder / name).exists()
        if not there or (anchor and anchor not in _anchors((folder / name).read_text() if name else text)):
            broken.append(link)
    return broken


def _anchors(text: str) -> set[str]:
    """The headings of a page as GitHub makes addresses of them."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def wrong_installs(text: str) -> list[str]:
    """`pip install` of an extra that setup.cfg lacks, or of something else than this folder."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = set(setup["options.extras_require"])
    inline = re.findall(r"`((?:pipx?|uv tool) install [^`]+)`", text)
    wrong = []
    for line in [*inline, *(one for one in commands(text) if one.startswith("pip "))]:
        found = re.fullmatch(r"(?:pipx?|uv tool) install (?:-e )?(?:\.|'\.\[([\w,]+)\]')", line)
        if not found or (found[1] and not extras.issuperset(found[1].split(","))):
            wrong.append(line)
    return wrong


def wrong_docker(text: str) -> list[str]:
    """Docker commands that neither the Dockerfile's head nor docker/smoke has, or that name nothing."""
    wrong, images = [], set(re.findall(r"^#\s+docker build -t (\S+)", DOCKERFILE, re.MULTILINE))
    for line in (one for one in commands(text) if one.startswith("docker ")):
        words = shlex.split(line)[1:]
        if words[0] == "build":
            wrong += [line] if not re.search(rf"^#\s+{re.escape(line)}(?:\s|$)", DOCKERFILE, re.M) else []
        elif words[0] == "compose":
            wrong += [line] if not _is_compose(words[1:]) else []
        else:
            wrong += [line] if words[0] != "run" or not _is_run(words[1:], images) else []
    return wrong


def _is_compose(words: list[str]) -> bool:
    if words[:2] != ["-f", "docker/compose.yaml"]:  # the one that `botus init` writes
        return words == ["up", "-d"] or (words[:3] == ["run", "--rm", "botus"] and not _unknown(words[2:]))
    if words[2] == "run":
        service = re.search(rf"^  {words[4]}:$", COMPOSE, re.MULTILINE)
        return words[3] == "--rm" and bool(service) and not _unknown(["botus", *words[5:]])
    if words[2] == "exec":
        return bool(re.search(rf"^  (?:# )?{words[3]}:$", COMPOSE, re.MULTILINE)) and not _unknown(words[4:])
    return words[2:] in (["up", "-d", "--build"], ["logs"])


def _is_run(words: list[str], images: set[str]) -> bool:
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option not in BY_HAND and f'"{option}"' not in SMOKE:
            return False
        value = "" if option in ("-d", "-it", "--rm") else words.pop(0)
        if option == "--env" and value.partition("=")[0] not in names_read():
            return False
        place = value.rpartition(":")[2]
        if option == "--volume" and not re.search(f"^(VOLUME|WORKDIR) {place}$", DOCKERFILE, re.MULTILINE):
            return False
    return words[:1] != [] and words[0] in images and not (words[1:] and _unknown(["botus", *words[1:]]))


Check = Callable[[str], list[str] | list[int]]
EVERYWHERE: tuple[Check, ...] = (unknown_words, broken_links, wrong_installs, wrong_docker)
TABLES: dict[str, tuple[Check, ...]] = {
    "commands.md": (missing_commands, wrong_codes),
    "settings.md": (wrong_settings, wrong_defaults),
}


@pytest.mark.parametrize("check", EVERYWHERE)
def test_the_readme_agrees_with_the_code(check: Check) -> None:
    assert check(README) == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 160


def test_the_first_sentence_says_where_it_posts() -> None:
    first = README.split("\n\n")[1]
    assert all(name in first for name in ("Mastodon", "Bluesky", "X", "Discord"))


def test_the_index_has_every_page_once() -> None:
    assert sorted(re.findall(r"\]\(([\w-]+\.md)\)", INDEX)) == sorted(PAGES)
    assert broken_links(INDEX, ROOT / "docs") == []


@pytest.mark.parametrize("page", PAGES)
def test_the_other_pages_agree_with_the_code(page: str) -> None:
    text = PAGES[page]
    assert broken_links(text, ROOT / "docs") == []
    for check in (unknown_words, wrong_docker, wrong_installs, *TABLES.get(page, ())):
        assert check(text) == [], check.__name__


@pytest.mark.parametrize(
    ("page", "check", "old", "new"),
    [
        ("commands.md", missing_commands, "| `botus health` |", "| `botus wealth` |"),
        ("generating.md", unknown_words, "botus generate --compare", "botus generate --compere"),
        ("commands.md", unknown_words, "`botus log accept`", "`botus log reject`"),
        ("settings.md", wrong_settings, "| `JITTER` |", "| `GITTER` |"),
        ("settings.md", wrong_settings, "| `TZ` | `UTC` |", "| `CRON` | |"),
        ("settings.md", wrong_settings, "`MASTODON_ACCESS_TOKEN` 🔑", "`MASTODON_ACCESS_TOKEN`"),
        ("settings.md", wrong_defaults, "| `MAX_PER_DAY` | `48` |", "| `MAX_PER_DAY` | `47` |"),
        ("commands.md", wrong_codes, "| 7 |", "| 8 |"),
        ("README.md", broken_links, "(docs/promise.md)", "(docs/premise.md)"),
        ("README.md", broken_links, "(docs/promise.md)", "(docs/promise.md#the-premise)"),
        ("README.md", broken_links, "(docs/promise.md)", "(#to-nowhere)"),
        ("README.md", wrong_installs, "'.[generate]'", "'.[generator]'"),
        ("README.md", wrong_installs, "pipx install '.[generate]'", "pipx install botus"),
        ("README.md", wrong_installs, "uv tool install '.[generate]'", "uv tool install '.[generator]'"),
        ("answers.md", wrong_installs, "pip install '.[web]'", "pip install 'botus[web]'"),
        ("posting.md", wrong_docker, "--target generate .", "--target generator ."),
        ("posting.md", wrong_docker, "--env POST_ONLY=reviewed", "--env POST_WHAT=reviewed"),
        ("posting.md", wrong_docker, ":/app/data", ":/data"),
        ("posting.md", wrong_docker, "-d --restart", "-d --privileged --restart"),
        ("posting.md", wrong_docker, "run --rm botus status", "run --rm botus statues"),
        ("posting.md", wrong_docker, "botus-generate generate", "botus-generate degenerate"),
    ],
)
def test_a_slip_is_noticed(page: str, check: Check, old: str, new: str) -> None:
    text = PAGES.get(page, README)
    assert old in text
    assert check(text.replace(old, new)) != []


def test_the_changelog_names_no_command_that_is_not_there() -> None:
    assert unknown_words((ROOT / "CHANGELOG.md").read_text()) == []


def test_ci_and_the_readme_run_the_same_tests() -> None:
    command = next(line for block in blocks(README) for line, _ in block.commands if "pytest" in line)
    assert f"  {command}\n" in (ROOT / ".ci" / "run").read_text()
