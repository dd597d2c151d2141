"""Residents of LSOAs of 2011 by single year of age and sex.

Record specification: Office for National Statistics, Lower layer Super Output Area population estimates, single year
of age by sex (SAPE22DT2 for mid-2019, SAPE23DT2 for mid-2020): a workbook with the sheets `Mid-YYYY Persons`,
`Mid-YYYY Males` and `Mid-YYYY Females`, a preamble, then one row per area: `LSOA Code`, names, `All Ages`, 0 to 90+.
Males and females are read where both are there, else persons. Not seen on a real file. Editions from mid-2021 are of
LSOAs of 2021 and are refused, since the table is of 2011.

Tidied files, by the names in the configuration:
- long (seen): one row per area, age and sex; `residents_count` names the column of numbers;
- wide (seen): one row per area; `residents_count: age_{age}` names the columns, {age} standing for 0 to 89 and for 90+.

Sexes are told from words and codes (m, male, 1; f, female, 2; persons, all, 9); without a column of sexes they are
`options: {sex: ...}`, by default 9. Persons beside males and females repeat them: such rows are rejected as totals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import InputError, VintageError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.census import whole
from icspark.sources.headers import configured, demand, listed, normal, of_file
from icspark.sources.reading import chosen_columns, read_any, typed
from icspark.sources.workbooks import opened
from icspark.tables.reference import Population

MALES, FEMALES, PERSONS = "1", "2", "9"
SEXES = {
    MALES: ("1", "m", "male", "males"),
    FEMALES: ("2", "f", "female", "females"),
    PERSONS: ("9", "p", "persons", "person", "all", "both", "total"),
}
"""Our code of a sex -> how files write it, in lower case."""

OLDEST = 90
"""The last single year of age stands for itself and all above."""

SHEET = re.compile(r"^mid-(\d{4}) (persons|males|females)$")
AREA_HEADERS = ("lsoa code", "area codes", "lsoa11cd")
ALL_AGES = ("all ages", "total", "total_population")
ROWS_AT_A_TIME = 2_000

RULES = (
    Rule(
        "AREA_CODE_FORM",
        "An area is an LSOA of England or Wales: E01 or W01 and six digits.",
        lambda: ~F.col(Population.lsoa_2011_code).rlike("^[EW]01[0-9]{6}$"),
    ),
    Rule(
        "AGE_RANGE",
        "An age is 0 to 90 years, 90 meaning 90 and over.",
        lambda: ~F.col(Population.age_years).between(0, OLDEST),
    ),
    Rule("SEX_UNKNOWN", "A sex is male, female, or persons.", lambda: ~F.col(Population.sex_code).isin(*SEXES)),
    Rule("PERSONS_TWICE", "Persons beside males and females repeat them.", lambda: F.col("_repeats_sexes")),
    Rule("RESIDENTS_NEGATIVE", "A number of residents is not negative.", lambda: F.col(Population.residents_count) < 0),
    Rule("ALL_AGES_DIFFER", "The ages of an area add up to its column of all ages.", lambda: F.col("_all_ages_differ")),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return residents by area, age and sex, checked; the layout is told by the file's suffix and the configuration.

    Raises InputError where the layout is not known, VintageError where the areas are, or are declared to be, of 2021.
    """
    if source.vintage not in (None, "lsoa_2011"):
        raise _other_vintage(str(source.vintage))
    if all(path.suffix == ".xlsx" for path in source.paths):
        rows = _workbooks(spark, source)
    elif "{age}" in source.columns.get(Population.residents_count, ""):
        rows = _wide(spark, source)
    else:
        rows = _long(spark, source)
    return check(rows, Population, RULES, ceiling=source.rejected_ceiling)


def sex_code(text: Column) -> Column:
    """Return the code of a sex from how files write it; a word that is none stays as it is, null stays null."""
    word = F.lower(F.trim(text))
    code = F.coalesce(*(F.when(word.isin(*words), F.lit(code)) for code, words in SEXES.items()))
    return F.coalesce(code, text)


