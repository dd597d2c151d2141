"""What table classes say about counts, estimates and sums: whether it is complete, and which cells it ties together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pyspark.sql import types as T

from icspark.errors import DisclosureError
from icspark.tables.table import Breakdown, Release, Table

PERSON_COLUMNS = frozenset({"person_id", "source_id", "appointment_id", "spell_id", "attendance_id"})


@dataclass(frozen=True)
class Sum:
    """One declared sum: cells of `column` of `child` with the same `by` add up to one cell of `parent_column`."""

    child: type[Table]
    column: str
    parent: type[Table]
    parent_column: str
    by: tuple[str, ...]


def counts(table: type[Table]) -> tuple[str, ...]:
    """Return the columns that are counts of people or of their events."""
    return tuple(name for name, spec in table.columns().items() if spec.is_count)


def check_declarations(tables: Iterable[type[Table]]) -> None:
    """Raise one DisclosureError that lists every undeclared number and every sum that cannot be protected."""
    together = tuple(tables)
    found = [f"{table.name()}: {problem}" for table in together for problem in problems(table)]
    found += _crossings(together)
    if found:
        raise DisclosureError("what may leave is not fully declared:\n  " + "\n  ".join(found))


def problems(table: type[Table]) -> list[str]:
    """Return what the class fails to say, or says impossibly, in words; empty where all is well.

    In an aggregate every number outside the key is a count, an estimate with its counts (`withheld_with`), a rate of
    two counts, or declared `is_open`; an open table holds no count of people and no identifier of a person.
    """
    if table.release is Release.PERSON:
        return []
    if table.release is Release.OPEN:
        return list(_open_problems(table))
    return [*_column_problems(table), *_sum_problems(table), *_breakdown_problems(table)]


def _open_problems(table: type[Table]) -> Iterator[str]:
    for name, spec in table.columns().items():
        if name in PERSON_COLUMNS:
            yield f"declared open, and holds {name}"
        if spec.is_count or spec.withheld_with or spec.rate:
            yield f"declared open, and {name} is declared as a count or an estimate of people"


def _column_problems(table: type[Table]) -> Iterator[str]:
    declared = counts(table)
    for name, spec in table.columns().items():
        if name in PERSON_COLUMNS:
            yield f"declared an aggregate, and holds {name}"
        needed = (*spec.withheld_with, *((spec.rate.numerator, spec.rate.denominator) if spec.rate else ()))
        for other in needed:
            if other not in declared:
                yield f"{name} depends on {other}, which is not declared as a count"
        followed = table.columns().get(spec.follows)
        if spec.follows and (followed is None or not (followed.is_count or followed.rate)):
            yield f"{name} follows {spec.follows}, which is no count and no rate"
        if spec.is_count and (spec.key or spec.rate or not isinstance(spec.data_type, T.NumericType)):
            yield f"{name} is declared as a count, and is a key, a rate or no number"
        if not (spec.key or spec.is_open or spec.is_count or needed) and _may_hold_numbers(spec.data_type):
            yield f"{name} is a number that is not declared: is_count, withheld_with, rate or is_open"


def _may_hold_numbers(data_type: T.DataType) -> bool:
    return isinstance(data_type, (T.NumericType, T.ArrayType, T.MapType, T.StructType, T.BinaryType))


def _sum_problems(table: type[Table]) -> Iterator[str]:
    seen: set[str] = set()
    for total, parts in table.adds_up.items():
        for name in (total, *parts):
            if name not in counts(table) or not _is_whole(table, name):
                yield f"{name} takes part in a sum, and is not a count of whole numbers"
        if repeated := seen.intersection(parts):
            yield f"{', '.join(sorted(repeated))} is part of two sums of one row"
        seen.update(parts)


def _breakdown_problems(table: type[Table]) -> Iterator[str]:
    for breakdown in table.breaks_down:
        where = f"the breakdown of {breakdown.parent.name()}"
        if breakdown.parent.release is not Release.AGGREGATE:
            yield f"{where}: that table is not an aggregate, so that its cells cannot be withheld"
        if set(breakdown.by) != set(breakdown.parent.key()):
            yield f"{where}: `by` must be its key, {', '.join(breakdown.parent.key())}"
        for name in breakdown.by:
            if _type(table, name) is None or _type(table, name) != _type(breakdown.parent, name):
                yield f"{where}: {name} is missing or of another type"
        for child, parent in breakdown.columns.items():
            if not (_is_whole(table, child) and _is_whole(breakdown.parent, parent)):
                yield f"{where}: {child} and {parent} must be counts of whole numbers"
        yield from _torn_sums(table, breakdown)


def _torn_sums(table: type[Table], breakdown: Breakdown) -> Iterator[str]:
    """Yield the sums within a row that a breakdown maps in part: their hidden remainder would be a sum of its own."""
    backwards = {parent: child for child, parent in breakdown.columns.items()}
    sides = ((table, breakdown.parent, dict(breakdown.columns)), (breakdown.parent, table, backwards))
    for here, there, images in sides:
        for total, parts in here.adds_up.items():
            if not any(part in images for part in parts):
                continue
            image = {images.get(part) for part in parts}
            if images.get(total) not in there.adds_up or set(there.adds_up[images[total]]) != image:
                yield (
                    f"the breakdown of {breakdown.parent.name()}: map {total} alone, or with all its parts, "
                    "and let both tables declare the sum"
                )


def _crossings(tables: tuple[type[Table], ...]) -> list[str]:
    seen: dict[tuple[type[Table], str], type[Table]] = {}
    found = []
    for table, breakdown in _breakdowns(tables):
        for name in breakdown.columns:
            first = seen.setdefault((table, name), breakdown.parent)
            if first is not breakdown.parent:
                found.append(
                    f"{table.name()}: {name} adds up to both {first.name()} and {breakdown.parent.name()}, which leave "
                    "together; crossed sums cannot be protected: declare the nearest parent only, or keep one back"
                )
    return found


def _type(table: type[Table], name: str) -> T.DataType | None:
    spec = table.columns().get(name)
    return spec.data_type if spec else None


def _is_whole(table: type[Table], name: str) -> bool:
    return name in counts(table) and isinstance(_type(table, name), T.IntegralType)


def _breakdowns(tables: Collection[type[Table]]) -> Iterator[tuple[type[Table], Breakdown]]:
    for table in tables:
        for breakdown in table.breaks_down:
            if breakdown.parent in tables:
                yield table, breakdown


def leaves_with(table: type[Table], tables: Iterable[type[Table]]) -> tuple[type[Table], ...]:
    """Return `table` and all of `tables` that declared breakdowns connect it to, at any distance, in their order.

    These are judged together whichever of them is asked for, since they can be subtracted once all have left.
    """
    known = tuple(dict.fromkeys((table, *tables)))
    reached = {table}
    while True:
        linked = {t for child, b in _breakdowns(known) for t in (child, b.parent) if {child, b.parent} & reached}
        if linked <= reached:
            return tuple(t for t in known if t in reached)
        reached |= linked


def sums(tables: Collection[type[Table]]) -> tuple[Sum, ...]:
    """Return every sum that ties cells of these tables: their breakdowns of one another, and the sums within a row.

    A sum within a row whose parts are broken down is left out: those cells are withheld as one (see `taken_along`).
    """
    across = [
        Sum(table, child, b.parent, parent, b.parent.key())
        for table, b in _breakdowns(tables)
        for child, parent in b.columns.items()
    ]
    tied = _ends(across)
    within = [
        Sum(t, part, t, total, t.key())
        for t in tables
        for total, parts in t.adds_up.items()
        if not any((t, part) in tied for part in parts)
        for part in parts
    ]
    return (*across, *within)


def totals_moved(table: type[Table], ties: Collection[Sum]) -> dict[str, str]:
    """Return part -> total for the sums within a row whose cells are withheld as one, parts being broken down."""
    across = _ends(s for s in ties if s.child is not s.parent)
    moved = {total: parts for total, parts in table.adds_up.items() if any((table, part) in across for part in parts)}
    return {part: total for total, parts in moved.items() for part in parts}


def _ends(ties: Iterable[Sum]) -> set[tuple[type[Table], str]]:
    return {end for s in ties for end in ((s.child, s.column), (s.parent, s.parent_column))}


def taken_along(table: type[Table], ties: Collection[Sum] = ()) -> dict[str, frozenset[str]]:
    """Return, for each count, the counts of its row that it is withheld with: itself, declared ones, its sum."""
    direct = {name: {name, *table.columns()[name].withheld_with} for name in counts(table)}
    for part, total in totals_moved(table, ties).items():
        direct[part].add(total)
        direct[total].add(part)
    while True:
        wider = {name: {far for near in others for far in direct[near]} for name, others in direct.items()}
        if wider == direct:
            return {name: frozenset(others) for name, others in direct.items()}
        direct = wider
