"""A flat table of appointments with features that its owner made: one line an appointment, CSV or Parquet.

Record specification: the owner's own, named in the configuration. `columns` names the file's columns of `is_dna` (the
target), `appointment_date`, and, where there are any, `row_id` and `person_id`. `options` list the features, divided by
commas, as `numeric`, `boolean` and `categorical`; `dna_class` is the value of the target that means not attended;
`dates` the pattern of dates where they are not ISO 8601 (such as dd/MM/yyyy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, nearest
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured
from icspark.sources.reading import read_any, typed
from icspark.sources.wide_record import with_record_number
from icspark.tables.dna import FlatAppointment

KINDS = ("numeric", "boolean", "categorical")
OPTIONS = (*KINDS, "dna_class", "dates")
NEEDED = (FlatAppointment.is_dna, FlatAppointment.appointment_date)

RULES = (
    Rule("NUMBER", "A numeric column holds a number.", lambda: F.col("_has_bad_number")),
    Rule("TRUE_OR_FALSE", "A boolean column holds true or false, yes or no, 1 or 0.", lambda: F.col("_has_bad_flag")),
)  # fmt: skip


@dataclass(frozen=True)
class FlatLayout:
    """Which columns of the file are features, and which value of the target means not attended."""

    numeric: tuple[str, ...]
    boolean: tuple[str, ...]
    categorical: tuple[str, ...]
    dna_class: str

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns of all features."""
        return (*self.numeric, *self.boolean, *self.categorical)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return flat_appointment, checked. Grain: one row per line.

    A target that is missing is an appointment to come. Raises ConfigurationError for an unknown option, where no class
    means not attended or there is no feature, InputError where the file lacks a column.
    """
    layout = _layout(source)
    raw = read_any(spark, source, required=layout.names)
    names = configured(raw.columns, source, FlatAppointment, where="flat_appointment")
    if missing := [name for name in NEEDED if name not in names]:
        raise ConfigurationError(
            "the target and the date of the file are not named",
            where="sources.flat_appointment.columns",
            expected=", ".join(missing),
        )
    texts = {f"_value_{name}": name for name in layout.names} | {"_target": names.pop(FlatAppointment.is_dna)}
    dates = source.options.get("dates", "yyyyMMdd")
    rows = typed(with_record_number(raw), FlatAppointment, names, dates=dates, also=texts | {"_line": "record_number"})
    return check(_features(rows, layout), FlatAppointment, RULES, ceiling=source.rejected_ceiling)


def _layout(source: Source) -> FlatLayout:
    given = source.options
    if unknown := [name for name in given if name not in OPTIONS]:
        raise ConfigurationError(
            "no such option", where="sources.flat_appointment", found=unknown[0], mend=nearest(unknown[0], OPTIONS)
        )
    numeric, boolean, categorical = (_listed(given.get(kind, "")) for kind in KINDS)
    layout = FlatLayout(numeric, boolean, categorical, given.get("dna_class", ""))
    if not (layout.names and layout.dna_class):
        raise ConfigurationError(
            "the source does not say which class means not attended, or which columns are features",
            where="sources.flat_appointment.options",
            expected="dna_class, and columns under numeric, boolean or categorical",
        )
    return layout


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _features(rows: DataFrame, layout: FlatLayout) -> DataFrame:
    numbers = {name: F.col(f"_value_{name}").try_cast("double") for name in layout.numeric}
    flags = {name: F.col(f"_value_{name}").try_cast("boolean") for name in layout.boolean}
    texts = {name: F.col(f"_value_{name}") for name in layout.categorical}
    doubles = numbers | {name: flag.cast("double") for name, flag in flags.items()}
    specs, line = FlatAppointment.columns(), F.lpad(F.col("_line"), 12, "0")
    row_id = F.col("row_id") if "row_id" in rows.columns else line
    person_id = F.col("person_id") if "person_id" in rows.columns else row_id
    return rows.withColumns(
        {
            FlatAppointment.row_id: row_id,
            FlatAppointment.person_id: F.coalesce(person_id, row_id),
            FlatAppointment.is_dna: F.col("_target") == layout.dna_class,
            FlatAppointment.numbers: _named(doubles).cast(specs[FlatAppointment.numbers].data_type),
            FlatAppointment.categories: _named(texts).cast(specs[FlatAppointment.categories].data_type),
            "_has_bad_number": _is_lost(layout.numeric, numbers),
            "_has_bad_flag": _is_lost(layout.boolean, flags),
        }
    )


def _named(values: dict[str, Column]) -> Column:
    return F.array(*[F.struct(F.lit(name).alias("name"), value.alias("value")) for name, value in values.items()])


def _is_lost(names: Sequence[str], values: dict[str, Column]) -> Column:
    lost = [F.col(f"_value_{name}").isNotNull() & values[name].isNull() for name in names]
    return F.exists(F.array(*lost), lambda one: one) if lost else F.lit(False)