def age_columns(columns: Sequence[str], pattern: str) -> dict[int, str]:
    """Return age -> column, for the columns that read `pattern` with a number of years, or 90+, in place of {age}."""
    before, _, after = pattern.partition("{age}")
    form = re.compile(re.escape(before) + r"(\d{1,3})\+?" + re.escape(after))
    matches = ((form.fullmatch(column), column) for column in columns)
    return {int(match.group(1)): column for match, column in matches if match}


def melted(wide: DataFrame, ages: dict[int, str], *, all_ages: str | None) -> DataFrame:
    """Return one row per area and age of a frame of text: `age`, `residents`, `_all_ages_differ`, and what is no age.

    `all_ages` is the column that the ages must add up to; null in `_all_ages_differ` where a cell is no number.
    """
    kept = [F.col(f"`{name}`") for name in wide.columns if name not in ages.values()]
    differ = F.lit(None).cast("boolean")
    if all_ages:
        differ = whole(list(ages.values())) != F.col(f"`{all_ages}`").try_cast("bigint")
    # `stack` and not the explosion of an array, above which Spark would work the sum out again for every age.
    pairs = [cell for age, name in ages.items() for cell in (F.lit(str(age)), F.col(f"`{name}`"))]
    return wide.select("*", differ.alias("_all_ages_differ")).select(
        *kept, "_all_ages_differ", F.stack(F.lit(len(ages)), *pairs).alias("age", "residents")
    )


def _long(spark: SparkSession, source: Source) -> DataFrame:
    raw = read_any(spark, source)
    names = configured(raw.columns, source, Population, where="population")
    needed = (Population.lsoa_2011_code, Population.age_years, Population.residents_count)
    demand(names, needed, raw.columns, where="population")
    # The row as JSON costs more than all else on 6 million rows; four cells say the same.
    cells = F.concat_ws(",", *(F.coalesce(F.col(f"`{name}`"), F.lit("")) for name in names.values()))
    rows = typed(raw.withColumn("_raw", cells).transform(_with_plain_age, names), Population, names)
    if Population.sex_code not in names:
        return _flagged(rows.withColumn(Population.sex_code, F.lit(source.options.get("sex", PERSONS))), repeats=False)
    coded = rows.withColumn(Population.sex_code, sex_code(F.col(Population.sex_code)))
    # One small row: the codes of sex that the file has.
    seen = coded.agg(F.collect_set(Population.sex_code)).first()
    return _flagged(coded, repeats={PERSONS, MALES} <= set(seen[0] if seen else ()))


def _with_plain_age(raw: DataFrame, names: dict[str, str]) -> DataFrame:
    column = names[Population.age_years]
    return raw.withColumn(column, F.regexp_replace(F.col(f"`{column}`"), r"^\s*90\s*(\+|and over)\s*$", "90"))


def _wide(spark: SparkSession, source: Source) -> DataFrame:
    raw = read_any(spark, source)
    pattern = source.columns[Population.residents_count]
    chosen_columns(source, Population, {})
    ages = _all_ages(raw.columns, pattern)
    names = {our: file for our, file in source.columns.items() if our != Population.residents_count}
    missing = [file for file in names.values() if file not in raw.columns]
    if missing:
        raise InputError(
            "the file lacks columns", where="population", expected=listed(missing), found=listed(of_file(raw.columns))
        )
    all_ages = next((name for name in raw.columns if normal(name) in ALL_AGES), None)
    sexed = raw if Population.sex_code in names else raw.withColumn("_sex", F.lit(source.options.get("sex", PERSONS)))
    return _tidied(sexed, ages, all_ages=all_ages, names={Population.sex_code: "_sex", **names})


