"""Which outcomes are held against which factors, and what is held constant."""

from __future__ import annotations

from dataclasses import dataclass, replace

from icspark.tables.areas import OUTCOMES, AreaSummary
from icspark.tables.codes import DOMAINS, SEVEN_DOMAINS
from icspark.tables.reference import EnglishProficiency, Qualification

LSOA, PRACTICE = "lsoa", "practice"


@dataclass(frozen=True)
class Analysis:
    """One set of factors at one level. Each factor is held against each outcome, the others and `controls` constant."""

    level: str
    name: str
    outcomes: tuple[str, ...]
    factors: tuple[str, ...]
    controls: tuple[str, ...] = ()
    is_partial: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that a row must have to be a complete case."""
        return self.outcomes + self.factors + self.controls

    def with_outcomes(self, outcomes: tuple[str, ...]) -> Analysis:
        """Return the same analysis of other outcomes."""
        return replace(self, outcomes=outcomes)

    def held_constant(self, factor: str) -> tuple[str, ...]:
        """Return what is held constant when `factor` is looked at."""
        return tuple(f for f in self.factors if f != factor) + self.controls if self.is_partial else ()


def _score(domain: str) -> str:
    return f"{domain}_2019_score"


_PEOPLE = (AreaSummary.median_age_years, AreaSummary.ethnic_minority_share, AreaSummary.male_share)
_OTHER_SIX = tuple(_score(domain) for domain in SEVEN_DOMAINS if domain != "education")
_SKILLS_PARTS = (EnglishProficiency.low_english_proficiency_share, Qualification.low_qualification_share)

LSOA_ANALYSES = (
    Analysis(LSOA, "domains", tuple(OUTCOMES), tuple(_score(d) for d in SEVEN_DOMAINS), _PEOPLE),
    Analysis(
        LSOA,
        "education_sub_domains",
        tuple(OUTCOMES),
        (*_OTHER_SIX, _score("children_young_people"), _score("adult_skills")),
        _PEOPLE,
    ),
    Analysis(
        LSOA,
        "adult_skills_parts",
        tuple(OUTCOMES),
        (*_OTHER_SIX, _score("children_young_people"), *_SKILLS_PARTS),
        _PEOPLE,
    ),
)
"""The seven domains; Education replaced by its two sub-domains; Adult Skills replaced by its two parts."""

PRACTICE_ANALYSES = (
    Analysis(PRACTICE, "unadjusted", tuple(OUTCOMES), tuple(_score(d) for d in DOMAINS), is_partial=False),
)
"""Every mean score over a practice's patients with every outcome of the practice, nothing held constant."""
