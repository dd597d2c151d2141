"""What was planted in the care of a region, as rows of the table `truth`: every key of its configuration, and sites."""

from __future__ import annotations

from collections.abc import Iterator

from icspark.simulation.care_config import CareConfig
from icspark.simulation.care_people import Place
from icspark.simulation.non_attendance import site_log_odds
from icspark.simulation.period import Period
from icspark.simulation.planted import Row, planted


def planted_care(config: CareConfig, *, place: Place, period: Period) -> Iterator[Row]:
    """Yield (parameter, subject, value, text, meaning) of all that is planted in care, as `planted` gives them.

    Parameters begin with `care.`; what stands in no configuration, the drawn log odds of each site, is there too.
    """
    yield from planted(config, "care.")
    yield from planted_sites(config, place=place, period=period)


def planted_sites(config: CareConfig, *, place: Place, period: Period) -> Iterator[Row]:
    """Yield the log odds of not attending at each site, drawn from the seed."""
    codes = place.sites["site_code"].tolist()
    drawn = site_log_odds(config.non_attendance, sites=len(codes), seed=period.seed)
    for code, value in zip(codes, drawn, strict=True):
        yield "care.non_attendance.site_log_odds", code, float(value), None, "log odds of not attending at the site"
