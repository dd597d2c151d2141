"""The 27 items of TRIPOD+AI, filled from the tables of a run; what a run cannot know is left to the team, and says so.

Source: Collins et al. 2024, BMJ 385:e078378, doi 10.1136/bmj-2023-078378. The items are named in our own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from icspark.reporting.dna_tables import CardTables
from icspark.reporting.dna_words import GROUPS, KINDS

SOURCE = "Collins et al. 2024, BMJ 385:e078378, doi 10.1136/bmj-2023-078378"


@dataclass(frozen=True)
class Item:
    """One item: its number and subject, what the run knows, and what is left to the team (empty if nothing is)."""

    number: int
    subject: str
    known: str
    left: str = ""


def items(card: CardTables, *, region: str, is_simulated: bool) -> list[Item]:
    """Return the 27 items in order."""
    parts = (
        _opening(card, region, is_simulated),
        _methods(card),
        _analysis(card),
        _openness(),
        _results(card),
        _discussion(card),
    )
    return [item for part in parts for item in part]


def _opening(card: CardTables, region: str, is_simulated: bool) -> Sequence[Item]:
    kind, made = KINDS[card.model["kind"]], "simulated records" if is_simulated else "linked records"
    return (
        Item(
            1,
            "Title",
            f"Development and temporal evaluation of a {kind} model of the risk that an outpatient does not attend, "
            f"{region}",
        ),
        Item(2, "Abstract", "The first screen of this page holds aim, data, model and main figures", "wording"),
        Item(
            3,
            "Background, intended use, inequalities",
            "Prognostic, for staff who remind patients of outpatient appointments (see Use). Non-attendance and its "
            "prediction are reported by deprivation, ethnic group, sex, age and site",
            "the local need, existing models, and what is known here of why people do not come",
        ),
        Item(4, "Objectives", "To develop the model, to evaluate it on later appointments, and to decide on its use"),
        Item(
            5,
            "Source of data and dates",
            f"{made}, features version {card.model['feature_version']} of {card.model['feature_source']}; "
            f"training from {card.model['train_from_date']} to the day before {card.model['train_to_date']}"
            f"{_later_windows(card)}",
            "how the extract came about and whom it leaves out",
        ),
        Item(
            6,
            "Participants",
            "People with an outpatient appointment; cancelled appointments and those after a recorded death are left "
            "out; whoever opted out left before the first count",
            "treatments and reminders already in use in these years: they are part of the outcome",
        ),
    )


def _later_windows(card: CardTables) -> str:
    validate, test = card.model["validate_to_date"], card.model["test_to_date"]
    if validate is None or test is None:
        return " (all data: a refit)"
    return f", calibration until {validate}, test until {test} (that day left out)"


def _methods(card: CardTables) -> Sequence[Item]:
    features, protected = card.model["features"], card.model["protected_features"]
    told = ", ".join(protected) if protected else "none"
    return (
        Item(
            7,
            "Preparation of data",
            "Accepted and rejected rows are counted by rule (rejected tables); identifiers are linked to people; times "
            "are local, stored in UTC",
        ),
        Item(
            8,
            "Outcome",
            "Attendance code 3, and 7 where configured, against 5 and 6; recorded by the clinic, known from the day "
            "after the appointment",
            "how faithfully the clinics record it",
        ),
        Item(
            9,
            "Predictors",
            f"{len(features)}: {', '.join(features)}. Protected characteristics among them: {told}. Each is as of the "
            "prediction point of its own row",
        ),
        Item(10, "Sample size", _sizes(card), "whether that is enough for the smallest group that matters"),
        Item(
            11,
            "Missing data",
            "Missing stays missing; each model makes its own indicator. Nothing is imputed across rows",
        ),
    )


def _analysis(card: CardTables) -> Sequence[Item]:
    return (
        Item(
            12,
            "Analysis",
            f"{KINDS[card.model['kind']]}, searched with folds that follow one another in time, "
            f"calibrated ({card.model['calibrator']}) and given its threshold "
            f"({card.model['threshold_by']}, {card.model['threshold']:.3f}) on the validation window. Limits are of "
            "people drawn anew. Groups are judged by intervals (docs/decisions/non-attendance-gates.md)",
        ),
        Item(
            13,
            "Class imbalance",
            "None of the methods changes the shares of the outcomes, so probabilities stay calibrated",
        ),
        Item(
            14,
            "Fairness",
            f"Protected characteristics are for auditing unless configured as features. Measured by: "
            f"{', '.join(GROUPS.values())}. Calibration is gated in each group with enough outcomes",
            "which differences matter here, and what follows from them",
        ),
        Item(15, "Output", "A probability, a flag at the threshold, and a list per site and day up to capacity"),
        Item(
            16,
            "Training against evaluation",
            "Same features, outcome and region; evaluation is later in time, and once more on people never seen before",
        ),
        Item(17, "Ethics", "", "approval or the reason why none was needed; the information governance of the extract"),
    )


def _sizes(card: CardTables) -> str:
    own = card.overall("auroc")
    told = [
        f"{window}: {_count(row['appointments_count'])} appointments of {_count(row['people_count'])} people, "
        f"{_count(row['non_attendances_count'])} not attended"
        for window, row in own.items()
    ]
    return "; ".join(told) or "no evaluation in the tables"


def _count(value: float) -> str:
    return "few" if value != value else f"{int(value):,}"


def _openness() -> Sequence[Item]:
    return (
        Item(
            18,
            "Open science",
            "The code is open (MIT), its version and configuration are named under Run; the method is in the docs",
            "funding, conflicts of interest, protocol, registration, and whether the data may be shared",
        ),
        Item(
            19, "Patients and the public", "", "how patients took part in deciding what is predicted and what is done"
        ),
    )


def _results(card: CardTables) -> Sequence[Item]:
    return (
        Item(
            20,
            "Participants found",
            f"{_sizes(card)}. Groups with their counts: see Groups",
            "a table of characteristics",
        ),
        Item(
            21,
            "Development",
            "Windows as in item 5; searched, fitted and calibrated as in item 12",
            "how many appointments and outcomes the training window holds",
        ),
        Item(
            22,
            "Full model",
            f"Version {card.model['model_version']} of {card.model['model_name']}, identity "
            f"{card.model['model_hash'][:16]}; the file in the registry holds no code and can be loaded with the suite",
        ),
        Item(23, "Performance", "With 95 % limits, overall and by group: see Performance and Groups"),
        Item(24, "Updating", card.updating()),
    )


def _discussion(card: CardTables) -> Sequence[Item]:
    return (
        Item(25, "Interpretation", card.verdict(), "what it means for this service"),
        Item(
            26,
            "Limitations",
            "Past reminders are hidden in the outcome; groups with too few outcomes are not assessed; transfer to "
            "another region is not shown; the effect of acting is taken from elsewhere",
            "local ones",
        ),
        Item(
            27,
            "Use of the model",
            "Rows that break a rule never reach the model; a missing value is a value of its own. Staff need the list "
            "and the reasons, no knowledge of models. Drift is watched each week (dna_monitor)",
            "who calls, what is offered, and how its effect will be measured",
        ),
    )
