"""The command line: `icspark run | plan | jobs | tables | show | export | runs | config | setup | doctor`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table as Grid

from icspark import class_archive, leaving, packages, plan, session
from icspark import config as configuration
from icspark import doctor as doctors
from icspark.config import Environment
from icspark.config_keys import keys_of
from icspark.errors import IcsparkError, PlanError, nearest
from icspark.guard import spark_problem
from icspark.progress import Progress
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Step, Wanted, traceback_of
from icspark.storage import Tables

DEFAULT_CONFIGURATION = Path("conf/suffolk.yml")

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich", help=__doc__
)
console = Console(highlight=False)
problems = Console(stderr=True, highlight=False)

Conf = Annotated[
    Path, typer.Option("--conf", "-c", help="the YAML file that is the whole configuration of an environment")
]


@dataclass
class Options:
    """Options that come before the command."""

    traceback: bool = False


options = Options()


@app.callback()
def common(
    traceback: Annotated[
        bool, typer.Option("--traceback", help="show the whole error; it may hold values of rows")
    ] = False,
) -> None:
    """Batch jobs for the data teams of NHS Integrated Care Systems."""
    options.traceback = traceback
    logging.getLogger("SQLQueryContextLogger").disabled = True  # pyspark's own; it prints plans and values


@app.command()
def run(
    jobs: Annotated[
        list[str] | None, typer.Argument(help="jobs to run; what they need and is out of date comes along")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="every job whose files and tables can be had")] = False,
    conf: Conf = DEFAULT_CONFIGURATION,
    force: Annotated[
        bool, typer.Option("--force", help="run the named jobs (with --all: all) even if nothing changed")
    ] = False,
    only: Annotated[bool, typer.Option("--only", help="run just the named jobs, not what they need")] = False,
    if_possible: Annotated[
        bool, typer.Option("--if-possible", help="leave out a named job that lacks a file or table, as --all does")
    ] = False,
) -> None:
    """Run jobs in the order that follows from what they read and write."""
    environment, known, asked = _loaded(conf), plan.jobs(), _asked(jobs or [], every)
    with _tables(environment) as tables:
        missing = _missing(environment, tables)
        leaves_out = every or if_possible
        left_out = {name: lacks for name, lacks in missing.items() if leaves_out and name in asked}
        chosen = asked - left_out.keys()
        if not only:
            chosen = plan.with_ancestors(chosen, known, environment, left_out=missing)
        named = tuple(name for name in plan.ordered(known, environment) if name in chosen)
        runner = Runner(environment, tables, known)
        with Progress(console, tables.spark, len(named)) as progress:
            runner.report = progress
            steps = runner.run(Wanted(named, frozenset(asked if force else ())))
    for name, lacks in left_out.items():
        console.print(f"[yellow]-[/] [bold]{name:<32}[/]not run: no {escape('; no '.join(lacks))}")
    _summarise(steps, environment, runner.run_id)


def _asked(names: list[str], every: bool) -> set[str]:
    if not (every or names):
        raise PlanError("no job is named", mend="name a job (`icspark jobs`), or give --all")
    return set(plan.names()) if every else {plan.job_named(name).name for name in names}


def _missing(environment: Environment, tables: Tables) -> dict[str, list[str]]:
    return plan.missing_inputs(plan.jobs(), environment, lambda table: tables.version(table) is not None)


def _summarise(steps: list[Step], environment: Environment, run_id: str) -> None:
    if not steps:
        return
    counts = {
        outcome: sum(step.outcome == outcome for step in steps) for outcome in ("done", "skipped", "failed", "not run")
    }
    seconds = sum(step.seconds for step in steps)
    console.print(f"run {run_id}: {', '.join(f'{n} {outcome}' for outcome, n in counts.items() if n)}, {seconds:.0f} s")
    if counts["done"] or counts["skipped"]:
        storage = environment.storage
        console.print(f"tables: {storage.tables or f'{storage.catalog}.{storage.schema_name}'}", soft_wrap=True)
        for page in sorted(Path(storage.pages).rglob("*.html")):
            console.print(f"open:   {page}", soft_wrap=True)
    failed = next((step for step in steps if step.error is not None), None)
    if failed is not None and failed.error is not None:
        if options.traceback:
            problems.print(escape(traceback_of(failed.error)), soft_wrap=True)
        raise typer.Exit(failed.error.exit_code if isinstance(failed.error, IcsparkError) else 1)


@app.command("plan")
def show_plan(conf: Conf = DEFAULT_CONFIGURATION) -> None:
    """Show the order of the jobs, which would run, and why."""
    environment = _loaded(conf)
    known = plan.jobs()
    with _tables(environment) as tables:
        missing = _missing(environment, tables)
        runner, changed = Runner(environment, tables, known), set[str]()
        grid = _grid("", "job", "would", "why")
        for number, name in enumerate(plan.ordered(known, environment), 1):
            would, why = "be left out", "; ".join(missing.get(name, []))
            if name not in missing:
                upstream = sorted(plan.needs(known[name], known, environment) & changed)
                why = (
                    f"after {', '.join(upstream)}"
                    if upstream
                    else runner.why(known[name], runner.fingerprint(known[name])[0])
                )
                would = "run" if why else "be skipped"
                changed |= {name} if why else set()
            grid.add_row(str(number), name, would, escape(why or "nothing has changed"))
        console.print(grid)


@app.command("jobs")
def show_jobs() -> None:
    """List the jobs: what each does, reads and writes."""
    grid = _grid("job", "what it does", "reads", "writes")
    for job in plan.jobs().values():
        reads = [
            *(f"{name} (file)" for name in job.files),
            *(f"[{name} (file)]" for name in job.files_if_present),
            *(t.name() for t in job.reads),
            *(f"[{t.name()}]" for t in job.reads_if_present),
        ]
        writes = [*(t.name() for t in job.writes), *(f"{name}/" for name in job.folders)]
        grid.add_row(job.name, escape(job.sentence), escape(", ".join(reads)), ", ".join(writes))
    console.print(grid)


@app.command("tables")
def show_tables(conf: Conf = DEFAULT_CONFIGURATION) -> None:
    """List the tables: grain, rows, version, when written and by which run."""
    with _tables(_loaded(conf)) as tables:
        last = last_rows(read_record(tables))
        grid = _grid("table", "grain", "rows", "version", "written (UTC)", "run")
        for name, table in plan.tables().items():
            newest, row = tables.newest(table), last.get(name, {})
            when = f"{row['finished_at']:%Y-%m-%d %H:%M}" if row else ""
            rows = f"{row['rows_count']:,}" if row.get("rows_count") is not None else ""
            grid.add_row(
                name, escape(table.grain()), rows, str(newest.version) if newest else "", when, row.get("run_id", "")
            )
        console.print(grid)


@app.command("show")
def show_table(
    table: Annotated[str, typer.Argument(help="a table; see `icspark tables`")],
    conf: Conf = DEFAULT_CONFIGURATION,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, max=1000, help="how many rows")] = 20,
    columns: Annotated[str, typer.Option(help="only these columns, parted by commas")] = "",
) -> None:
    """Show the first rows of a table, as they may leave."""
    chosen, environment = plan.table_named(table), _loaded(conf)
    named = [name.strip() for name in columns.split(",") if name.strip()] or list(chosen.columns())
    unknown = [name for name in named if name not in chosen.columns()]
    if unknown:
        guess = nearest(unknown[0], chosen.columns())
        raise PlanError(f"no column is called {unknown[0]}. {guess}".strip(), where=chosen.name())
    with _tables(environment) as tables:
        grid = _grid(*named)
        for row in leaving.show(tables, environment, chosen, rows):
            grid.add_row(*(escape("" if row[name] is None else str(row[name])) for name in named))
        console.print(grid)


@app.command("export")
def export_table(
    table: Annotated[str, typer.Argument(help="a table; see `icspark tables`")],
    to: Annotated[Path, typer.Option("--to", help="file: .parquet, .csv, .csv.gz or .geoparquet")],
    conf: Conf = DEFAULT_CONFIGURATION,
    recipient: Annotated[str | None, typer.Option(help="who receives a table of persons, as configured")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace the file if it is there")] = False,
) -> None:
    """Write a table to one file, as it may leave: small counts withheld, others rounded, persons only as configured."""
    chosen, environment = plan.table_named(table), _loaded(conf)
    with _tables(environment) as tables:
        written = leaving.send(tables, environment, chosen, to, recipient=recipient, overwrite=overwrite)
    withheld = f", {written.withheld_cells:,} cells withheld" if written.withheld_cells else ""
    console.print(
        f"{written.path}: {written.rows:,} rows{withheld}; {written.about.name} says what it is", soft_wrap=True
    )


@app.command("runs")
def show_runs(
    conf: Conf = DEFAULT_CONFIGURATION, last: Annotated[int, typer.Option(help="how many rows")] = 30
) -> None:
    """Show the run record, newest first."""
    with _tables(_loaded(conf)) as tables:
        grid = _grid(
            "finished (UTC)", "run", "job", "output", "outcome", "version", "rows", "rejected", "why it failed"
        )
        for row in read_record(tables)[:last]:
            numbers = [
                f"{row[name]:,}" if row[name] is not None else ""
                for name in ("version", "rows_count", "rejected_count")
            ]
            said = [row[name] for name in ("run_id", "job_name", "output_name", "outcome")]
            grid.add_row(f"{row['finished_at']:%Y-%m-%d %H:%M:%S}", *said, *numbers, escape(row["error_message"] or ""))
        console.print(grid)


@app.command("config")
def show_config(
    job: Annotated[str, typer.Argument(help="a job, or `environment` for the keys that all jobs share")],
) -> None:
    """Print the keys of a job's section: type, default and meaning."""
    model: Any = Environment if job == "environment" else plan.job_named(job).config
    keys = list(keys_of(model))
    for key in keys:
        by_default = key.default if key.default == "required" else f"default {key.default}"
        console.print(f"[bold]{key.path}[/]", soft_wrap=True)
        for line in filter(None, (f"{key.kind}; {by_default}", key.meaning)):
            console.print(Padding(escape(line), (0, 0, 0, 4), expand=False))
    if not keys:
        console.print(f"{job} takes no keys")


