"""What the tests of figures share: small frames, what is written in axes, and whether it fits."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes

NAN = math.nan
MONTH = 30.4375
COUNTS = {"conf_level": 0.95, "n_patients": 10, "n_defects": 14, "n_events": 8}
LOCK = pd.Timestamp("2026-09-30")
ABOUT = {"method": "m", "unit": "defect", "definition": "complete"}


def frame_of(rows: list[tuple[object, ...]], *names: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(names))


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text().strip() for text in ax.texts if text.get_text().strip()]


def assert_all_inside(ax: Axes) -> None:
    ax.figure.canvas.draw()
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    for text in ax.texts:
        box = text.get_window_extent()
        assert min(box.x0, box.y0) >= 0, text.get_text()
        assert box.x1 <= width, text.get_text()
        assert box.y1 <= height, text.get_text()
