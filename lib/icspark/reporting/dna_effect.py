"""What calling the list would do, if calls worked as they did in published trials: a reminder is a treatment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icspark.reporting.dna_words import place_of_kind


@dataclass(frozen=True)
class Trial:
    """A published effect of reminders: the risk of not attending with one, relative to that without."""

    name: str
    relative_risk: float
    source: str
    caution: str


TRIALS = (
    Trial(
        "Everybody reminded 48 hours before, by phone first",
        (82 / 1052) / (122 / 1071),
        "Junod Perron et al. 2010, BMC Family Practice 11:79, doi 10.1186/1471-2296-11-79: 82 of 1,052 against 122 of "
        "1,071 appointments missed in a randomised trial of a primary care clinic in Geneva",
        "not an outpatient hospital, and not only those at high risk",
    ),
    Trial(
        "Those at high risk by a model called a week before, pulmonology",
        0.6,
        "Valero-Bover et al. 2022, Reducing non-attendance in outpatient appointments, BMC Health Services Research, "
        "doi 10.1186/s12913-022-07865-y: about 40 % fewer missed appointments",
        "a randomised pilot study in one Spanish hospital, rounded as its authors discuss it",
    ),
    Trial(
        "The same, dermatology",
        0.5,
        "the same study: about 50 % fewer missed appointments",
        "the same pilot, another clinic",
    ),
)
"""Effects whose sources could be read. The Cochrane review of text messages (Gurol-Urganci et al. 2013, doi
10.1002/14651858.CD007458.pub3) could not be read in full: its relative risk is not used here."""

PER = 1000


@dataclass(frozen=True)
class Effect:
    """What calling a list does, for each 1,000 appointments."""

    calls: float
    reached_by_list: float
    avoided: float
    avoided_at_random: float
    calls_per_avoided: float


def effect(listed_share: float, sensitivity: float, rate: float, relative_risk: float) -> Effect:
    """Return the effect of calling everybody on the list once, for each 1,000 appointments.

    `listed_share` of the appointments are called, `sensitivity` of the non-attendances (a share `rate` of all) among
    them. The relative risk is taken to be the same for everybody, and everybody called to be reached.
    """
    calls, cases = PER * listed_share, PER * rate
    found, spared = cases * sensitivity, 1 - relative_risk
    avoided = found * spared
    return Effect(calls, found, avoided, cases * listed_share * spared, calls / avoided if avoided > 0 else np.nan)


NEEDED = ("listed_share", "sensitivity_at_capacity", "non_attendance_share")


@dataclass(frozen=True)
class Gain:
    """What calling the list does for a group: share called, share not attended before and after."""

    group_by: str
    group: str
    called: float
    before: float
    after: float


def who_gains(evaluation: pd.DataFrame, relative_risk: float) -> list[Gain]:
    """Return what each group gains, the whole first, then by name.

    `evaluation` holds rows of one version and window. A group whose figures are withheld is left out.
    """
    chosen = evaluation[evaluation["measure"].isin(NEEDED)]
    found = []
    for (kind, group), part in chosen.groupby(["group_by", "group"], sort=True):
        values = part.set_index("measure")["value"]
        called, sensitivity, before = (float(values.get(name, np.nan)) for name in NEEDED)
        if np.isfinite([called, sensitivity, before]).all():
            after = before * (1 - sensitivity * (1 - relative_risk))
            found.append(Gain(str(kind), str(group), called, before, after))
    return sorted(found, key=lambda gain: (place_of_kind(gain.group_by), gain.group))