def _tidied(raw: DataFrame, ages: dict[int, str], *, all_ages: str | None, names: dict[str, str]) -> DataFrame:
    long = melted(raw.drop("_raw"), ages, all_ages=all_ages)
    area, sex = (F.col(f"`{names[our]}`") for our in (Population.lsoa_2011_code, Population.sex_code))
    cells = F.concat_ws(",", area, sex, F.col("age"), F.col("residents"))
    full = {**names, Population.age_years: "age", Population.residents_count: "residents"}
    problem = F.col("_problem") if "_problem" in long.columns else F.lit(None).cast("string")
    carried = long.withColumns(
        {"_raw": cells, "_problem": F.coalesce(problem, F.when(F.col("_all_ages_differ"), "ALL_AGES"))}
    )
    rows = typed(carried, Population, full).withColumn(Population.sex_code, sex_code(F.col(Population.sex_code)))
    return rows.withColumns({"_repeats_sexes": F.lit(False), "_all_ages_differ": F.col("_problem") == "ALL_AGES"})


def _flagged(rows: DataFrame, *, repeats: bool) -> DataFrame:
    is_repeat = (F.col(Population.sex_code) == PERSONS) if repeats else F.lit(False)
    return rows.withColumns({"_repeats_sexes": is_repeat, "_all_ages_differ": F.lit(False)})


def _all_ages(columns: Sequence[str], pattern: str) -> dict[int, str]:
    ages = age_columns(columns, pattern)
    missing = [str(age) for age in range(OLDEST + 1) if age not in ages]
    if missing:
        raise InputError(
            "the file has no column for some ages",
            where="population",
            expected=f"{pattern} for every age from 0 to 90",
            found=f"none for {listed(missing)}",
        )
    return ages


def _workbooks(spark: SparkSession, source: Source) -> DataFrame:
    tables = [table for path in source.paths for table in _sheets(path)]
    raw = spark.createDataFrame(pa.concat_tables(tables))
    ages = {age: f"age_{age}" for age in range(OLDEST + 1)}
    names = {Population.lsoa_2011_code: "area", Population.sex_code: "sex"}
    return _tidied(raw, ages, all_ages="all_ages", names=names)


def _sheets(path: Path) -> Iterator[pa.Table]:
    """Give one Arrow table of text per sheet of a workbook that holds a sex, or the persons where there is no sex."""
    book = opened(path)
    known = {match.group(2): name for name in book.sheetnames if (match := SHEET.match(normal(name)))}
    if not known:
        found = listed(book.sheetnames)
        if "2021" in found and "LSOA" in found:
            raise _other_vintage("lsoa_2021")
        raise InputError(
            "no sheet is called as the publisher calls them", where=str(path), expected="Mid-YYYY Males", found=found
        )
    wanted = ("males", "females") if {"males", "females"} <= set(known) else tuple(known)
    for sex in wanted:
        yield from _sheet(book[known[sex]].iter_rows(values_only=True), path, sex)
    book.close()


def _sheet(rows: Iterator[tuple[Any, ...]], path: Path, sex: str) -> Iterator[pa.Table]:
    header = next((row for row in rows if set(map(_word, row)) & set(AREA_HEADERS)), None)
    if header is None:
        raise InputError("a sheet has no header row", where=str(path), expected=" or ".join(AREA_HEADERS))
    words = [_word(cell) for cell in header]
    ages = {f"age_{age}": words.index(word) for age, word in _all_ages(words, "{age}").items()}
    area = next(at for at, word in enumerate(words) if word in AREA_HEADERS)
    total = next((at for at, word in enumerate(words) if word in ALL_AGES), None)
    places = {"area": area, "all_ages": total, **ages}
    same = {"sex": sex, "_file": path.name, "_raw": None}
    while batch := list(islice(rows, ROWS_AT_A_TIME)):
        filled = [row for row in batch if any(cell is not None for cell in row)]
        columns = {name: [_text(row, at) for row in filled] for name, at in places.items()}
        columns |= {name: [value] * len(filled) for name, value in same.items()}
        yield pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _word(cell: Any) -> str:
    return "" if cell is None else normal(str(cell)).removesuffix(".0")


def _text(row: tuple[Any, ...], at: int | None) -> str | None:
    return None if at is None or at >= len(row) or row[at] is None else str(row[at]).strip()


def _other_vintage(found: str) -> VintageError:
    return VintageError(
        "the table holds residents of LSOAs of 2011",
        where="population",
        expected="lsoa_2011",
        found=found,
        mend="take the estimates of mid-2020 or before, which are of LSOAs of 2011",
    )
