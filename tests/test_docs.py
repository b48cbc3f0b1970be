"""What the documents say exists, and what exists is said."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands.registry import registry
from bot.gather.packs import PACKS
from tests.languages import NAMES

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_every_command_of_the_bot_and_of_the_command_line_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in registry(PACKS, NAMES):
        assert f"/{command}" in readme
    for command in main.commands:
        assert f"newstally {command}" in readme


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        for target in re.findall(r"`make ([a-z]+)", document.read_text()):
            assert target in targets, (document.name, target)


def test_the_repository_names_no_package_registry_and_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    registries = r"https?://(?:[\w.-]*pypi|files\.pythonhosted|registry\.npmjs|deb\.debian)[\w./-]*"
    unwanted = re.compile(registries + r"|/root/|/home/\w+/")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".lock", ".js", ".html", ".css", ".po", ".pot", ""}
            and path.is_file()
        ):
            found = unwanted.search(path.read_text("utf-8", errors="replace"))
            assert found is None or path == Path(__file__), (name, found)
