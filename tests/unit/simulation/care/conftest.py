"""The small place and people, for every test of care."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def region() -> ModuleType:
    """Return the module care_region, which stands beside this file."""
    spec = importlib.util.spec_from_file_location("care_region", Path(__file__).parent / "care_region.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
