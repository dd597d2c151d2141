"""The one door: what a job reads, writes, and leaves in the run record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar, cast

from pyspark.sql import DataFrame, SparkSession

from icspark.config import Environment, JobConfig, Source
from icspark.errors import IcsparkError, PlanError, QualityError
from icspark.fingerprint import files_of
from icspark.plan import JobModule
from icspark.quality.checks import Checked
from icspark.record import Output
from icspark.storage import Replacing, Tables
from icspark.tables.table import Table

C = TypeVar("C", bound=JobConfig)


class Job(Generic[C]):
    """A job's only way to tables, files and folders. Undeclared names are errors; all that passes is noted."""

    def __init__(self, module: JobModule, environment: Environment, tables: Tables, run: dict[str, str]) -> None:
        """Open the door for one run of one job; `run` holds what identifies the run, as pages show it."""
        self.module, self.environment, self.tables, self.run = module, environment, tables, run
        self.config = cast(C, environment.sections[module.name])
        self.spark: SparkSession = tables.spark
        self.outputs: list[Output] = []
        self.notes: dict[str, float] = {}
        self.inputs: dict[str, str] = {}

    def read(self, table: type[Table], *, at: int | None = None) -> DataFrame:
        """Return a declared table, its schema checked, at its newest version or at version `at`."""
        if table not in self.module.reads:
            raise self._undeclared(table.name(), "READS")
        version = at if at is not None else self.tables.version(table)
        self.inputs[table.name()] = str(version)
        return self.tables.read(table, version=version)

    def read_if_present(self, table: type[Table], *, at: int | None = None) -> DataFrame | None:
        """Return a table of READS_IF_PRESENT as `read` does, or None where no job has written it."""
        if table not in self.module.reads_if_present:
            raise self._undeclared(table.name(), "READS_IF_PRESENT")
        version = self.tables.version(table)
        version = at if at is not None and version is not None else version
        self.inputs[table.name()] = str(version)
        return None if version is None else self.tables.read(table, version=version)

    def version_read(self, table: type[Table]) -> int:
        """Return the version of a table that this run has read: what a result says that it was made from."""
        return int(self.inputs[table.name()])

    def write(self, table: type[Table], frame: DataFrame | Checked, *, replacing: Replacing = ()) -> None:
        """Publish a declared table in one commit, checked on the way out.

        A Checked frame writes its rejected half first, stops where its ceiling is passed, and must conserve rows:
        accepted + rejected = read. `replacing` (partition columns) leaves other values of those columns alone; with
        a value for each, as a Checked frame needs it, that value is replaced even where a half brings no row of it.
        """
        if table not in self.module.writes:
            raise self._undeclared(table.name(), "WRITES")
        output = Output(table.name(), self.tables.location(table), schema_hash=table.schema_hash())
        if isinstance(frame, Checked):
            self._write_both(table, frame, output, replacing)
        else:
            output.rows = self._publish(table, frame, replacing)
        output.version = self.tables.version(table)
        self.outputs.append(output)

    def _write_both(self, table: type[Table], checked: Checked, output: Output, replacing: Replacing) -> None:
        checked.judged.persist()  # read twice: once for each half
        try:
            self._write_rejected(table, checked, output, replacing)
            output.rows = self._publish(table, checked.accepted, replacing, keys_are_unique=True)
        finally:
            checked.judged.unpersist()
        if output.rows + (output.rejected or 0) != output.read:
            raise QualityError(
                "rows were lost or made",
                where=table.name(),
                expected=f"{output.read} read",
                found=f"{output.rows} accepted and {output.rejected} rejected",
                mend="this is a defect of the reader: report it; the version before is still there",
            )

    def _write_rejected(self, table: type[Table], checked: Checked, output: Output, replacing: Replacing) -> None:
        rejected = table.rejected()
        lost = self._publish(rejected, checked.rejected, replacing)
        counts = checked.numbers()
        output.read, output.rejected = counts["read"], counts["rejected_rows"]
        output.rejected_by_rule = {code: counts[code] for code in checked.rule_codes if counts[code]}
        for key, number in checked.notes().items():
            self.note(f"{table.name()}.{key}", number)
        location, version = self.tables.location(rejected), self.tables.version(rejected)
        self.outputs.append(Output(rejected.name(), location, version, rejected.schema_hash(), lost))
        if output.read == 0:
            mend = "give the whole file; the version before is unchanged"
            raise QualityError("the source holds no rows", where=table.name(), mend=mend)
        checked.stop_above_ceiling()

    def _publish(
        self, table: type[Table], frame: DataFrame, replacing: Replacing = (), *, keys_are_unique: bool = False
    ) -> int:
        return self.tables.write(
            table,
            frame,
            replacing=replacing,
            run_id=self.run["run_id"],
            properties=self._properties(),
            keys_are_unique=keys_are_unique,
        )

    def _properties(self) -> dict[str, str]:
        return {"icspark.simulated": str(self.environment.is_simulated).lower()}

    def keep(self, *tables: type[Table]) -> None:
        """Leave declared tables as they are, for want of what they are made from; one that is absent is made empty."""
        for table in tables:
            if table not in self.module.writes:
                raise self._undeclared(table.name(), "WRITES")
            output = Output(table.name(), self.tables.location(table), schema_hash=table.schema_hash())
            if self.tables.version(table) is None:
                self.tables.make_empty(table, properties=self._properties())
                output.rows = 0
            output.version = self.tables.version(table)
            self.outputs.append(output)

    def source_if_present(self, name: str) -> Source | None:
        """Return a source of FILES_IF_PRESENT, its files seen to be there; None where it is not configured."""
        if name not in self.module.files_if_present:
            raise self._undeclared(name, "FILES_IF_PRESENT")
        source = self.environment.sources.get(name)
        return None if source is None else source.existing(name)

    def source(self, name: str) -> Source:
        """Return a declared source of the configuration, its files seen to be there."""
        if name not in self.module.files:
            raise self._undeclared(name, "FILES")
        if name not in self.environment.sources:
            raise PlanError(
                "the configuration has no such source", where=f"sources.{name}", mend="add it with its `path`"
            )
        return self.environment.sources[name].existing(name)

    def folder(self, name: str) -> Path:
        """Return a declared folder for pages, pictures and other files, made if it is not there."""
        if name not in self.module.folders:
            raise self._undeclared(name, "FOLDERS")
        folder = Path(self.environment.storage.pages) / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def note(self, key: str, number: float) -> None:
        """Keep a number in the run record: a total, never a person's value."""
        self.notes[key] = float(number)

    def finished_outputs(self) -> list[Output]:
        """Return every output, declared folders included, whose files' hashes are kept with the inputs."""
        folders = []
        for name in self.module.folders:
            folder = Path(self.environment.storage.pages) / name
            for file in files_of([folder]):
                with file.open("rb") as stream:
                    content = hashlib.file_digest(stream, "sha256").hexdigest()
                self.inputs[f"written:{name}/{file.relative_to(folder)}"] = content
            folders.append(Output(name, str(folder)))
        missing = {t.name() for t in self.module.writes} - {o.name for o in self.outputs}
        if missing:
            raise IcsparkError(
                "the job ended without writing all that it declares", where=self.module.name, found=_listed(missing)
            )
        return self.outputs + folders

    def _undeclared(self, name: str, where: str) -> PlanError:
        return PlanError(
            f"the job does not declare {name}",
            where=self.module.name,
            mend=f"add it to {where} in jobs/{self.module.name}.py",
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
