"""What check jobs found of what was planted in a simulated region: one table a check job, all of one form.

Reports read these; the truth itself only check jobs read.
"""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Table, column

STRING, DOUBLE = T.StringType(), T.DoubleType()

WITHIN, OUTSIDE, NOTED = "within", "outside", "noted"
VERDICTS = (WITHIN, OUTSIDE, NOTED)


class CheckColumns(Table):
    """What a check compares. Simulated: nobody stands behind these numbers, so they are open."""

    check_name = column(STRING, "what was compared, such as prevalence or odds_ratio", key=True)
    subject = column(STRING, "what it was compared for: a condition, a pair, a quintile; empty where one", key=True)
    planted = column(DOUBLE, "planted value, or what follows from what was planted")
    found = column(DOUBLE, "the same, found in records or results")
    lower = column(DOUBLE, "least value of `found` that passes")
    upper = column(DOUBLE, "greatest value of `found` that passes")
    verdict = column(STRING, "within or outside the limits; noted where there are none", required=True)
    unit = column(STRING, "unit of the values, such as a share of 1 or mmol/mol", required=True)
    meaning = column(STRING, "what was compared with what, in words", required=True)


class SimulationCheck(CheckColumns):
    """One row per check and subject of what simulate_region planted, found again in the records that were read.

    Source: derived from the truth tables and the records of a simulated region. Null `planted` where it is only known
    once it is found, null `found` where nothing was there, null limit on a side where any value passes.
    """


class DnaCheck(CheckColumns):
    """One row per check and subject of the model of not attending, held against the planted chance of each appointment.

    Source: derived from truth_appointment and what the DNA jobs wrote. Nulls as in simulation_check.
    """


class MorbidityCheck(CheckColumns):
    """One row per check and subject of pairs, arrows and networks of conditions, held against the planted graph.

    Source: derived from truth_pair and what the morbidity jobs wrote. Nulls as in simulation_check.
    """
