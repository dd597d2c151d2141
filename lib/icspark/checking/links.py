"""Links between identifiers: how many are missing or false, and what that does to persons and to their records.

Of the two links of a person (primary care with hospital, and with the diabetes centre) each is true with the chance
t = 1 - m - f, missing with m, false with f. A false link names an identifier of somebody else, whose component and its
own then contradict one another and are held apart (docs/decisions/person-identity.md). An identifier is free of false
links of others with the chance c = exp(-f). So, the number of people being large,

    P(the identifiers of primary care and hospital are one person) = t c (t c + m)
    P(those of hospital and diabetes centre are)                   = (t c)^2
    persons for one that is planted                                = (t c + m)^2 + 2 (m + f) c
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.checking.comparisons import SHARE, Comparison, scaled
from icspark.checking.limits import Limits, poisson_limits, skewed_limits, sum_limits
from icspark.checking.people import NUMBER, share_of
from icspark.checking.planted import Planted
from icspark.tables.records import IdentityLink, PersonIdentity

PERSON, SYSTEM, IDENTIFIER = PersonIdentity.person_id, PersonIdentity.id_system, PersonIdentity.source_id
PRIMARY = "primary_care"
LINKS_EACH, PAIRS_EACH = 2, 3
AGREEMENT = 0.001
"""More than the chance that two people have one month of birth and one sex."""


@dataclass(frozen=True)
class Chances:
    """What happens to a link, and what follows for pairs of identifiers and for persons."""

    missing: float
    false: float

    @property
    def intact(self) -> float:
        """Return the chance that a link is true and that no false one names its other end."""
        return (1 - self.missing - self.false) * self.clear

    @property
    def clear(self) -> float:
        """Return the chance that no false link of others names an identifier."""
        return float(np.exp(-self.false))

    @property
    def with_primary_care(self) -> float:
        """Return the chance that an identifier and that of primary care are one person."""
        return self.intact * (self.intact + self.missing)

    @property
    def recall(self) -> float:
        """Return the share of true pairs of identifiers that are linked."""
        return (2 * self.with_primary_care + self.intact**2) / PAIRS_EACH

    @property
    def persons(self) -> float:
        """Return how many persons there are for one that is planted."""
        return (self.intact + self.missing) ** 2 + LINKS_EACH * (self.missing + self.false) * self.clear


def linked_totals(links: DataFrame, identities: DataFrame, truth: DataFrame) -> dict[str, float]:
    """Return totals of links and of pairs of identifiers, true and found. `truth` is TruthIdentity."""
    ends = [
        truth.select(F.col(SYSTEM).alias(system), F.col(IDENTIFIER).alias(one), F.col(NUMBER).alias(side))
        for system, one, side in (
            (IdentityLink.left_id_system, IdentityLink.left_id, "_left"),
            (IdentityLink.right_id_system, IdentityLink.right_id, "_right"),
        )
    ]
    joined = links
    for end, keys in zip(ends, (["left_id_system", "left_id"], ["right_id_system", "right_id"]), strict=True):
        joined = joined.join(end, on=keys, how="inner")
    of_links = joined.agg(
        F.count(F.lit(1)).alias("links"), F.count_if(F.col("_left") != F.col("_right")).alias("false_links")
    )
    both = identities.join(truth, on=[SYSTEM, IDENTIFIER], how="inner")
    each = both.groupBy(PERSON, NUMBER).agg(F.count(F.lit(1)).alias("n"))
    people = each.groupBy(PERSON).agg(F.sum("n").alias("n"), F.sum(_pairs("n")).alias("true"))
    is_person = F.col(PERSON).isNotNull()
    of_people = people.agg(
        F.count_if(is_person).alias("persons"),
        F.sum(F.when(~is_person, F.col("n"))).alias("held_apart"),
        F.sum(F.when(is_person, _pairs("n"))).alias("linked_pairs"),
        F.sum(F.when(is_person, F.col("true"))).alias("true_pairs"),
    )
    row = of_links.crossJoin(of_people).toPandas().iloc[0]
    return {str(name): float(0 if pd.isna(value) else value) for name, value in row.items()}


def _pairs(count: str) -> Column:
    return F.col(count) * (F.col(count) - 1) / 2


def records_kept(identities: DataFrame, records: Sequence[tuple[str, DataFrame]]) -> pd.DataFrame:
    """Return, for each kind of record, moments of the records of an identifier, and how many reached a whole person.

    Whole is a person who has an identifier of primary care too: there the residence and the registration stand.
    """
    whole = identities.where((F.col(SYSTEM) == PRIMARY) & F.col(PERSON).isNotNull()).select(PERSON).distinct()
    reached = identities.join(whole.withColumn("_whole", F.lit(1)), on=PERSON, how="left")
    each = [
        frame.groupBy(SYSTEM, IDENTIFIER).agg(F.lit(kind).alias("kind"), F.count(F.lit(1)).cast("double").alias("n"))
        for kind, frame in records
    ]
    counted = reduce(DataFrame.unionByName, each)
    joined = counted.join(reached, on=[SYSTEM, IDENTIFIER], how="inner")
    moments = [F.sum(F.pow("n", F.lit(float(k)))).alias(f"n{k}") for k in (1, 2, 3)]
    kept = F.sum(F.when(F.col("_whole") == 1, F.col("n")).otherwise(0.0)).alias("kept")
    frame: pd.DataFrame = joined.groupBy("kind").agg(kept, *moments).toPandas()  # a kind a row
    return frame


def chances_of(planted: Planted) -> Chances:
    """Return the planted chances of a link."""
    missing, false = (planted.number(f"people_model.{name}_link_share") for name in ("missing", "false"))
    return Chances(missing, false)


def compare_links(totals: dict[str, float], planted: Planted) -> Iterator[Comparison]:
    """Yield missing and false links, persons for those planted, and precision and recall of linked pairs."""
    chances, people = chances_of(planted), planted.number("people")
    slots = LINKS_EACH * people
    meaning = "links between identifiers that are absent, of two a person"
    counts = (slots - totals["links"], slots)
    yield share_of("missing_link_share", "", chances.missing, counts=counts, meaning=meaning)
    meaning = "links that name another person's identifier, of two a person"
    counts = (totals["false_links"], slots)
    yield share_of("false_link_share", "", chances.false, counts=counts, meaning=meaning)
    yield _persons(totals["persons"], people, chances)
    yield _recall(totals["true_pairs"], people, chances)
    yield _precision(totals, slots * chances.false)
    meaning = "identifiers that are held apart because their links contradict one another"
    yield Comparison("held_apart", "", None, totals["held_apart"], "identifiers", meaning)


def _persons(found: float, people: float, chances: Chances) -> Comparison:
    """Compare persons: a missing link makes one more; a false one holds two apart and leaves one identifier alone."""
    states = np.array([[chances.missing, chances.false, 1 - chances.missing - chances.false]])
    first = people * (1 + LINKS_EACH * (chances.missing - chances.false))
    expected = people * chances.persons

    def limits(alpha: float) -> tuple[float, float]:
        least, greatest = sum_limits([LINKS_EACH * people], states, alpha, values=(1, -1, 0))
        return people + least + expected - first, people + greatest + expected - first

    meaning = "persons that linkage finds: whom a link is missing counts twice, contradictions make no person"
    return Comparison("linked_persons", "", expected, found, "persons", meaning, limits)


def _recall(true_pairs: float, people: float, chances: Chances) -> Comparison:
    """Compare pairs: a missing link loses two of a person's three, a false one all three of two persons."""
    states = np.array([[chances.missing, chances.false, 1 - chances.missing - chances.false]])
    pairs = PAIRS_EACH * people
    first = pairs - LINKS_EACH * people * (2 * chances.missing + 6 * chances.false)
    expected = pairs * chances.recall

    def limits(alpha: float) -> tuple[float | None, float | None]:
        least, greatest = sum_limits([LINKS_EACH * people], states, alpha, values=(-2, -6, 0))
        return scaled((pairs + least + expected - first, pairs + greatest + expected - first), pairs)

    meaning = "linked pairs of identifiers, of those that belong to one person in truth"
    return Comparison("link_recall", "", chances.recall, true_pairs / pairs, SHARE, meaning, limits)


