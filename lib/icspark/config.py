"""The configuration of one environment: one YAML file, checked as a whole, every mistake reported at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from icspark.disclosure.config import DisclosureConfig
from icspark.errors import ConfigurationError, InputError, nearest
from icspark.session import SessionConfig
from icspark.yaml_file import KeyPath, line_of, parse

M = TypeVar("M", bound=BaseModel)


class JobConfig(BaseModel):
    """Base of every section: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(JobConfig):
    """Where a source's files are and how they differ from the publisher's own layout."""

    path: str | tuple[str, ...] = Field(description="file, pattern or list, below `data`; seen by every node")
    columns: dict[str, str] = Field({}, description="our column -> the file's; empty: the publisher's own layout")
    encoding: Literal["auto", "utf-8", "windows-1252"] = Field(
        "auto", description="text encoding; auto tries UTF-8 first"
    )
    vintage: str | None = Field(
        None, description="vintage of the area codes, such as lsoa_2021, where the file does not tell"
    )
    as_of: date | None = Field(None, description="date that the file describes, where it does not tell")
    edition: str | None = Field(None, description="edition as the publisher calls it; shown on pages")
    folder: str | None = Field(
        None, description="name of the FOLDERS entry of the job that makes these files, if one does"
    )
    rejected_ceiling: float = Field(0.05, ge=0, le=1, description="share of rejected rows above which the job stops")
    codes: dict[str, dict[str, str]] = Field(
        {}, description="our column -> its own codes -> those of our list; '' where a code says that nothing is known"
    )
    options: dict[str, str] = Field({}, description="what this layout's reader takes besides; see its docs page")

    @property
    def paths(self) -> list[Path]:
        """Return the files and folders in order, patterns expanded; what matches nothing stays, to be reported."""
        names = (self.path,) if isinstance(self.path, str) else self.path
        return [file for name in map(Path, names) for file in (sorted(name.parent.glob(name.name)) or [name])]

    @property
    def files(self) -> list[Path]:
        """Return the files in order, those of a folder in the order of their names, without hidden and `_` ones."""
        return [file for path in self.paths for file in ([path] if not path.is_dir() else _parts(path))]

    def existing(self, name: str) -> Source:
        """Return self once every file is seen to be there and readable; `name` is its key in the configuration."""
        for path in self.files:
            if not path.exists():
                raise InputError(
                    "a source file is absent",
                    where=f"sources.{name}",
                    expected=str(path),
                    mend="correct `path`, or `data` above it",
                )
            try:
                next(path.iterdir(), None) if path.is_dir() else path.open("rb").close()
            except OSError as error:
                raise InputError(
                    "a source file cannot be read",
                    where=f"sources.{name}",
                    found=error.strerror or "",
                    expected=str(path),
                ) from None
        return self


def _parts(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file() and f.name[0] not in "._")


class Region(JobConfig):
    """The areas of the ICS: a file that lists their codes, or codes of any level of area_lookup."""

    name: str = Field(description="name shown on pages")
    areas: str | None = Field(None, description="file of LSOA codes (JSON or text), below `data`")
    level: str = Field("lsoa_2011", description="level of `codes`, such as icb_2022; see area_lookup")
    codes: tuple[str, ...] = Field((), description="codes of that level, where no file is given")


class Storage(JobConfig):
    """Where tables and pages live: a folder (or URI) of Delta tables, or a catalogue and schema."""

    tables: str | None = Field(None, description="folder or URI of the Delta tables")
    catalog: str | None = Field(None, description="catalogue, where tables are registered in one (Unity Catalog)")
    schema_name: str | None = Field(None, alias="schema", description="schema within the catalogue")
    pages: str = Field(description="folder for pages, pictures and other files")


class Tracking(JobConfig):
    """Where models and their runs are kept, and what they are called: MLflow."""

    uri: str | None = Field(
        None, description="tracking store: sqlite:///..., a server or databricks; null: beside tables"
    )
    registry_uri: str | None = Field(
        None, description="registry of models, such as databricks-uc; null: the same store"
    )
    artifacts: str | None = Field(None, description="folder or URI of artifacts; null: beside tables, or the server's")
    experiment: str = Field("icspark", description="experiment that the runs belong to")


