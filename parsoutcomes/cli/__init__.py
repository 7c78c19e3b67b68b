"""The command line: the same verbs and the same option names as in Python."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: what was typed after ``parsoutcomes``.

    Raises
    ------
    SystemExit
        0 when all went well, 2 when the input or an option is not usable, 1 for a fault of the
        package itself, 130 when stopped from the keyboard.
    """
    from parsoutcomes.cli.commands import commands
    from parsoutcomes.cli.failures import run_guarded

    sys.exit(run_guarded(commands, arguments))
