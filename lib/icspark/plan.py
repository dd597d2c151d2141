"""The jobs there are, and the order that follows from what they read and write."""

from __future__ import annotations

import graphlib
import importlib
import pkgutil
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import icspark.jobs
from icspark.config import Environment, JobConfig
from icspark.errors import PlanError, nearest
from icspark.tables.run_record import RunRecord
from icspark.tables.table import Table


@dataclass(frozen=True)
class JobModule:
    """A job as its module declares it."""

    name: str
    sentence: str
    reads: tuple[type[Table], ...]
    reads_if_present: tuple[type[Table], ...]
    writes: tuple[type[Table], ...]
    files: tuple[str, ...]
    folders: tuple[str, ...]
    config: type[JobConfig]
    run: Callable[[Any], None]
    files_if_present: tuple[str, ...] = ()
    needs_one_of: tuple[type[Table], ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the names of all the sources that it may read."""
        return (*self.files, *self.files_if_present)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of all that it makes: tables, their rejected halves, folders."""
        return (*(t.name() for t in self.writes), *(t.rejected().name() for t in self.writes), *self.folders)


def described(module: ModuleType) -> JobModule:
    """Return the job that a module declares."""
    return JobModule(
        name=module.__name__.rsplit(".", 1)[-1],
        sentence=(module.__doc__ or "").strip().split("\n")[0],
        reads=getattr(module, "READS", ()),
        reads_if_present=getattr(module, "READS_IF_PRESENT", ()),
        writes=getattr(module, "WRITES", ()),
        files=getattr(module, "FILES", ()),
        folders=getattr(module, "FOLDERS", ()),
        config=getattr(module, "Config", JobConfig),
        run=module.run,
        files_if_present=getattr(module, "FILES_IF_PRESENT", ()),
        needs_one_of=getattr(module, "NEEDS_ONE_OF", ()),
    )


@cache
def names() -> tuple[str, ...]:
    """Return the names of all jobs, in order, without importing any."""
    found = pkgutil.iter_modules(icspark.jobs.__path__)
    return tuple(sorted(info.name for info in found if not info.name.startswith("_")))


@cache
def jobs() -> dict[str, JobModule]:
    """Return every job of the suite by name, found by listing the package `icspark.jobs`.

    A job that may not read what it declares is a PlanError.
    """
    known = {name: job_named(name) for name in names()}
    require_only_checks_read_truth(known)
    return known


def require_only_checks_read_truth(known: Mapping[str, JobModule]) -> None:
    """Raise PlanError where a job not called `check_...` reads what was planted in a simulated region."""
    for job in known.values():
        read = [table.name() for table in (*job.reads, *job.reads_if_present) if is_truth(table)]
        if read and not job.name.startswith("check_"):
            raise PlanError(
                f"the job reads {', '.join(read)}, which only jobs called check_... may",
                where=job.name,
                mend="let a check job write what it found into a table, and read that",
            )


def is_truth(table: type[Table]) -> bool:
    """Return whether a table holds the truth of a simulated region (`truth`, `truth_...`)."""
    return table.name().split("_")[0] == "truth"


def job_named(name: str) -> JobModule:
    """Return a job by name, importing no other; an unknown name is a PlanError with the nearest known one."""
    if name not in names():
        raise PlanError(f"no job is called {name}. {nearest(name, names())}".strip(), mend="see `icspark jobs`")
    return described(importlib.import_module(f"icspark.jobs.{name}"))


def tables() -> dict[str, type[Table]]:
    """Return every table that some job writes or reads, by name, and the run record."""
    known = {t.name(): t for job in jobs().values() for t in (*job.writes, *job.reads, *job.reads_if_present)}
    known |= {t.rejected().name(): t.rejected() for job in jobs().values() for t in job.writes if job.sources}
    return dict(sorted((known | {RunRecord.name(): RunRecord}).items()))


def table_named(name: str) -> type[Table]:
    """Return a table class by table name; an unknown name is a PlanError with the nearest known one."""
    if name not in tables():
        raise PlanError(f"no table is called {name}. {nearest(name, tables())}".strip(), mend="see `icspark tables`")
    return tables()[name]


def writers(known: Mapping[str, JobModule]) -> dict[str, str]:
    """Return the job that makes each output; two jobs for one output are a PlanError."""
    made: dict[str, str] = {}
    for job in known.values():
        for output in job.outputs:
            if output in made:
                raise PlanError(
                    f"two jobs write {output}: {made[output]} and {job.name}",
                    mend="let one of them write another table",
                )
            made[output] = job.name
    return made


def needs(job: JobModule, known: Mapping[str, JobModule], environment: Environment | None = None) -> set[str]:
    """Return the names of the jobs that must come before: writers of what it reads, makers of its files' folders."""
    made = writers(known)
    read = [t.name() for t in (*job.reads, *job.reads_if_present)]
    if environment is not None:
        read += [s.folder for f in job.sources if (s := environment.sources.get(f)) is not None and s.folder]
    return {made[name] for name in read if name in made and made[name] != job.name}


def ordered(known: Mapping[str, JobModule], environment: Environment | None = None) -> list[str]:
    """Return the jobs in an order in which each comes after what it needs, alphabetical where free.

    A cycle is a PlanError that names it.
    """
    sorter = graphlib.TopologicalSorter(
        {name: sorted(needs(job, known, environment)) for name, job in sorted(known.items())}
    )
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise PlanError(
            f"the jobs need each other in a circle: {' -> '.join(error.args[1])}", mend="break it by a table"
        ) from None
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def with_ancestors(
    names: Iterable[str], known: Mapping[str, JobModule], environment: Environment, *, left_out: Container[str] = ()
) -> set[str]:
    """Return the named jobs and every job that they need, at any distance.

    Of the others those of `left_out` do not come along, nor what only they need.
    """
    found = set(names)
    waiting = list(found)
    while waiting:
        needed = needs(known[waiting.pop()], known, environment)
        new = {name for name in needed - found if name not in left_out}
        found |= new
        waiting += new
    return found


def missing_inputs(
    known: Mapping[str, JobModule], environment: Environment, exists: Callable[[type[Table]], bool]
) -> dict[str, list[str]]:
    """Return, for each job that cannot run under this configuration, what is missing: sources, files, tables.

    A table counts as met where a runnable job writes it, or where it is there already; of the tables of NEEDS_ONE_OF
    (which stand in READS_IF_PRESENT too) one is enough. Sources of FILES_IF_PRESENT may be absent from the
    configuration, but not all of them where a job has nothing else to read. What writes the truth of a simulated region
    has no place in an environment of real records, and comes along with none of its jobs.
    """
    made, missing = writers(known), dict[str, list[str]]()

    def is_met(table: type[Table]) -> bool:
        return exists(table) or not (made.get(table.name()) is None or made[table.name()] in missing)

    for name in ordered(known, environment):
        job = known[name]
        lacks = [f"source {file} (not in the configuration)" for file in job.files if file not in environment.sources]
        if any(map(is_truth, job.writes)) and not environment.is_simulated:
            lacks.append("simulated environment (is_simulated is false in the configuration)")
        lacks += [
            f"source {file} (no file {path})"
            for file in job.sources
            if (source := environment.sources.get(file)) is not None and not source.folder
            for path in source.paths
            if not path.exists()
        ]
        if not (job.files or job.reads or set(job.files_if_present) & set(environment.sources)):
            lacks += [f"any of the sources {', '.join(job.files_if_present)}"] if job.files_if_present else []
        lacks += [f"table {table.name()}" for table in job.reads if not is_met(table)]
        if job.needs_one_of and not any(map(is_met, job.needs_one_of)):
            lacks.append(f"one of the tables {', '.join(table.name() for table in job.needs_one_of)}")
        if lacks:
            missing[name] = lacks
    return missing