def _precision(totals: dict[str, float], false_links: float) -> Comparison:
    """Compare precision: a false link passes where two people agree in month of birth and sex, and joins six pairs."""
    linked = totals["linked_pairs"]

    def limits(alpha: float) -> tuple[float, None]:
        return 1 - 6 * poisson_limits(false_links * AGREEMENT, alpha)[1] / max(linked, 1.0), None

    meaning = "pairs of identifiers of one person in truth, of those linked: false links contradict, and are held apart"
    found = totals["true_pairs"] / linked if linked else None
    return Comparison("link_precision", "", 1.0, found, SHARE, meaning, limits)


def compare_kept(found: pd.DataFrame, planted: Planted) -> Iterator[Comparison]:
    """Yield, for each kind of record, the share that missing and false links leave to a whole person.

    Rates of areas lose the rest, since only whole persons have a residence. Limits are those of a sum over identifiers,
    each with all its records or none.
    """
    chances = chances_of(planted)
    share = chances.with_primary_care
    wider = 1 + 4 * chances.false / max(1 - share, 1e-9)  # a false link loses the records of two people at once
    for kind, kept, n1, n2, n3 in found[["kind", "kept", "n1", "n2", "n3"]].sort_values("kind").to_numpy().tolist():
        variance, third = wider * share * (1 - share) * n2, share * (1 - share) * (1 - 2 * share) * n3
        meaning = "records that reach a person who has a residence and a registration: rates of areas lose the others"
        yield Comparison(
            "records_kept_share",
            kind,
            share,
            kept / n1,
            SHARE,
            meaning,
            _kept_limits(share * n1, variance, third, n1),
        )


def _kept_limits(mean: float, variance: float, third: float, total: float) -> Callable[[float], Limits]:
    return lambda alpha: scaled(skewed_limits(mean, variance, third, alpha), total)
