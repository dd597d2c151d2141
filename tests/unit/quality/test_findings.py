"""A finding passes between its limits, and the job stops where one does not."""

from __future__ import annotations

import math

import pytest
from pyspark.sql import SparkSession

from icspark.errors import QualityError
from icspark.quality.findings import Finding, findings_frame, stop_outside
from icspark.tables.checks import NOTED, OUTSIDE, WITHIN, SimulationCheck


def finding(found: float | None, lower: float | None = 0.1, upper: float | None = 0.3, subject: str = "a") -> Finding:
    return Finding("prevalence", subject, 0.2, found, lower, upper, "share", "found against planted")


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (finding(0.1), WITHIN),
        (finding(0.3), WITHIN),
        (finding(0.31), OUTSIDE),
        (finding(0.31, upper=None), WITHIN),
        (finding(0.09, upper=None), OUTSIDE),
        (finding(None), OUTSIDE),
        (finding(math.nan), OUTSIDE),
        (finding(0.9, lower=None, upper=None), NOTED),
        (finding(None, lower=None, upper=None), NOTED),
    ],
)
def test_limits_are_included_and_nothing_found_is_outside(one: Finding, verdict: str) -> None:
    assert one.verdict == verdict


def test_findings_become_rows_of_a_check_table(spark: SparkSession) -> None:
    frame = findings_frame(spark, SimulationCheck, [finding(0.2), finding(math.nan, subject="b")])
    assert frame.schema == SimulationCheck.schema()
    assert [tuple(row)[:7] for row in frame.collect()] == [
        ("prevalence", "a", 0.2, 0.2, 0.1, 0.3, WITHIN),
        ("prevalence", "b", 0.2, None, 0.1, 0.3, OUTSIDE),
    ]


def test_what_lies_outside_is_named_and_the_rest_counted() -> None:
    stop_outside([finding(0.2), finding(0.9, None, None)], where="simulation_check")
    findings = [finding(0.2), *[finding(0.4, subject=f"condition {i}") for i in range(12)]]
    with pytest.raises(QualityError, match=r"12 of 13 .*prevalence condition 0, .* and 2 more"):
        stop_outside(findings, where="simulation_check")
