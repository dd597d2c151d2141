"""The made-up region and the made-up model, for every test of pages."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """Return the module sample_region, which stands beside this file."""
    return loaded("sample_region")


@pytest.fixture(scope="session")
def sample_model() -> ModuleType:
    """Return the module sample_model, which stands beside this file."""
    return loaded("sample_model")


def loaded(name: str) -> ModuleType:
    """Return a module that stands beside this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
