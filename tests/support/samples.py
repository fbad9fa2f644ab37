"""Where the published samples with expected answers are, and the mark for tests that need them.

They are looked for in the folder named by `TOLLBOOK_SAMPLES`, else in `shared/samples` beside the repository. A test
that carries `@needs_samples` is skipped where neither exists.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


def samples_dir() -> Path | None:
    """The folder of the samples, or `None` where this machine has none."""
    named = os.environ.get("TOLLBOOK_SAMPLES")
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / "samples"
    return folder if folder.is_dir() else None


def needs_samples[**P, R](test: Callable[P, R]) -> Callable[P, R]:
    """Mark a test as reading the samples; skip it where there are none."""
    skip = pytest.mark.skipif(samples_dir() is None, reason="no samples on this machine (TOLLBOOK_SAMPLES)")
    return pytest.mark.samples(skip(test))