@app.command()
def setup(ivysettings: Annotated[Path | None, typer.Option(help="Ivy settings of a Maven mirror")] = None) -> None:
    """Fetch the JVM packages once into the project's own cache, and keep Java's classes as it has parsed them."""

    def report(line: str) -> None:
        console.print(line, soft_wrap=True)

    packages.fetch(packages.default_cache(), ivysettings=ivysettings, report=report)
    class_archive.make(report)


@app.command()
def doctor(
    conf: Annotated[
        Path | None, typer.Option("--conf", "-c", help="also check the folders of this environment")
    ] = None,
) -> None:
    """Check the machine, and print for each failing check the command that mends it."""
    environment = _loaded(conf) if conf else None
    folders = [Path(p) for p in (environment.storage.tables, environment.storage.pages) if p] if environment else []
    grid, bad = _grid("", "check", "found", "mend"), False
    for check in doctors.checks(folders):
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]" if check.required else "[yellow]-[/]"
        grid.add_row(mark, escape(check.name), escape(check.found), "" if check.ok else escape(check.mend))
        bad = bad or (check.required and not check.ok)
    console.print(grid)
    raise typer.Exit(8 if bad else 0)


def _loaded(conf: Path) -> Environment:
    return configuration.load(conf, {name: job.config for name, job in plan.jobs().items()})


@contextmanager
def _tables(environment: Environment) -> Iterator[Tables]:
    with session.session(environment.session) as spark:
        yield Tables(spark, environment.storage)


def _grid(*titles: str) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        # Names are copied from here into commands, so they stay whole however narrow the window is.
        grid.add_column(title, overflow="fold", no_wrap=title in ("job", "table", "key"))
    return grid


def main() -> None:
    """Run the command line; a problem that a user can mend is one sentence and its own exit code."""
    try:
        app()
    except IcsparkError as error:
        problems.print(
            traceback_of(error) if options.traceback else str(error), style="red", markup=False, soft_wrap=True
        )
        raise SystemExit(error.exit_code) from None
    except Exception as error:  # noqa: BLE001 - the text of any other can hold values of rows
        said = traceback_of(error) if options.traceback else str(spark_problem(error, "icspark"))
        problems.print(said, style="red", markup=False, soft_wrap=True)
        raise SystemExit(IcsparkError.exit_code) from None
    except SystemExit as end:  # a success is no exception: Databricks takes any SystemExit for a failed task
        if end.code:
            raise
