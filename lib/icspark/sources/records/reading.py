"""From the files of a feed to rows of its table's types, by what the configuration says of them and nothing else.

Columns carry our names unless `columns` maps them; `codes` maps a feed's own codes to those of our lists. A time may
stand in two columns of the file (`DATE + TIME`), a list in several (`DIAG_2 + DIAG_3`) or in one. `options`:

- `delivery`: what this delivery is called (required); the newest is the last in the order of text: 2026-03, 2026-04
- `id_system`: the system that issued the identifiers, where no column of the file says it
- `zone`: zone of local times (required where a feed has times)
- `date_format`, `time_format`: where they are not yyyyMMdd and yyyyMMdd HHmm, or ISO 8601
- `list_separator`: between the parts of a list in one column (a comma unless said)
- `code_systems`: code systems of diagnoses beside icd10, snomed and ctv3, separated by blanks
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.config import Source
from icspark.errors import ConfigurationError, nearest
from icspark.sources.headers import demand, of_file
from icspark.sources.postcode import one_space
from icspark.sources.reading import chosen_columns, read_any, typed
from icspark.sources.records.feeds import Feed
from icspark.sources.records.rules import CODE_SYSTEMS_KNOWN, LAST_PAST, LAST_PLANNED, ON
from icspark.sources.records.times import declared_zone, instant, local_date
from icspark.tables import codes
from icspark.tables.records import Admission, Appointment, Diagnosis, Person, Residence, SourcePerson
from icspark.tables.table import Table

OPTIONS = ("delivery", "id_system", "zone", "date_format", "time_format", "list_separator", "code_systems")

CODE_LISTS: dict[str, Mapping[str, str]] = {
    Person.sex_code: codes.SEX,
    Person.ethnic_category_code: codes.ETHNIC_CATEGORY,
    Appointment.attended_or_did_not_attend_code: codes.ATTENDANCE,
    Appointment.first_attendance_code: codes.FIRST_ATTENDANCE,
    Appointment.consultation_medium_code: codes.CONSULTATION_MEDIUM,
    Appointment.priority_type_code: codes.PRIORITY_TYPE,
    Admission.admission_method_code: codes.ADMISSION_METHOD,
    Diagnosis.code_system: codes.CODE_SYSTEMS,
    Diagnosis.source: codes.DIAGNOSIS_SOURCES,
}
"""Columns that hold a code of a closed list (of code systems, those too that the source names)."""

DELIVERY, SYSTEM = SourcePerson.delivery_id, SourcePerson.id_system
MADE_HERE = (DELIVERY, Appointment.is_after_death)
YEARS_AHEAD, END_OF_TIME = 3, date(2100, 1, 1)
UNMAPPED = "?"
TOGETHER = " + "


def delivery_of(source: Source, name: str) -> str:
    """Return what a source calls its delivery. Raises ConfigurationError where it does not, or an option is unknown."""
    for option in source.options:
        if option not in OPTIONS:
            raise ConfigurationError(
                f"no such option: {option}. {nearest(option, OPTIONS)}".strip(),
                where=f"sources.{name}.options",
                expected=", ".join(OPTIONS),
            )
    delivery = source.options.get("delivery", "")
    if not delivery or "|" in delivery:
        raise ConfigurationError(
            "a feed of records needs the name of its delivery",
            where=f"sources.{name}.options.delivery",
            expected="text that sorts by age, such as 2026-03; no |",
            mend="name it; the same name replaces the delivery, another adds one",
        )
    return delivery


def read_rows(spark: SparkSession, source: Source, feed: Feed) -> DataFrame:
    """Return the rows of a feed's files with every column of its table but `is_after_death`, as `check` takes them.

    Besides: `_on` (the local date that dates the row), `_last_past` and `_last_planned` (the last dates that what has
    happened and what is planned can have: the source's `as_of` and three years later, or 2100) and `_code_systems`.
    Raises ConfigurationError for an unknown column, option or zone, InputError for a file that lacks a column.
    """
    delivery = delivery_of(source, feed.name)
    raw = read_any(spark, source, required=_of_file(chosen_columns(source, feed.table, {}).values()))
    names = _names(raw, source, feed)
    texts = raw.withColumns({f"_own_{ours}": _text(ours, theirs, source) for ours, theirs in names.items()})
    rows = _typed(texts, source, feed.table, given=frozenset(names))
    timed = rows.withColumns({**_forms(feed.table), **_lists(feed.table, source), **_times(names, source, feed)})
    return timed.withColumns({DELIVERY: F.lit(delivery), ON: _on(source, feed), **_bounds(source)})


def _of_file(names: Iterable[str]) -> list[str]:
    return [part for theirs in names if theirs for part in theirs.split(TOGETHER)]


def _of_type(table: type[Table], kind: type[T.DataType]) -> list[str]:
    return [name for name, spec in table.columns().items() if isinstance(spec.data_type, kind)]


def _names(raw: DataFrame, source: Source, feed: Feed) -> dict[str, str]:
    """Return our column -> the file's, for what the file gives; `""` for an identifier system that the option gives."""
    ours = [name for name in feed.table.columns() if name not in MADE_HERE]
    there = {column.casefold(): column for column in of_file(raw.columns)}
    same = {name: there[name.casefold()] for name in ours if name.casefold() in there}
    names = {name: theirs for name, theirs in (same | chosen_columns(source, feed.table, {})).items() if theirs}
    if "id_system" in source.options:
        names = dict.fromkeys([name for name in ours if name.endswith(SYSTEM)], "") | names
    for name in (*set(names) - set(ours), *set(source.codes) - set(names)):
        raise ConfigurationError(
            f"{name} is not read from this file",
            where=f"sources.{feed.name}",
            expected=f"`columns` of {', '.join(ours)}, and `codes` of those that the file gives",
        )
    specs = feed.table.columns()
    demand(names, [name for name in ours if not specs[name].nullable], raw.columns, where=f"sources.{feed.name}")
    return names


def _text(ours: str, theirs: str, source: Source) -> Column:
    """Return a column as the file writes it, its own codes made ours.

    A map for a column with a code list is the whole of it: a code that it lacks becomes `?`, which is in no list.
    """
    if not theirs:
        return F.lit(source.options["id_system"])
    parts = [F.btrim(F.col("`" + part.replace("`", "``") + "`")) for part in theirs.split(TOGETHER)]
    between = " " if ours.endswith("_datetime") else source.options.get("list_separator", ",")
    text = parts[0] if len(parts) == 1 else F.concat_ws(between, *parts)
    if ours not in source.codes:
        return text
    pairs = [F.lit(part) for pair in source.codes[ours].items() for part in pair]
    other = F.when(text != "", F.lit(UNMAPPED)) if ours in CODE_LISTS else text
    return F.coalesce(F.try_element_at(F.create_map(*pairs), text), other)


def _typed(texts: DataFrame, source: Source, table: type[Table], *, given: frozenset[str]) -> DataFrame:
    named = {name: f"_own_{name}" if name in given else "" for name in table.columns() if name not in MADE_HERE}
    lists = _of_type(table, T.ArrayType)
    return typed(
        texts,
        table,
        {name: theirs for name, theirs in named.items() if name not in lists},
        dates=source.options.get("date_format", "yyyyMMdd"),
        also={f"_list_{name}": named[name] for name in lists},
    )


def _times(names: Mapping[str, str], source: Source, feed: Feed) -> dict[str, Column]:
    times = [name for name in _of_type(feed.table, T.TimestampType) if name in names]
    if not times:
        return {}
    zone, pattern = declared_zone(source, feed.name), source.options.get("time_format", "yyyyMMdd HHmm")
    return {name: instant(F.col(f"_text_{name}"), pattern, zone) for name in times}


def _on(source: Source, feed: Feed) -> Column:
    if feed.dated is None:
        return F.lit(None).cast("date")
    if feed.dated in _of_type(feed.table, T.TimestampType):
        return local_date(F.col(feed.dated), declared_zone(source, feed.name))
    return F.col(feed.dated)


def _forms(table: type[Table]) -> dict[str, Column]:
    """Return the columns that have one form of their own: months of birth, postcodes."""
    forms = {
        Person.birth_month: F.trunc(Person.birth_month, "month"),
        Residence.postcode: one_space(F.col(Residence.postcode)),
    }
    return {name: form for name, form in forms.items() if name in table.columns()}


def _lists(table: type[Table], source: Source) -> dict[str, Column]:
    separator = source.options.get("list_separator", ",")
    return {name: list_of(F.col(f"_list_{name}"), separator) for name in _of_type(table, T.ArrayType)}


def list_of(text: Column, separator: str) -> Column:
    """Return the parts of a list in one text, in order, blanks and empty parts left out; null where there is none.

    Brackets around it, as Spark writes a list of Parquet, are not part of it.
    """
    inside = F.regexp_replace(text, r"^\[|\]$", "")
    parts = F.transform(F.split(inside, f"\\Q{separator}\\E"), _trimmed)
    told = F.filter(parts, lambda part: ~part.isin("", "-", "null"))
    return F.when(F.size(told) > 0, told)


def _trimmed(text: Column) -> Column:
    return F.btrim(text)


def _bounds(source: Source) -> dict[str, Column]:
    systems = [*codes.CODE_SYSTEMS, *source.options.get("code_systems", "").split()]
    last = F.lit(source.as_of or END_OF_TIME)
    return {
        LAST_PAST: last,
        LAST_PLANNED: F.add_months(last, 12 * YEARS_AHEAD) if source.as_of else last,
        CODE_SYSTEMS_KNOWN: F.array(*[F.lit(system) for system in systems]),
    }
