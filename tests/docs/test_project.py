"""What a project has besides its code: the man page, the pages for contributors, the workflows of GitHub.

`.ci/run` checks the workflows with actionlint and zizmor, and builds and installs the packages.
"""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.test_readme import broken_links, tree
from tests.support.pages import README, ROOT, blocks

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def man() -> str:
    """The source of botus.1."""
    return "\n".join(runpy.run_path(str(ROOT / "docs" / "man.py"))["page"]())


def test_the_man_page_has_every_command_with_its_options(man: str) -> None:
    plain = man.replace("\\-", "-")
    for name, command in tree().items():
        _, found, rest = plain.partition(f'.SS "{name} ')
        assert found, name
        section = rest.partition("\n.SS")[0]
        options = {option.opts[0] for option in command.params if option.opts[0].startswith("-")}
        common = {"--data", "--json", "-q", "--debug"}
        assert [one for one in options - common if one not in section] == []


def test_roff_takes_nothing_in_the_man_page_for_its_own(man: str, tmp_path: Path) -> None:
    begun = {line.split()[0] for line in man.splitlines() if line.startswith((".", "'"))}
    assert begun <= {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".nf", ".fi", ".nh", ".ad"}
    if program := shutil.which("man"):
        (tmp_path / "botus.1").write_text(man)
        shown = subprocess.run(
            [program, "--warnings", "-E", "UTF-8", "-l", tmp_path / "botus.1"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "botus generate --temp 0.9 -n 500" in " ".join(shown.stdout.split())


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_the_other_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    assert broken_links(text) == []
    assert set(re.findall(r"[\w.]+@[\w.]+", text)) == set()  # reports go through GitHub


def test_a_workflow_runs_the_tests_of_the_readme() -> None:
    command = next(line for block in blocks(README) for line, _ in block.commands if "pytest" in line)
    assert f"- run: {command}\n" in (ROOT / ".github" / "workflows" / "tests.yml").read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_little_and_takes_its_actions_by_commit(path: Path) -> None:
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    assert len(re.findall(r"^ +timeout-minutes: ", text, re.MULTILINE)) == text.count("    runs-on: ")
    used = re.findall(r"uses: (\S+)", text)
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)] == []
