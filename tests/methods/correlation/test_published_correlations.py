"""The published findings on England's practices and areas, from the real files through our own statistics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array

from icspark.inequality.analyses import LSOA_ANALYSES, Analysis
from icspark.inequality.correlation import analyse
from icspark.tables.areas import OUTCOMES
from icspark.tables.codes import DOMAINS, REGISTERS

PREVALENCES = [name for name in OUTCOMES if name.endswith("_prevalence")]
LOW = {"english": ("EnglishLanguage-LSOA11.csv", [3, 4]), "qualification": ("HigherEducation-LSOA11.csv", [0, 1])}


@pytest.fixture(scope="module")
def registrations(data: Path) -> pd.DataFrame:
    return pd.read_parquet(data / "reference/gp-registrations.parquet")


@pytest.fixture(scope="module")
def disease(data: Path) -> pd.DataFrame:
    """Return outcomes by practice under our names, shares above 1 unknown."""
    raw = pd.read_parquet(data / "reference/qof.parquet")
    ours = {f"{short}-prevalance": f"{name}_prevalence" for name, (short, _) in REGISTERS.items()}
    ours |= {"QOF-DM": "diabetes_points", "DM019-BP": "diabetes_blood_pressure_share"}
    named = raw.rename(columns=ours | {"DM020-HbA1c": "diabetes_hba1c_share"})
    return named.where((named <= 1) | (named.columns == "diabetes_points"))


@pytest.fixture(scope="module")
def deprivation(data: Path) -> pd.DataFrame:
    raw = pd.read_parquet(data / "reference/imd-statistics.parquet")
    return raw.iloc[:, 1:17].set_axis([f"{domain}_2019_score" for domain in DOMAINS], axis=1)


@pytest.mark.parametrize(
    ("outcome", "published"), [("diabetes_hba1c_share", -0.26), ("diabetes_blood_pressure_share", 0.04)]
)
def test_adult_skills_goes_with_the_hba1c_target_and_not_with_the_blood_pressure_target(
    registrations: pd.DataFrame, disease: pd.DataFrame, deprivation: pd.DataFrame, outcome: str, published: float
) -> None:
    score = "adult_skills_2019_score"
    known = registrations.assign(x=registrations["LSOA11CD"].map(deprivation[score])).dropna(subset="x")
    total = (known["x"] * known["Patient"]).groupby(known["OrganisationCode"]).sum()
    practices = disease.assign(**{score: total / known.groupby("OrganisationCode")["Patient"].sum()})
    analysis = Analysis("practice", "unadjusted", (outcome,), (score,), is_partial=False)
    (found,) = analyse(practices, [analysis])
    assert round(found["coefficient"], 2) == published
    assert found["n_count"] == practices[[outcome, score]].dropna().shape[0] > 6000


@pytest.fixture(scope="module")
def areas(data: Path, registrations: pd.DataFrame, disease: pd.DataFrame, deprivation: pd.DataFrame) -> pd.DataFrame:
    """Return England's LSOAs: attributed outcomes, scores, age, ethnicity, males, the two census shares."""
    place = pd.Index(deprivation.index).get_indexer(registrations["LSOA11CD"])
    practice = pd.Index(disease.index).get_indexer(registrations["OrganisationCode"])
    both = (place >= 0) & (practice >= 0)
    weights = coo_array(
        (registrations["Patient"].to_numpy(float)[both], (place[both], practice[both])),
        shape=(len(deprivation), len(disease)),
    )
    given, known = weights @ disease.fillna(0).to_numpy(), weights @ disease.notna().to_numpy(float)
    frame = pd.DataFrame(given / known, index=deprivation.index, columns=disease.columns).join(deprivation)
    people = pd.read_parquet(data / "reference/population_mid2019_lsoa11_age_sex.parquet")
    ages = people.pivot_table(index="lsoa_code", columns="age", values="n", aggfunc="sum", observed=True)
    ages = ages.reindex(deprivation.index)
    middle = ages.cumsum(axis=1).ge(ages.sum(axis=1) / 2, axis=0).to_numpy().argmax(axis=1)
    frame["median_age_years"] = ages.columns.to_numpy()[middle]
    males = people[people["gender"] == "m"].groupby("lsoa_code", observed=True)["n"].sum()
    frame["male_share"] = males / ages.sum(axis=1)
    ethnicity = pd.read_parquet(data / "reference/ethnicity-lsoa.parquet").iloc[:, 0]
    frame["ethnic_minority_share"] = 2 - 1 / ethnicity
    for name, (file, low) in LOW.items():
        census = pd.read_csv(data / "reference" / file, skiprows=11, header=None, names=range(9)).dropna(subset=1)
        rows = census[census[0].astype(str).str.startswith("lsoa2011:")].dropna(axis=1, how="all")
        counts = rows.iloc[:, 1:].to_numpy(float)
        share = counts[:, low].sum(axis=1) / counts.sum(axis=1)
        column = {"english": "low_english_proficiency_share", "qualification": "low_qualification_share"}[name]
        frame[column] = pd.Series(share, index=rows[0].str[9:18])
    return frame


@pytest.fixture(scope="module")
def by_factor(areas: pd.DataFrame) -> dict[str, pd.DataFrame]:
    found = pd.DataFrame(analyse(areas, LSOA_ANALYSES))
    assert set(found["n_count"]) == {32_844}
    return {
        str(name): rows.pivot_table(index="outcome", columns="factor", values="coefficient")
        for name, rows in found.groupby("analysis")
    }


@pytest.mark.slow
def test_health_goes_most_with_prevalence_and_education_second(by_factor: dict[str, pd.DataFrame]) -> None:
    strength = by_factor["domains"].loc[PREVALENCES].abs().mean().sort_values(ascending=False)
    assert list(strength.index[:2]) == ["health_2019_score", "education_2019_score"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("analysis", "factor"),
    [
        ("domains", "education_2019_score"),
        ("education_sub_domains", "adult_skills_2019_score"),
        ("adult_skills_parts", "low_qualification_share"),
    ],
)
def test_diabetes_stands_out_with_education_adult_skills_and_low_qualifications(
    by_factor: dict[str, pd.DataFrame], analysis: str, factor: str
) -> None:
    among = by_factor[analysis].loc[PREVALENCES, factor].abs().sort_values(ascending=False)
    assert among.index[0] == "diabetes_prevalence"
    assert among.iloc[0] > 1.1 * among.iloc[1]


@pytest.mark.slow
def test_diabetes_does_not_go_with_english_proficiency(by_factor: dict[str, pd.DataFrame]) -> None:
    of_diabetes = by_factor["adult_skills_parts"].loc["diabetes_prevalence"]
    assert np.abs(of_diabetes["low_english_proficiency_share"]) < 0.1 < 0.4 < of_diabetes["low_qualification_share"]
