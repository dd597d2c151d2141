"""The classes that a local session loads, kept as Java has parsed them: a third less CPU for a short run.

Java's own class data sharing (JEP 350). The archive stands in the Python environment, is made by `icspark setup`, and
is named after the Java and the jars that it was made with, so another Java or jar finds none and goes without.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from icspark import packages

MADE_IN_SECONDS = 300


def archive() -> Path:
    """Return where the archive for this Java and these jars stands, whether it is there or not."""
    java = Path(packages.java()).resolve()
    jars = [*sorted(packages.spark_jars_folder().glob("*.jar")), *packages.jars()]
    name = "\n".join([str(java), str(java.stat().st_mtime_ns), *map(str, jars)])
    return Path(sys.prefix) / "share" / "icspark" / f"classes-{sha256(name.encode()).hexdigest()[:16]}.jsa"


def options() -> list[str]:
    """Return what a local JVM is told: to use the archive, and to go without it in silence where it does not fit."""
    found = archive()
    return [shlex.quote(f"-XX:SharedArchiveFile={found}"), "-Xshare:auto", "-Xlog:cds=off"] if found.is_file() else []


def make(report: Callable[[str], None]) -> None:
    """Make the archive where there is none, by a session that does what jobs do; others of this place are removed.

    A place that cannot be written, or a Java that keeps no archive, is one line and no error.
    """
    wanted, start = archive(), time.monotonic()
    if wanted.is_file():
        report("archive of Java's classes: there already")
        return
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        for old in wanted.parent.glob("classes-*"):
            old.unlink()
        arriving = wanted.with_suffix(".part")
        command = [sys.executable, "-m", "icspark.classes_at_work", str(arriving)]
        subprocess.run(command, check=True, capture_output=True, timeout=MADE_IN_SECONDS)
        arriving.rename(wanted)
    except (OSError, subprocess.SubprocessError) as error:
        report(f"archive of Java's classes: not made ({type(error).__name__}); sessions start without it")
        return
    report(f"archive of Java's classes: {wanted.stat().st_size / 1e6:.0f} MB in {time.monotonic() - start:.0f} s")
