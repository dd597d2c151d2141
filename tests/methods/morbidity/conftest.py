"""What the tests of methods share: people drawn from the planted network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def people() -> ModuleType:
    """Return the module planted_people, which stands beside this file."""
    spec = importlib.util.spec_from_file_location("planted_people", Path(__file__).parent / "planted_people.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
