"""Progress in a notebook: one line that changes, and nothing elsewhere."""

from __future__ import annotations

import sys
from typing import Any, Final

from parsoutcomes.report.analyses import Progress

_CELLS: Final = 24


def notebook_progress() -> Progress | None:
    """Return what shows progress in a running notebook; None anywhere else.

    Returns
    -------
    callable or None
        Takes the name of a step, how many are done and how many there are.

    Examples
    --------
    >>> notebook_progress() is None
    True
    """
    # Asked of what runs already: a notebook is no requirement of a report.
    notebook = sys.modules.get("IPython")
    display = getattr(sys.modules.get("IPython.display"), "display", None)
    shell = notebook.get_ipython() if notebook is not None else None
    if display is None or type(shell).__name__ != "ZMQInteractiveShell":
        return None
    shown: Any = display(_line("", 0, 1), raw=True, display_id=True)
    return lambda step, done, total: shown.update(_line(step, done, total), raw=True)


def _line(step: str, done: int, total: int) -> dict[str, str]:
    filled = round(_CELLS * done / total)
    bar = "\N{FULL BLOCK}" * filled + "\N{LIGHT SHADE}" * (_CELLS - filled)
    return {"text/plain": f"Report {bar} {done} of {total}: {step}".rstrip(": ")}