class Environment(JobConfig):
    """The whole configuration of one environment."""

    name: str = Field(description="name of the environment, shown in the run record")
    is_simulated: bool = Field(False, description="true where the records are simulated: every page then says so")
    data: str = Field(".", description="folder of the source files; relative to this file")
    storage: Storage
    tracking: Tracking = Field(default_factory=Tracking)
    session: SessionConfig = Field(default_factory=SessionConfig)
    region: Region | None = None
    disclosure: DisclosureConfig = Field(default_factory=DisclosureConfig)
    sources: dict[str, Source] = Field({}, description="the source files by name; a job's FILES name what it reads")
    jobs: dict[str, dict[str, Any]] = Field({}, description="one section per job; `icspark config JOB` lists its keys")

    sha256: str = Field("", exclude=True, description="set on loading: the SHA-256 of the file's content")

    @cached_property
    def sections(self) -> dict[str, JobConfig]:
        """Return the validated section of each job; filled by `load`."""
        return {}


def load(path: Path, models: Mapping[str, type[JobConfig]]) -> Environment:
    """Return the environment of a YAML file, each job's section checked against its model in `models`.

    Every unknown key, wrong type and impossible value is reported in one ConfigurationError, each with its line, its
    key's path, what was expected and the nearest known key. Relative paths are taken from the file's own folder.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the configuration cannot be read ({error.strerror})",
            where=str(path),
            mend="give an existing file with --conf",
        ) from None
    lines, document = parse(text, path)
    problems: list[tuple[KeyPath, str]] = []
    environment = _validated(Environment, document, (), problems)
    sections = dict(_sections(document, models, problems))
    if problems or environment is None:
        listed = "\n".join(
            f"  line {line_of(lines, at)}: {'.'.join(map(str, at)) or '(top)'}: {text}" for at, text in problems
        )
        raise ConfigurationError(f"{len(problems)} problem(s) in {path}\n{listed}")
    environment = _rooted(environment, path.resolve().parent).model_copy(
        update={"sha256": hashlib.sha256(text.encode()).hexdigest()}
    )
    environment.sections.update(sections)
    return environment


def _sections(
    document: Any, models: Mapping[str, type[JobConfig]], problems: list[tuple[KeyPath, str]]
) -> Iterator[tuple[str, JobConfig]]:
    jobs = document.get("jobs") if isinstance(document, dict) else None
    given = jobs if isinstance(jobs, dict) else {}
    unknown = [name for name in given if name not in models]
    problems.extend((("jobs", name), f"no such job. {nearest(str(name), models)}".strip()) for name in unknown)
    for name, model in models.items():
        section = _validated(model, given.get(name) or {}, ("jobs", name), problems)
        if section is not None:
            yield name, section


def _validated(model: type[M], document: Any, at: KeyPath, problems: list[tuple[KeyPath, str]]) -> M | None:
    try:
        return model.model_validate({} if document is None else document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems.extend(((*at, *detail["loc"]), _problem(model, dict(detail))) for detail in found)
        return None


def _problem(model: type[BaseModel], detail: dict[str, Any]) -> str:
    where: KeyPath = detail["loc"]
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, where[:-1])
        return f"unknown key. {nearest(str(where[-1]), known)} Known keys: {', '.join(sorted(known))}"
    if detail["type"] == "missing":
        return "required, and missing"
    return f"{detail['msg'].removeprefix('Value error, ')}; found {str(detail['input'])[:60]!r}"


def _keys_at(model: type[BaseModel], where: KeyPath) -> list[str]:
    found: Any = model
    for part in where:
        fields = getattr(found, "model_fields", None)
        annotation = fields[part].annotation if fields and part in fields else found
        found = next((t for t in _models_in(annotation)), found)
    return [field.alias or name for name, field in getattr(found, "model_fields", {}).items() if not field.exclude]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def _rooted(environment: Environment, folder: Path) -> Environment:
    data = _absolute(environment.data, folder)
    storage = environment.storage
    region = environment.region
    places = {
        "pages": _absolute(storage.pages, folder),
        "tables": storage.tables and _absolute(storage.tables, folder),
    }
    sources = {
        name: source.model_copy(
            update={
                "path": tuple(
                    _absolute(p, Path(data)) for p in ([source.path] if isinstance(source.path, str) else source.path)
                )
            }
        )
        for name, source in environment.sources.items()
    }
    if region and region.areas:
        region = region.model_copy(update={"areas": _absolute(region.areas, Path(data))})
    changed = {"data": data, "storage": storage.model_copy(update=places), "sources": sources, "region": region}
    return environment.model_copy(update=changed)


def _absolute(path: str, folder: Path) -> str:
    if re.match(r"^[a-z][a-z0-9+.-]+:/", path):
        return path
    return str((folder / Path(path).expanduser()).resolve())
