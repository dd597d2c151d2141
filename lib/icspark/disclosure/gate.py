"""The one place through which tables, pages, maps and plots leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.disclosure.config import DisclosureConfig
from icspark.disclosure.declarations import check_declarations
from icspark.disclosure.secondary import WITHHELD, with_withheld
from icspark.errors import DisclosureError
from icspark.tables.table import ColumnSpec, Release, Table

MARKER = "withheld_columns"


@dataclass(frozen=True)
class Permission:
    """That a table of persons may leave: kept in the run record, and beside the file."""

    table: str
    purpose: str
    recipient: str


def permission(table: type[Table], config: DisclosureConfig, *, recipient: str | None = None) -> Permission:
    """Return the configured permission for a table of persons or events, or for its rejected half.

    Raise a DisclosureError where there is none, or where there are several and no recipient is named.
    """
    found = [p for p in config.recipients if p.table == table.name() and recipient in (None, p.recipient)]
    if len(found) == 1:
        return Permission(found[0].table, found[0].purpose, found[0].recipient)
    if found:
        known = ", ".join(sorted({p.recipient for p in found}))
        raise DisclosureError(
            f"{table.name()} has several permissions", expected=f"one recipient of {known}", mend="name one"
        )
    raise DisclosureError(
        f"{table.name()} holds persons or events and may not leave",
        expected="an entry in disclosure.recipients with table, purpose and recipient",
        mend="add one if your information governance allows it; an aggregate needs none",
    )


def permissions(
    tables: Mapping[type[Table], DataFrame], config: DisclosureConfig, *, recipient: str | None = None
) -> tuple[Permission, ...]:
    """Return the permissions that `release` of the same tables rests on, for the run record; none for open ones."""
    return tuple(permission(t, config, recipient=recipient) for t in tables if t.release is Release.PERSON)


def release(
    frames: Mapping[type[Table], DataFrame], config: DisclosureConfig, *, recipient: str | None = None
) -> dict[type[Table], DataFrame]:
    """Return what may leave of tables that leave together; give all that `leaves_with` names, or sums stay unprotected.

    Open tables are unchanged. Of aggregates, counts from 1 to the threshold and the cells that would give them back by
    subtraction become null, the other counts are rounded half up, rates are recomputed from the rounded pair, and
    estimates go with their counts. Their last column, `withheld_columns`, names the columns withheld in that row,
    parted by commas and empty where there are none: a null that is not named there was never known. Tables of persons
    are unchanged if permitted. Raise a DisclosureError for these otherwise, and for columns that are not declared.
    """
    permissions(frames, config, recipient=recipient)
    check_declarations(frames)
    aggregates = {t: _declared(t, frame) for t, frame in frames.items() if t.release is Release.AGGREGATE}
    judged = with_withheld(aggregates, threshold=config.threshold)
    return {t: _released(t, judged[t], config.base) if t in judged else frame for t, frame in frames.items()}


def check_released(table: type[Table], frame: DataFrame, permitted: Permission | None = None) -> None:
    """Raise a DisclosureError unless the frame has been through `release`: the last step before a file or screen."""
    if table.release is Release.AGGREGATE and MARKER not in frame.columns:
        raise DisclosureError(
            f"{table.name()} has not been through disclosure control", mend="pass it through release()"
        )
    if table.release is Release.PERSON and (permitted is None or permitted.table != table.name()):
        raise DisclosureError(f"{table.name()} holds persons or events, and no permission for it was given")


def _declared(table: type[Table], frame: DataFrame) -> DataFrame:
    if unknown := sorted(set(frame.columns) - set(table.columns())):
        raise DisclosureError("columns that the table does not declare", where=table.name(), found=", ".join(unknown))
    if missing := sorted(set(table.columns()) - set(frame.columns)):
        raise DisclosureError(
            "columns that the table declares are missing", where=table.name(), expected=", ".join(missing)
        )
    return frame.select(*table.columns())


def _released(table: type[Table], frame: DataFrame, base: int) -> DataFrame:
    specs = table.columns()
    values = [_value(specs, name, base).cast(spec.data_type).alias(name) for name, spec in specs.items()]
    named = [F.when(_is_withheld(spec) & F.col(name).isNotNull(), F.lit(name)) for name, spec in specs.items()]
    return frame.select(*values, F.concat_ws(",", *named).alias(MARKER))


def _is_withheld(spec: ColumnSpec) -> Column:
    """Return whether this column of the row is withheld: by itself if a count, else with any of its counts."""
    needed = {spec.name} if spec.is_count else {*spec.withheld_with}
    if spec.rate and not spec.is_count:
        needed |= {spec.rate.numerator, spec.rate.denominator}
    return F.arrays_overlap(F.col(WITHHELD), F.array(*(F.lit(n) for n in sorted(needed)))) if needed else F.lit(False)


def _value(specs: Mapping[str, ColumnSpec], name: str, base: int) -> Column:
    spec = specs[name]
    if spec.is_count:
        published = _rounded(name, base)
    elif spec.rate:
        pair = spec.rate
        ratio = F.try_divide(_rounded(pair.numerator, base), _rounded(pair.denominator, base))
        published = F.when(F.col(name).isNotNull(), ratio * F.lit(pair.per))
    elif spec.follows:
        scale = F.try_divide(_value(specs, spec.follows, base), F.col(spec.follows))
        precise = _as_precise(F.coalesce(F.col(name) * scale, F.col(name)), spec.withheld_with, base)
        published = F.least(precise, F.when(F.col(name) <= 1, F.lit(1.0)))  # the limit of a share stays a share
    else:
        published = F.col(name)
    return F.when(~_is_withheld(spec), published)


def _as_precise(value: Column, counts: Sequence[str], base: int) -> Column:
    """Return a number in steps of 1, 2 or 5 times a power of ten: the least step at or above value x base / count.

    The count is the smallest above 0 of `counts`, rounded: what is published of it may be wrong by half of that.
    """
    smallest = F.array_min(F.array(*[F.when(F.col(name) > 0, _rounded(name, base)) for name in counts]))

    def _in_steps(value: Column, least: Column, power: Column) -> Column:
        digit = least / F.pow(F.lit(10.0), power)
        unit = F.when(digit <= 1, 1).when(digit <= 2, 2).when(digit <= 5, 5).otherwise(10).cast("double")
        # Whole numbers are scaled by a power of ten in one division or product, so that 0.3 is 0.3.
        up, down = F.pow(F.lit(10.0), F.greatest(power, F.lit(0))), F.pow(F.lit(10.0), F.greatest(-power, F.lit(0)))
        steps = F.round(value / (unit * F.pow(F.lit(10.0), power)))
        return F.coalesce(steps * unit * up / down, value)

    def _from(value: Column) -> Column:
        least = F.abs(value) * F.lit(float(base)) / F.greatest(smallest, F.lit(float(base)))
        return _once(least, lambda one: _once(F.floor(F.log10(one)), lambda power: _in_steps(value, one, power)))

    return _once(value, _from)


def _once(value: Column, then: Callable[[Column], Column]) -> Column:
    """Return `then(value)` with the value once in the plan: written out at each use, a plan doubles and doubles."""
    return F.element_at(F.transform(F.array(value), then), 1)


def _rounded(count: str, base: int) -> Column:
    return F.round(F.col(count).cast("double") / F.lit(float(base))) * F.lit(float(base))
