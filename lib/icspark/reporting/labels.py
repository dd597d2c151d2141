"""How a column is called and shown on a page: label, theme, unit and kind, from what its table class says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import types as T

from icspark.tables.codes import DOMAINS, REGISTERS
from icspark.tables.table import ColumnSpec, Table

Kind = Literal["sequential", "diverging", "ordered", "category"]

THEMES = (
    "Disease prevalence, attributed from practices",
    "Diabetes care, attributed from practices",
    "Deprivation scores",
    "Deprivation fifths and tenths",
    "People",
    "Land and access to practices",
    "Coverage of what is attributed",
    "How it is known",
    "Events of people, from linked records",
)
"""Groups of columns, in the order in which a page offers them."""

MIDPOINTS = {"male_share": 0.5}
"""Columns with a natural middle: they take a scale of two hues."""

ORDERED_SUFFIXES = ("_quintile", "_decile", "_local_bin")

REASONS = {
    "partial": "an extract holds only some of its registrations",
    "no_registrations": "nobody is registered",
    "no_postcode": "the practice has no postcode",
    "postcode_not_in_directory": "its postcode is not in the directory of postcodes that is loaded",
    "no_coordinates": "the directory gives its postcode no coordinates",
    "no_directory": "no directory of postcodes is loaded",
    "outside_map": "it lies outside the area of the map",
    "no_boundaries": "there is no map",
    "too_few": "too few areas or practices",
    "constant": "one of the columns has one value only",
    "collinear": "the columns held constant determine one another",
    "empty_quintile": "no area in one of the fifths",
    "few_events": "fewer than 10 events",
    "empty_band": "nobody of one sex in one of the age bands",
    "empty_fifth": "nobody lives in an area of this fifth",
    "too_few_groups": "people live in fewer than three of the fifths",
    "no_variance": "one person alone in one of the fifths",
    "not_above_zero": "the line falls below zero",
}
"""Reason codes of the tables, in words."""

_SHORT = {
    "living_environment": "Living Environment",
    "imd": "Index of Multiple Deprivation",
    "idaci": "Income affecting children (IDACI)",
    "idaopi": "Income affecting older people (IDAOPI)",
}
_HEADS = {
    "education": "Education",
    "health": "Health",
    "barriers": "Barriers",
    "idaci": "IDACI (children)",
    "idaopi": "IDAOPI (older people)",
    "imd": "Whole index (IMD)",
    "children_young_people": "Young people",
    "geographical_barriers": "Geographical barriers",
    "wider_barriers": "Wider barriers",
    "low_english_proficiency": "Low English proficiency",
    "low_qualification": "Low qualification",
}
_SMALL_WORDS = {
    "practices_serving_90_percent_count": "Practices that serve 90 % of its patients",
    "summary_reason": "Why there are no figures of registrations",
    "area_hectares_source": "How its hectares are known",
    "in_region": "In the region",
    "area_hectares": "Land in hectares",
    "population_count": "Residents",
    "region_share": "Share of its patients in the region",
    "diabetes_points": "Diabetes: QOF points achieved",
    "diabetes_blood_pressure_share": "Diabetes: at the blood pressure target (DM019)",
    "diabetes_hba1c_share": "Diabetes: at the HbA1c target (DM020)",
    "staff_turnover_per_year": "Practitioners leaving in a year",
}
_SUFFIXES = {
    "prevalence": "attributed prevalence",
    "coverage": "coverage",
    "score": "score",
    "quintile": "fifth",
    "decile": "tenth",
    "local_bin": "local bin",
}


@dataclass(frozen=True)
class Measure:
    """One column as a page shows it; `note` is the whole description of its table class."""

    name: str
    label: str
    theme: str
    unit: str
    kind: Kind
    note: str


def measures(table: type[Table], *, without: frozenset[str] = frozenset()) -> list[Measure]:
    """Return the columns of a table that a page can show, by theme and then in the table's order.

    Keys and names identify a row and are left out, as are the columns in `without`.
    """
    skip = {name for name, spec in table.columns().items() if spec.key or name.endswith("_name")} | without
    found = [measure(name, spec) for name, spec in table.columns().items() if name not in skip]
    return sorted(found, key=lambda m: THEMES.index(m.theme))


def measure(name: str, spec: ColumnSpec) -> Measure:
    """Return how one column is shown."""
    note = sentence(spec.description).replace(" / ", " divided by ")
    return Measure(name, label(name), theme(name), unit(name), kind(name, spec), note)


def label(name: str) -> str:
    """Return a short human label of a column; families are named by what they are about."""
    if name in _SMALL_WORDS:
        return _SMALL_WORDS[name]
    about, suffix = _subject(name)
    if suffix:
        return f"{about}: {_SUFFIXES[suffix]}"
    return sentence(re.sub(r"_(count|years)$", "", name).replace("_", " "))


def subject(name: str) -> str:
    """Return what a column of a family is about, such as `Asthma` or `Income`; else its label."""
    found, suffix = _subject(name)
    return found if suffix in ("prevalence", "score") else label(name).removesuffix(": attributed prevalence")


def head(name: str) -> str:
    """Return the shortest name of a factor, for the head of a narrow column."""
    stem = re.sub(r"(_20\d\d)?_(score|share)$", "", name)
    return _HEADS.get(stem, subject(name))


def _subject(name: str) -> tuple[str, str]:
    match = re.fullmatch(rf"(.+?)(?:_20\d\d)?_({'|'.join(_SUFFIXES)})", name)
    stem, suffix = (match.group(1), match.group(2)) if match else (name, "")
    if stem in REGISTERS:
        return sentence(REGISTERS[stem][1]), suffix
    if stem in DOMAINS:
        return _SHORT.get(stem, DOMAINS[stem].removesuffix(" Sub-domain")), suffix
    known = next((text for key, text in _SMALL_WORDS.items() if key == stem), None)
    return known or sentence(stem.replace("_", " ")), suffix


def theme(name: str) -> str:
    """Return the group that a column belongs to, by the ending of its name."""
    endings = {
        "_prevalence": 0,
        "_score": 2,
        "_coverage": 6,
        "_reason": 7,
        "_source": 7,
        **dict.fromkeys(ORDERED_SUFFIXES, 3),
    }
    for ending, place in endings.items():
        if name.endswith(ending):
            return THEMES[place]
    if name.startswith("diabetes_"):
        return THEMES[1]
    return THEMES[5 if re.search(r"hectare|^practices_|^in_region", name) else 4]


def unit(name: str) -> str:
    """Return the unit of a column, by the ending of its name: how a page writes its numbers."""
    endings = {
        "_prevalence": "percent",
        "_share": "percent",
        "_coverage": "percent",
        "_per_year": "percent",
        "_years": "years",
        "_per_hectare": "per hectare",
        "_hectares": "hectares",
        "_score": "score",
        "_points": "points",
        "_patients_count": "patients",
        "_90_percent_count": "practices",
        "population_count": "residents",
        **dict.fromkeys(ORDERED_SUFFIXES, "class"),
    }
    return next((text for ending, text in endings.items() if name.endswith(ending)), "")


def kind(name: str, spec: ColumnSpec) -> Kind:
    """Return which scale a column takes: one hue, two hues about a midpoint, ordered classes, or categories."""
    if name.endswith(ORDERED_SUFFIXES):
        return "ordered"
    if isinstance(spec.data_type, (T.StringType, T.BooleanType)):
        return "category"
    return "diverging" if name in MIDPOINTS else "sequential"


def sentence(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]
