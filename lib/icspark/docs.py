"""The reference pages of docs/, written from the code itself: `python -m icspark.docs docs` (or `make docs`)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import icspark.sources
from icspark import databricks, errors, plan
from icspark.config_keys import keys_of
from icspark.plan import JobModule
from icspark.quality.checks import BUILT_IN, Rule
from icspark.tables.table import Table

Cells = tuple[str, ...]

RULES_HEAD = """# Rules

A row or cell that breaks a rule stands in `rejected_<table>` with the rule's code, its file, its key and its raw text;
accepted + rejected = read, at each run. A cell that is rejected is null in its row, which stays.
"""


def pages() -> dict[str, str]:
    """Return every generated page by its path below docs/."""
    made = {
        "tables.md": tables_page(),
        "rules.md": rules_page(),
        "exit-codes.md": exit_codes_page(),
        "jobs/README.md": jobs_page(),
    }
    return made | {f"jobs/{job.name}.md": job_page(job) for job in plan.jobs().values()}


def tables_page() -> str:
    """Return the data dictionary: every table with its grain, source, columns and what may leave."""
    parts = ["# Data dictionary\n\nEvery table and column, from the table classes in `lib/icspark/tables`.\n"]
    return "\n".join(
        parts + [_table_section(table) for table in plan.tables().values() if not table.name().startswith("rejected_")]
    )


def _table_section(table: type[Table]) -> str:
    rows = [
        (
            f"`{name}`",
            spec.data_type.simpleString(),
            "key" if spec.key else "required" if spec.required else "",
            _meaning(spec),
        )
        for name, spec in table.columns().items()
    ]
    vintages = f"Vintages: {', '.join(sorted(table.vintages()))}.\n\n" if table.vintages() else ""
    left = f"What may leave: {table.release.value}.\n\n"
    grid = _grid(("column", "type", "", "meaning"), rows)
    return f"## {table.name()}\n\n{table.description()}\n\n{vintages}{left}{grid}"


def _meaning(spec: object) -> str:
    extra = " (a count: suppressed and rounded on leaving)" if getattr(spec, "is_count", False) else ""
    return f"{getattr(spec, 'description', '')}{extra}"


def rules_page() -> str:
    """Return every rule that rejects a row or a cell, by the module that holds it."""
    built_in = _grid(("code", "rejects", "rule"), [(f"`{code}`", "", sentence) for code, sentence in BUILT_IN])
    parts = [
        RULES_HEAD,
        f"## Every source\n\n{built_in}",
    ]
    for module, rules in source_rules():
        rows = [(f"`{r.code}`", f"cell `{r.column}`" if r.is_cell else "row", r.sentence) for r in rules]
        parts.append(f"## {module}\n\n{_grid(('code', 'rejects', 'rule'), rows)}")
    return "\n".join(parts)


def source_rules() -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """Yield each source module's name with its rules: the constants whose names begin with RULES."""
    for info in pkgutil.walk_packages(icspark.sources.__path__, "icspark.sources."):
        module = importlib.import_module(info.name)
        found = [rule for name, value in vars(module).items() if name.startswith("RULES") for rule in value]
        if found:
            yield info.name.removeprefix("icspark.sources."), tuple(dict.fromkeys(found))


def exit_codes_page() -> str:
    """Return the exit codes of the command line, one a kind of error."""
    kinds = sorted(
        (kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.IcsparkError)),
        key=lambda kind: kind.exit_code,
    )
    rows = [("0", "", "all that was asked for is done or unchanged"), ("2", "", "the command line itself is wrong")]
    rows += [
        (str(kind.exit_code), f"`{kind.__name__}`", inspect.cleandoc(kind.__doc__ or "").split("\n")[0])
        for kind in kinds
    ]
    return "# Exit codes\n\n" + _grid(("code", "error", "meaning"), sorted(rows, key=lambda row: int(row[0])))


def jobs_page() -> str:
    """Return the list of jobs in their order, as a table and as a picture of the pipeline."""
    known = plan.jobs()
    rows = [(f"[{name}]({name}.md)", known[name].sentence) for name in plan.ordered(known)]
    arrows = [
        f"  {before} --> {name}" for name in plan.ordered(known) for before in sorted(plan.needs(known[name], known))
    ]
    picture = "\n".join(["```mermaid", "flowchart LR", *arrows, "```"])
    grid = _grid(("job", "what it does"), rows)
    return f"# Jobs\n\nIn the order that follows from what they read and write.\n\n{grid}\n{picture}\n"


def job_page(job: JobModule) -> str:
    """Return a job's page: what it does, its method and limits, its tables, its configuration."""
    module = importlib.import_module(f"icspark.jobs.{job.name}")
    reads = [f"- `{t.name()}`: {t.grain()}" for t in job.reads] + [
        f"- `{t.name()}`, if present: {t.grain()}" for t in job.reads_if_present
    ]
    reads += [f"- files of `sources.{name}`" for name in job.files]
    reads += [f"- files of `sources.{name}`, if configured" for name in job.files_if_present]
    writes = [f"- `{t.name()}`: {t.grain()}" for t in job.writes] + [f"- folder `{name}`" for name in job.folders]
    keys = list(keys_of(job.config))
    grid = (
        _grid(("key", "type", "default", "meaning"), [(f"`{k}`", t, f"`{d}`", m) for k, t, d, m in keys])
        if keys
        else "None.\n"
    )
    parts = [f"# {job.name}\n\n{inspect.cleandoc(module.__doc__ or '')}\n", "## Reads\n\n" + "\n".join(reads) + "\n"]
    parts += ["## Writes\n\n" + "\n".join(writes) + "\n", f"## Configuration (`jobs.{job.name}`)\n\n{grid}"]
    return "\n".join(parts)


def _grid(titles: Cells, rows: Iterable[Cells]) -> str:
    def line(cells: Cells) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(titles), line(tuple("---" for _ in titles)), *map(line, rows)]) + "\n"


def main(folder: Path) -> None:
    """Write every page below a folder, and the Databricks job file beside it; take away pages of lost jobs."""
    made = pages()
    for old in (folder / "jobs").glob("*.md"):
        if f"jobs/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    resources = folder.resolve().parent / "resources"
    resources.mkdir(exist_ok=True)
    (resources / "icspark.job.yml").write_text(databricks.job_file(plan.jobs()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
