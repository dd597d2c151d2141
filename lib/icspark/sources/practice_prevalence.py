"""Disease registers, points and targets of the Quality and Outcomes Framework, by practice.

Record specification: NHS England, Quality and Outcomes Framework, "Prevalence, achievement and personalised care
adjustments, GP practice level": one workbook per group of conditions (`qof-YYYY-prev-ach-pca-cv-prac.xlsx`, -resp,
-ls, -hd, -neu), one sheet per register, edition 2021-22. Not seen on a real file: the layout follows the publisher's
own templates of these workbooks (github.com/NHSDigital/QOF, public_metadata, 2023-24); published reports of what stands
in which column of 2021-22 agree with them. On each sheet a row of indicator codes (row 11), each above its block of
columns, the header (row 12, found by `Practice code`), then one row per practice. All given workbooks are one source;
other sheets are passed by.

- Prevalence is the last `Register` over the first `List size` of the same year: each register has its own age range.
- Smoking has no register column: current smokers are `Denominator plus PCAs` of SMOK004, over the list of 15 and over.
- Diabetes points are the last `Total Achievement Score`. The shares at the targets of blood pressure (DM019) and HbA1c
  (DM020) are `Numerator` over `Denominator plus PCAs`, which the publisher calls patients receiving intervention: those
  who were excused count as not at the target. `options` name other indicators for other years: `blood_pressure`,
  `hba1c`, `smokers`; and `without_register: DEP` where a year has no register of a condition.

A share of nobody (0 over 0) is null. Tidied files by the names in the configuration (seen); there
`register_prevalence: "{register}-prevalance"` names the columns of all registers by their abbreviations.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured
from icspark.sources.parents import PARENT, is_no_code, with_parent_rejected
from icspark.sources.qof_workbooks import PARTS, read_workbooks
from icspark.sources.reading import read_any, typed
from icspark.tables.codes import REGISTERS
from icspark.tables.reference import PracticePrevalence

PATTERN = "register_prevalence"
PREVALENCES = {f"{name}_prevalence": abbreviation for name, (abbreviation, _) in REGISTERS.items()}
"""Our column -> the publisher's abbreviation of the register."""

SHARES = (*PREVALENCES, PracticePrevalence.diabetes_blood_pressure_share, PracticePrevalence.diabetes_hba1c_share)


def _is_no_share(name: str) -> Callable[[], Column]:
    return lambda: ~F.col(name).between(0, 1)


RULES = (
    Rule(
        "NO_PRACTICE",
        "A row is of a practice: totals, notes and source lines have no practice code.",
        lambda: F.col(PracticePrevalence.practice_code).isNull(),
    ),
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(PracticePrevalence.practice_code),
    ),
    PARENT,
    *(Rule("SHARE_RANGE", "A share lies between 0 and 1.", _is_no_share(name), name) for name in SHARES),
    Rule(
        "POINTS_NEGATIVE",
        "Points are not negative.",
        lambda: F.col(PracticePrevalence.diabetes_points) < 0,
        PracticePrevalence.diabetes_points,
    ),
)


def read(spark: SparkSession, source: Source, *, lost_practices: DataFrame | None = None) -> Checked:
    """Read the workbooks, or a tidied file whose columns the configuration names. Grain: one row per practice.

    `lost_practices` are the codes of practices that were rejected: rows of theirs are rejected too.
    """
    rows = _tidied(spark, source) if source.columns else with_shares(read_workbooks(spark, source))
    return check(with_parent_rejected(rows, lost_practices), PracticePrevalence, RULES, ceiling=source.rejected_ceiling)


def _tidied(spark: SparkSession, source: Source) -> DataFrame:
    named = {ours: theirs for ours, theirs in source.columns.items() if ours != PATTERN}
    if pattern := source.columns.get(PATTERN):
        of_registers = {ours: pattern.replace("{register}", register) for ours, register in PREVALENCES.items()}
        named = of_registers | named
    whole = source.model_copy(update={"columns": named})
    raw = read_any(spark, whole, required=list(named.values()))
    names = configured(raw.columns, whole, PracticePrevalence, where="practice_prevalence")
    return typed(raw, PracticePrevalence, dict.fromkeys(PracticePrevalence.columns(), "") | names)


def with_shares(sheets: DataFrame) -> DataFrame:
    """Return the rows of the workbooks with each share as numerator over denominator, as text and as a number.

    The text is null where both parts are missing or the denominator is 0; the share is null where a part is no number.
    """
    columns: dict[str, Column] = {
        PracticePrevalence.diabetes_points: F.col("_text_diabetes_points").try_cast("double"),
    }
    for share in PARTS:
        top, bottom = F.col(f"{share}_numerator"), F.col(f"{share}_denominator")
        is_nobody = F.coalesce(bottom.try_cast("double") == 0, F.lit(False)) | (top.isNull() & bottom.isNull())
        columns[f"_text_{share}"] = F.when(~is_nobody, F.concat_ws(" / ", top, bottom))
        columns[share] = F.try_divide(top.try_cast("double"), bottom.try_cast("double"))
    return sheets.withColumns(columns)
