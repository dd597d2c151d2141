"""Run a plan: each job in order, skipped where nothing has changed, recorded however it ends."""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pyspark.sql import functions as F

from icspark import plan
from icspark.config import Environment
from icspark.errors import IcsparkError
from icspark.fingerprint import digest, source_hash
from icspark.guard import spark_problem, translated
from icspark.job import Job
from icspark.plan import JobModule
from icspark.record import Ending, Output, append, identity, new_run_id
from icspark.storage import Tables
from icspark.tables.run_record import RunRecord

Outcome = Literal["done", "skipped", "failed", "not run"]


@dataclass(frozen=True)
class Step:
    """How one job of a run ended."""

    job: str
    outcome: Outcome
    why: str = ""
    seconds: float = 0.0
    outputs: tuple[Output, ...] = ()
    error: BaseException | None = None


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for: the jobs, whether what they need comes too, and which are run even if unchanged."""

    jobs: tuple[str, ...]
    forced: frozenset[str] = frozenset()


@dataclass
class Runner:
    """One run of some jobs in one session: `report` hears of each job as it starts and as it ends."""

    environment: Environment
    tables: Tables
    known: Mapping[str, JobModule]
    report: Callable[[str, Step | None], None] = lambda *_: None
    run_id: str = field(default_factory=new_run_id)
    _last: dict[str, Any] | None = None

    def run(self, wanted: Wanted) -> list[Step]:
        """Run the wanted jobs in order. A failed job stops those that need it; the others go on."""
        steps: list[Step] = []
        stopped: set[str] = set()
        for name in plan.ordered(self.known, self.environment):
            if name in wanted.jobs:
                self.report(name, None)
                blocked = sorted(plan.needs(self.known[name], self.known, self.environment) & stopped)
                step = (
                    Step(name, "not run", f"needs {', '.join(blocked)}")
                    if blocked
                    else self._step(name, name in wanted.forced)
                )
                if step.outcome in ("failed", "not run"):
                    stopped.add(name)
                steps.append(step)
                self.report(name, step)
        return steps

    def _step(self, name: str, forced: bool) -> Step:
        module, started = self.known[name], datetime.now(UTC)
        job: Job[Any] = Job(module, self.environment, self.tables, identity(self.environment, self.run_id, started))
        try:
            fingerprint, inputs = self.fingerprint(module)
            why = self.why(module, fingerprint) if not forced else "forced"
            if not why:
                return Step(name, "skipped", "nothing has changed")
            module.run(job)
            outputs = job.finished_outputs()
            seconds = (datetime.now(UTC) - started).total_seconds()
            self._record(job, Ending(name, outputs, started, inputs=inputs, fingerprint=fingerprint))
            return Step(name, "done", why, seconds, tuple(outputs))
        except Exception as error:  # noqa: BLE001 - whatever a job raises is recorded, and the others go on
            problem = error if isinstance(error, IcsparkError) else spark_problem(error, name)
            if problem is not error:
                problem.__cause__ = error
            seconds = (datetime.now(UTC) - started).total_seconds()
            unsaid = self._record_failure(job, started, problem)
            return Step(name, "failed", f"{problem}{unsaid}", seconds, error=problem)

    def _record_failure(self, job: Job[Any], started: datetime, problem: IcsparkError) -> str:
        written = {output.name for output in job.outputs}
        declared = [t.name() for t in job.module.writes] + list(job.module.folders)
        try:
            unwritten = [Output(name, "") for name in declared if name not in written]
            self._record(job, Ending(job.module.name, job.outputs + unwritten, started, error=problem))
        except Exception as error:  # noqa: BLE001 - the place of the record itself may be what is broken
            return f" The run record could not be written either: {translated(error, RunRecord)}"
        return ""

    def fingerprint(self, module: JobModule) -> tuple[str, dict[str, str]]:
        """Return the SHA-256 of all that decides a job's result, and the inputs in it by name."""
        environment = self.environment
        read = (*module.reads, *module.reads_if_present)
        inputs = {table.name(): str(self.tables.version(table)) for table in read}
        sources = {
            name: environment.sources[name].existing(name) for name in module.sources if name in environment.sources
        }
        inputs |= {name: digest(source.files) for name, source in sources.items()}
        region = environment.region
        if region and region.areas and Path(region.areas).exists():
            inputs["region"] = digest([Path(region.areas)])
        decides = {
            "inputs": inputs,
            "section": environment.sections[module.name].model_dump(mode="json"),
            "sources": {name: source.model_dump(mode="json", exclude={"path"}) for name, source in sources.items()},
            "region": region.model_dump(mode="json", exclude={"areas"}) if region else None,
            "simulated": environment.is_simulated,
            "disclosure": environment.disclosure.model_dump(mode="json") if module.folders else None,
            "source": source_hash(),
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest(), inputs

    def why(self, module: JobModule, fingerprint: str) -> str:
        """Return why a job would run: an output is absent, or what decides its result has changed; empty if neither."""
        absent = [table.name() for table in module.writes if self.tables.version(table) is None]
        pages = Path(self.environment.storage.pages)
        absent += [name for name in module.folders if not (pages / name).is_dir()]
        if absent:
            return f"no {', '.join(absent)} yet"
        last = self._last_good().get(module.name)
        if last is None:
            return "no good run of it on record"
        return "" if last == fingerprint else "inputs, configuration or code have changed"

    def _last_good(self) -> dict[str, str]:
        if self._last is None:
            self._last = {}
            if self.tables.version(RunRecord) is not None:
                done = self.tables.read(RunRecord).filter(F.col(RunRecord.outcome) == "done")
                newest = done.groupBy(RunRecord.job_name).agg(
                    F.max_by(RunRecord.fingerprint, RunRecord.finished_at).alias("last")
                )
                self._last = {row[0]: row[1] for row in newest.collect()}  # one row a job
        return self._last

    def _record(self, job: Job[Any], ending: Ending) -> None:
        inputs, notes = {**ending.inputs, **job.inputs}, job.notes
        append(self.tables, job.run, replace(ending, inputs=inputs, notes=notes))
        if ending.error is None and self._last is not None:
            self._last[ending.name] = ending.fingerprint


def traceback_of(error: BaseException) -> str:
    """Return an error with its causes and traceback, for `--traceback` only."""
    return "".join(traceback.format_exception(error))
