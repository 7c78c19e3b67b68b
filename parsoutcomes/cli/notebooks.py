"""The notebooks that come with the package, put where somebody can run and change them."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import click

from parsoutcomes.cli.display import show_lines, show_path
from parsoutcomes.errors import ArgumentError, SourceError
from parsoutcomes.wording import format_count


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def notebooks(folder: Path) -> None:
    """Put the nine notebooks and the made-up clinic they read into a folder of yours.

    DIR is made if new. Nothing in it is overwritten: what you changed stays yours.
    """
    copies = copy_notebooks(folder)
    show_lines(f"{format_count(len(copies), 'file', 'files')} written.")
    show_path(folder / "notebooks", before="The notebooks are in ")
    if find_spec("jupyterlab") is None:
        show_lines('First: pip install "parsoutcomes[notebooks]" (JupyterLab is not installed).')
    show_path(Path(f'"{folder}"' if " " in str(folder) else folder), before="Next: jupyter lab ")


def copy_notebooks(folder: Path) -> tuple[Path, ...]:
    """Copy the notebooks and all that they read into a folder, at paths that fit each other.

    Parameters
    ----------
    folder : pathlib.Path
        Made when it does not exist.

    Returns
    -------
    tuple of pathlib.Path
        The files written: the notebooks in `notebooks/`, the clinic's log in `data/`, the measured
        coverage in `reports/`.

    Raises
    ------
    ArgumentError
        When one of the files is there already; then nothing is written.
    SourceError
        When this installation came without the notebooks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     copy_notebooks(Path(folder))[0].name
    '01_first_look.ipynb'
    """
    copies = {folder / place: original for place, original in _originals().items()}
    there = sum(place.exists() for place in copies)
    if there:
        raise ArgumentError(
            "The notebooks are not written, since files would be overwritten.",
            expected="a new folder, or one that holds none of them",
            found=f"{there} of {len(copies)} files there already",
            fix="Name another folder, or move away what is there.",
        )
    for place, original in copies.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, place)
    return tuple(copies)


def _originals() -> dict[str, Path]:
    """Return where each file comes from, by the place that the notebooks look for it."""
    from parsoutcomes.synthetic.demo import demo_workbook

    package = Path(__file__).parents[1]
    # In an installed package beside its modules; in a checkout beside the package.
    base = next((p for p in (package / "_notebooks", package.parent) if _holds(p)), None)
    if base is None:
        raise SourceError(
            "The notebooks did not come with this installation.",
            expected="an installation from the wheel or from the repository",
            found="no notebook beside the package",
            fix="Install parsoutcomes anew.",
        )
    found = {
        f"notebooks/{path.name}": path for path in sorted((base / "notebooks").glob("*.ipynb"))
    }
    coverage = "reports/validation/union_coverage.txt"
    return found | {
        "data/synthetic/clinic/clinic_log.xlsx": demo_workbook(),
        coverage: base / coverage,
    }


def _holds(base: Path) -> bool:
    return (base / "notebooks" / "01_first_look.ipynb").is_file()
