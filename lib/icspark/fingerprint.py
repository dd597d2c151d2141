"""Hashes that tell whether anything has changed: of files, of the installed source, of the checkout."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import icspark
import icspark.jobs


def digest(paths: Iterable[Path]) -> str:
    """Return the SHA-256 over the contents of files, in order; a folder counts as the data files in it."""
    total = hashlib.sha256()
    for path in files_of(paths):
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, those of a folder in order of their names, without what Spark writes beside data (`_`, `.`)."""
    for path in paths:
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.is_file() and file.name[0] not in "._")
        else:
            yield path


@cache
def source_hash() -> str:
    """Return the SHA-256 of the installed package's source: an edited function makes every job run again."""
    roots = [Path(p) for p in (*icspark.__path__, *icspark.jobs.__path__)]
    files = sorted({f for root in roots for f in root.rglob("*") if f.is_file() and "__pycache__" not in f.parts})
    return digest(files)


@cache
def git_commit() -> str | None:
    """Return the commit of the checkout that the package runs from, with `+` where it is edited; None outside one."""
    here = Path(icspark.__file__).parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True, timeout=5
        )
        dirty = subprocess.run(
            ["git", "status", "--porcelain", "--", "."], cwd=here, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return commit.stdout.strip() + ("+" if dirty.stdout.strip() else "")
