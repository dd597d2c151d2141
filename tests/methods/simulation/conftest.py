"""The small place and people of the unit tests of care, for the tests of its methods."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def region() -> ModuleType:
    """Return the module care_region of the unit tests."""
    file = Path(__file__).resolve().parents[2] / "unit/simulation/care/care_region.py"
    spec = importlib.util.spec_from_file_location("care_region", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
