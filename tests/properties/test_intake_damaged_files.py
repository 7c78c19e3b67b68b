"""A sample of damaged files: each loads or is refused in words; the benchmark runs more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from fuzz_intake import damaged_file, outcome_of

# The directory of these old workbooks once made their reader ask for all the memory there is.
ONCE_KILLED = (121, 511, 842, 1266)
# A cell of 40,000 letters among the first rows once kept the search for a header busy.
ONCE_HUNG = (76,)


@pytest.mark.parametrize("number", [*range(40), *range(5000, 5040), *ONCE_KILLED, *ONCE_HUNG])
def test_a_damaged_file_loads_or_is_refused_in_words(number: int, tmp_path: Path) -> None:
    name, content = damaged_file(number)
    (tmp_path / name).write_bytes(content)
    outcome = outcome_of(tmp_path / name)
    assert outcome == "loaded" or outcome.startswith("refused: ")
