"""The wheel holds every job and everything that the library reads beside its code."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that nothing is left in the repository."""
    copy = tmp_path_factory.mktemp("source")
    for folder in ("lib", "jobs"):
        shutil.copytree(root / folder, copy / folder, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for file in ("setup.py", "pyproject.toml", "LICENSE"):
        shutil.copy(root / file, copy / file)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_library_and_every_job(root: Path, wheel: Path) -> None:
    wanted = {f"icspark/jobs/{path.name}" for path in (root / "jobs").glob("*.py")} | {
        str(path.relative_to(root / "lib"))
        for path in (root / "lib" / "icspark").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()


@pytest.mark.slow
def test_the_jobs_are_found_in_an_installed_wheel(wheel: Path, root: Path, tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(tmp_path)]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], check=False, capture_output=True).returncode:
        zipfile.ZipFile(wheel).extractall(tmp_path)
    else:
        subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    listing = "import icspark.jobs, pkgutil; print(*(m.name for m in pkgutil.iter_modules(icspark.jobs.__path__)))"
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {listing}; print(icspark.__file__)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    names, file = told.stdout.splitlines()
    assert file.startswith(str(tmp_path))
    assert set(names.split()) == {path.stem for path in (root / "jobs").glob("*.py")} - {"__init__"}
