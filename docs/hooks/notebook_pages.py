"""The notebooks as pages: run from start to end, with what they show.

Output is kept in build/notebooks and made anew when a notebook, the package or the data change.
"""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

import fingerprints
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

_ROOT: Final = Path(__file__).parents[2]
_KEPT: Final = _ROOT / "build" / "notebooks"
_AT_A_TIME: Final = 2
# Pictures sharp enough to print, each with its title, the longest of its words in bold, as the text
# for those who cannot see it.
_SETTING: Final = """\
%matplotlib inline
%config InlineBackend.figure_formats = ["retina"]
def _show_title(figure, printer, cycle):
    words = [text.get_text() for axes in figure.axes for text in axes.texts
             if text.get_fontweight() == "bold"]
    printer.text(max(words, key=len, default="Figure"))
import matplotlib.figure
get_ipython().display_formatter.formatters["text/plain"].for_type(
    matplotlib.figure.Figure, _show_title)
"""


def make_pages(root: Path) -> Iterator[tuple[str, str]]:
    """Return address and Markdown of the page of each notebook."""
    asyncio.run(_execute_changed(root))
    for path in _list_notebooks(root):
        notebook = nbformat.read(_KEPT / path.name, as_version=4)
        yield f"tutorial/{path.stem}.md", write_page(notebook, path.stem)


def list_pictures() -> list[tuple[str, Path]]:
    """Return address and file of every picture of the pages."""
    return [(f"tutorial/figures/{path.name}", path) for path in sorted(_KEPT.glob("*.png"))]


def write_page(notebook: NotebookNode, stem: str) -> str:
    """Write an executed notebook as Markdown; its pictures go beside the kept notebooks."""
    parts: list[str] = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            parts.append(_write_output(output, f"{stem}_{number}"))
    told = f"*This page is the notebook `notebooks/{stem}.ipynb`, as it runs; `make lab` opens it.*"
    return "\n\n".join([*parts, told]) + "\n"


def _write_output(output: NotebookNode, name: str) -> str:
    if output.output_type == "stream":
        return _write_text(output.text)
    if "image/png" in output.data:
        (_KEPT / f"{name}.png").write_bytes(base64.b64decode(output.data["image/png"]))
        says = escape(" ".join(output.data.get("text/plain", "").split()))
        width = output.metadata.get("image/png", {}).get("width", "")
        return f'<img src="figures/{name}.png" alt="{says}" width="{width}">'
    if "text/html" in output.data:
        return f'<div class="po-output">\n{_tidy(output.data["text/html"])}\n</div>'
    return _write_text(output.data.get("text/plain", ""))


def _write_text(text: str) -> str:
    return f'<pre class="po-text">{escape(text.rstrip())}</pre>' if text.strip() else ""


def _tidy(html: str) -> str:
    """Leave the look to the site, and headings to the page."""
    html = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    html = re.sub(r"<h4>(.*?)</h4>", r'<p class="po-title">\1</p>', html, flags=re.DOTALL)
    html = html.replace("<th></th>", "<td></td>")
    return re.sub(r' (border="\w+"|style="[^"]*")', "", html)


async def execute(path: Path, folder: Path) -> NotebookNode:
    """Run a notebook in a folder beside the data, keep it with what it shows, and return it.

    Parameters
    ----------
    path : pathlib.Path
        The notebook, without outputs.
    folder : pathlib.Path
        Where it runs; the made-up data are in `../data`.

    Returns
    -------
    nbformat.NotebookNode
        The notebook with its outputs, as it stands in build/notebooks.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(_SETTING))
    await NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--Application.log_level=ERROR"],
    ).async_execute()
    del notebook.cells[0]
    _KEPT.mkdir(parents=True, exist_ok=True)
    for old in _KEPT.glob(f"{path.stem}_*.png"):
        old.unlink()
    nbformat.write(notebook, _KEPT / path.name)
    _note_of(path).write()
    return notebook


async def _execute_changed(root: Path) -> None:
    """Run what is not kept yet, two at a time."""
    paths = [path for path in _list_notebooks(root) if not _is_kept(path)]
    room = asyncio.Semaphore(_AT_A_TIME)
    with tempfile.TemporaryDirectory() as beside:
        shutil.copytree(root / "data", Path(beside, "data"))
        folder = Path(beside, "notebooks")
        folder.mkdir()

        async def take_turns(path: Path) -> None:
            async with room:
                await execute(path, folder)

        await asyncio.gather(*(take_turns(path) for path in paths))


def _is_kept(path: Path) -> bool:
    return _note_of(path).holds(_KEPT / path.name)


def _note_of(path: Path) -> fingerprints.Note:
    made_from = fingerprints.digest_source(_ROOT) + _SETTING + path.read_text(encoding="utf-8")
    return fingerprints.Note(_KEPT / f"{path.stem}.key", made_from)


def _list_notebooks(root: Path) -> list[Path]:
    return sorted((root / "notebooks").glob("*.ipynb"))
