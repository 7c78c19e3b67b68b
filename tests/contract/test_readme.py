"""What the README says is true: its notebook example runs, its links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_notebook_example_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib

    matplotlib.use("agg")
    shutil.copytree(ROOT / "data" / "synthetic" / "clinic", tmp_path / "data/synthetic/clinic")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert (tmp_path / "reports/2025/report.html").is_file()
    assert len(example.splitlines()) <= 11


@pytest.mark.parametrize(
    "page", [path.name for path in sorted(ROOT.glob("*.md"))], ids=lambda name: name
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    missing = [
        target
        for target in targets
        if not target.startswith("http") and not (ROOT / target).exists()
    ]
    assert missing == []


def test_make_has_every_command_that_the_pages_name() -> None:
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*.md"))
    named = set(re.findall(r"`make ([a-z]+)`", pages)) | set(
        re.findall(r"^make ([a-z]+)", README, re.M)
    )
    assert named <= rules
