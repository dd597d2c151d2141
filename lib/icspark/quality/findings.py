"""What a check job compares: planted and found, the limits between which it passes, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from icspark.errors import QualityError
from icspark.tables.checks import NOTED, OUTSIDE, WITHIN, CheckColumns

MOST_LISTED = 10


@dataclass(frozen=True)
class Finding:
    """One comparison, as a row of CheckColumns; None for what is not known, and for a side without a limit."""

    check_name: str
    subject: str
    planted: float | None
    found: float | None
    lower: float | None
    upper: float | None
    unit: str
    meaning: str

    @property
    def verdict(self) -> str:
        """Return within or outside, limits included; noted where there are none. Nothing found is outside of any."""
        if self.lower is None and self.upper is None:
            return NOTED
        low = -math.inf if self.lower is None else self.lower
        high = math.inf if self.upper is None else self.upper
        return WITHIN if self.found is not None and low <= self.found <= high else OUTSIDE


def findings_frame(spark: SparkSession, table: type[CheckColumns], findings: Sequence[Finding]) -> DataFrame:
    """Return the findings as rows of a check table."""
    rows = [tuple(_finite(getattr(finding, name)) for name in table.columns()) for finding in findings]
    return spark.createDataFrame(rows, table.schema())


def stop_outside(findings: Sequence[Finding], *, where: str) -> None:
    """Raise QualityError where a finding lies outside its limits: to be called once they are written."""
    outside = [finding for finding in findings if finding.verdict == OUTSIDE]
    if not outside:
        return
    named = [f"{one.check_name} {one.subject}".strip() for one in outside[:MOST_LISTED]]
    more = f" and {len(outside) - MOST_LISTED} more" if len(outside) > MOST_LISTED else ""
    raise QualityError(
        f"{len(outside)} of {len(findings)} findings lie outside their limits",
        where=where,
        found=", ".join(named) + more,
        mend=f"look at {where} (it has been written): what was planted does not come back",
    )


def _finite(value: float | str | None) -> float | str | None:
    if isinstance(value, str) or value is None:
        return value
    return float(value) if math.isfinite(value) else None
