"""What goes wrong becomes four lines on the error stream, never a traceback."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from parsoutcomes import __version__
from parsoutcomes.errors import ParsOutcomesError

PROGRAMME: Final = "parsoutcomes"
EXIT_OWN_FAULT: Final = 1
EXIT_BAD_INPUT: Final = 2
EXIT_STOPPED: Final = 130

_PACKAGE_FOLDER: Final = Path(__file__).parents[1]


def run_guarded(command: click.Command, arguments: Sequence[str] | None) -> int:
    """Run `command` and return its exit code; failures are told in four lines.

    Parameters
    ----------
    command : click.Command
        What to run.
    arguments : sequence of str or None
        None: what was typed.

    Returns
    -------
    int
        0, 1 (own fault), 2 (input or option not usable) or 130 (stopped).
    """
    _replace_what_cannot_be_shown()
    given = None if arguments is None else list(arguments)
    try:
        outcome = command.main(args=given, prog_name=PROGRAMME, standalone_mode=False)
    except BrokenPipeError:
        return _close_quietly()
    except (Exception, KeyboardInterrupt) as error:
        message, exit_code = describe_failure(error)
        click.echo(message, err=True)
        return exit_code
    return outcome if isinstance(outcome, int) else 0


def describe_failure(error: BaseException) -> tuple[str, int]:
    """Return what to tell of an error, and the exit code that goes with it."""
    if isinstance(error, ParsOutcomesError):
        return str(error), EXIT_BAD_INPUT
    if isinstance(error, click.ClickException):
        return describe_usage_error(error), EXIT_BAD_INPUT
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return "Stopped before the end; what was written so far is incomplete.", EXIT_STOPPED
    if isinstance(error, OSError):
        return describe_system_error(error), EXIT_BAD_INPUT
    return describe_own_fault(error), EXIT_OWN_FAULT


def describe_usage_error(error: click.ClickException) -> str:
    """Return the four lines for a command that was not typed as it takes it."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = f"{PROGRAMME} COMMAND" if context is None else _usage(context)
    path = PROGRAMME if context is None else context.command_path
    return _four_lines(
        "The command was not understood.",
        expected=usage,
        found=error.format_message().rstrip(".").replace("\n", " "),
        fix=f"See what it takes with: {path} --help",
    )


def describe_system_error(error: OSError) -> str:
    """Return the four lines for a file that the system does not let us read or write."""
    name = "" if error.filename is None else f" ({Path(str(error.filename)).name})"
    return _four_lines(
        "A file or folder cannot be read or written.",
        expected="files and folders that this account may use, and that no other program locks",
        found=f"the system says: {error.strerror or type(error).__name__}{name}",
        fix="Close the file in other programs, check the path, or choose another folder.",
    )


def describe_own_fault(error: BaseException) -> str:
    """Return the four lines for an error that should not happen: its kind and place, no value."""
    return _four_lines(
        "parsoutcomes stopped because of a fault of its own; no result should be used.",
        expected="every input either gives a result or a message that says what to correct",
        found=f"an error of type {type(error).__name__}{_place(error)}; its text is not shown, "
        "since it could hold a value of a patient",
        fix="Report this message with the command and version "
        f"({PROGRAMME} {__version__}, Python {sys.version_info.major}.{sys.version_info.minor}) "
        "to whoever maintains it. Do not send the records.",
    )


def _four_lines(wrong: str, *, expected: str, found: str, fix: str) -> str:
    return str(ParsOutcomesError(wrong, expected=expected, found=found, fix=fix))


def _usage(context: click.Context) -> str:
    pieces = context.command.collect_usage_pieces(context)
    return " ".join([context.command_path, *pieces])


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _PACKAGE_FOLDER in Path(frame.filename).parents]
    if not own:
        return ""
    module = Path(own[-1].filename).relative_to(_PACKAGE_FOLDER).with_suffix("").as_posix()
    return f" in {module}, line {own[-1].lineno}"


def _close_quietly() -> int:
    """Leave without noise when the reader of our output, such as a pager, has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _replace_what_cannot_be_shown() -> None:
    """Show a question mark for a character that an old code page lacks, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
