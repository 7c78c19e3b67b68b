"""Shares and ratios that may be published: rounded, or withheld, and nothing behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass

WITHHELD = "withheld"


@dataclass(frozen=True, kw_only=True)
class PublishedShare:
    """A share in whole per cent, or a ratio to two decimals, with its interval.

    Attributes
    ----------
    id : str
        As in `numbers.csv`.
    label : str
        Of whom.
    whole : str
        The rounded number it is a share of, or "withheld".
    text : str
        Estimate and interval as a reader sees them; "withheld"; or how high it is at least.
    estimate, conf_low, conf_high : float
        In whole per cent, or as a ratio; NaN when withheld.
    """

    id: str
    label: str
    whole: str
    text: str
    estimate: float = math.nan
    conf_low: float = math.nan
    conf_high: float = math.nan

    @property
    def is_given(self) -> bool:
        """Whether there is an estimate to draw."""
        return math.isfinite(self.estimate)


@dataclass(frozen=True, kw_only=True)
class PublishedShares:
    """Shares drawn together.

    Attributes
    ----------
    title, subtitle : str
        The finding; measure, unit and period.
    blocks : tuple
        Heading and shares of each block.
    """

    title: str
    subtitle: str
    blocks: tuple[tuple[str, tuple[PublishedShare, ...]], ...]

    @property
    def shares(self) -> tuple[PublishedShare, ...]:
        """All shares in order."""
        return tuple(share for _, shares in self.blocks for share in shares)
