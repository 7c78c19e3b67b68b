"""The import table of ARCHITECTURE.md, read from the source and held."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "parsoutcomes"

ALL_PARTS = {
    "errors", "calls", "conventions", "wording", "schema", "results", "stats", "cohort", "loaders",
    "synthetic", "models", "baselines", "tables", "figures", "report", "cli",
}  # fmt: skip
BASE = {"errors", "calls", "conventions"}
MAY_IMPORT_INSIDE = {
    "errors": set(),
    "calls": {"errors", "conventions"},
    "conventions": set(),
    "wording": BASE,
    "schema": BASE,
    "results": {*BASE, "wording"},
    "stats": {*BASE, "results"},
    "cohort": {*BASE, "schema", "results"},
    "loaders": {*BASE, "schema", "cohort"},
    "synthetic": {*BASE, "schema", "cohort"},
    "models": {*BASE, "schema", "cohort", "results", "stats"},
    "baselines": {*BASE, "schema", "cohort", "results", "stats"},
    "tables": {*BASE, "wording", "results"},
    "figures": {*BASE, "wording", "results"},
    "report": ALL_PARTS - {"loaders", "synthetic", "cli"},
    "cli": ALL_PARTS,
}
MAY_IMPORT_OUTSIDE = {
    "errors": set(),
    "calls": set(),
    "conventions": set(),
    "wording": set(),
    "schema": {"pandas"},
    "results": {"pandas"},
    "stats": {"numpy", "scipy"},
    "cohort": {"pandas", "numpy"},
    "loaders": {
        "pandas",
        "numpy",
        "openpyxl",
        "python_calamine",
        "yaml",
        "rapidfuzz",
        "msoffcrypto",
        "redcap",
        "requests",
        "keyring",
        "sqlalchemy",
    },
    "synthetic": {"pandas", "numpy"},
    "models": {"pandas", "numpy", "joblib", "lifelines", "statsmodels", "firthmodels"},
    "baselines": {"pandas", "numpy"},
    "tables": {"pandas"},
    "figures": {"pandas", "numpy", "matplotlib"},
    "report": {
        "pandas",
        "numpy",
        "matplotlib",
        "jinja2",
        "markupsafe",
        "typst",
        "pikepdf",
        "docx",
        "pptx",
        "yaml",
        "pypdfium2",
    },
    "cli": {"click", "rich", "pandas"},
}
ADAPTERS = {"lifelines": "_lifelines", "statsmodels": "_statsmodels", "firthmodels": "_firth"}


def _modules() -> list[Path]:
    inside = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE]
    top = [path for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")]
    return sorted(inside + top)


def _part(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", _modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    part = _part(path)
    inside, outside = set(), set()
    for name in _imported(path):
        root, _, rest = name.partition(".")
        if root == "parsoutcomes":
            inside |= {rest.split(".")[0]} if rest else set()
        elif root not in sys.stdlib_module_names:
            outside.add(root)
    assert inside - {part} <= MAY_IMPORT_INSIDE[part]
    assert outside <= MAY_IMPORT_OUTSIDE[part]


@pytest.mark.parametrize("path", _modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_one_module_knows_each_modelling_library(path: Path) -> None:
    roots = {name.partition(".")[0] for name in _imported(path)}
    for library, adapter in ADAPTERS.items():
        assert library not in roots or path.stem == adapter


def test_the_package_is_quick_to_import_because_it_loads_nothing_heavy() -> None:
    import subprocess

    heavy = "matplotlib lifelines statsmodels firthmodels scipy pandas numpy rich click jinja2"
    heavy += " typst pikepdf docx pptx lxml"
    code = f"import sys, parsoutcomes; print([m for m in '{heavy}'.split() if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert shown.stdout.strip() == "[]"


def test_every_public_name_loads_and_is_documented() -> None:
    import parsoutcomes

    for name in parsoutcomes.__all__:
        value = getattr(parsoutcomes, name)
        assert name == "__version__" or value.__doc__


def test_files_stay_short() -> None:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in _modules()}
    assert [str(path) for path, length in lengths.items() if length > 400] == []


def test_functions_stay_short() -> None:
    sizes = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                sizes.append((_body_lines(node), f"{path.name}:{node.name}"))
    assert [name for size, name in sizes if size > 50] == []
    assert sorted(size for size, _ in sizes)[len(sizes) // 2] < 12


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_the_documented_table_is_the_one_held_here() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = {
        cells[1].strip(): (_names(cells[2]), _names(cells[3]))
        for line in text.splitlines()
        if len(cells := line.split("|")) == 5 and cells[1].strip() in ALL_PARTS
    }
    assert rows == {part: (MAY_IMPORT_INSIDE[part], MAY_IMPORT_OUTSIDE[part]) for part in ALL_PARTS}


def _names(cell: str) -> set[str]:
    return {name.strip() for name in cell.split(",") if name.strip() not in {"", "-"}}
