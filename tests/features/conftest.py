from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest

HERE = Path(__file__).parent


def _load(path: Path) -> ModuleType:
    """Import a helper by its path: `--import-mode=importlib` puts no folder on the search path."""
    if path.stem in sys.modules:
        return sys.modules[path.stem]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


for _path in (HERE.parent / "golden" / "signals.py", HERE.parent / "golden" / "vectors.py"):
    _load(_path)
for _name in ("tables", "reference"):
    _load(HERE / f"{_name}.py")


@pytest.fixture(scope="session")
def speech(data: Path) -> list[npt.NDArray[np.int16]]:
    """Real recordings: a few of each speaker of EmoDB."""
    import soundfile

    return [soundfile.read(path, dtype="int16")[0] for path in sorted((data / "emodb").glob("*.flac"))[::30]]


@pytest.fixture(autouse=True)
def no_numeric_warning() -> Iterator[None]:
    """Overflow, division by zero and invalid values raise in every test of this folder."""
    with np.errstate(all="raise"):
        yield
