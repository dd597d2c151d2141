"""What is planted in the care of a simulated region: every strength, with its default and its meaning."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from icspark.config import JobConfig
from icspark.simulation.care_defaults import (
    ADMISSION_REASONS,
    AGE_LOG_ODDS,
    DIABETES,
    ELECTIVE_AGE,
    EMERGENCY_AGE,
    EMERGENCY_METHODS,
    HOUR_LOG_ODDS,
    HOUR_WEIGHTS,
    ICD_10,
    OUTPATIENT_AGE,
    TREATMENT_FUNCTIONS,
    WEEKDAY_LOG_ODDS,
    WEEKDAY_WEIGHTS,
)


def _rising(knots: dict[int, float]) -> dict[int, float]:
    if len(knots) < 2 or list(knots) != sorted(knots):
        raise ValueError("at least two knots, in rising order")
    return knots


def _has_weight(weights: dict[str, float]) -> dict[str, float]:
    if sum(weights.values()) <= 0:
        raise ValueError("at least one weight above 0")
    return weights


Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
LogOdds = Annotated[float, Field(ge=-5, le=5)]
RateRatio = Annotated[float, Field(gt=0, le=20)]
Weight = Annotated[float, Field(ge=0)]
Days = Annotated[float, Field(gt=0, le=730)]
Minutes = Annotated[float, Field(gt=0, le=240)]
Quintiles = tuple[RateRatio, RateRatio, RateRatio, RateRatio, RateRatio]
QuintileLogOdds = tuple[LogOdds, LogOdds, LogOdds, LogOdds, LogOdds]
RateByAge = Annotated[dict[int, RateRatio], AfterValidator(_rising)]
LogOddsByKnot = Annotated[dict[int, LogOdds], AfterValidator(_rising)]
Weights = Annotated[dict[str, Weight], AfterValidator(_has_weight)]


class ActivityRate(JobConfig):
    """How often events happen: per_person_year x ratio of age x sex x quintile x conditions.

    The part of the conditions has mean 1 in each five-year age band, sex and quintile at the first date, so the ratios
    by quintile are those of age-and-sex-standardised rates.
    """

    per_person_year: float = Field(gt=0, le=5, description="events per person-year where every ratio is 1")
    age_rate_ratio: RateByAge = Field(description="rate ratio by age in years, linear between the knots")
    female_rate_ratio: RateRatio = Field(1.0, description="rate ratio of women to men of the same age")
    imd_quintile_rate_ratio: Quintiles = Field(
        description="rate ratio by quintile of IMD 2019 of the home on the day, the most deprived first"
    )
    condition_rate_increase: float = Field(
        0.2, ge=0, le=5, description="what each condition known on the first date (8 at most) adds to a rate of 1"
    )


class NonAttendanceConfig(JobConfig):
    """The log odds of not attending (codes 3 and 7); see docs/decisions/simulated-non-attendance.md."""

    intercept: float = Field(-3.58, ge=-10, le=5, description="log odds where every other term is 0")
    lead_time_log_odds: LogOdds = Field(
        0.50, description="log odds per unit of ln((1 + days from booking to appointment) / 31)"
    )
    previous_non_attendance_log_odds: LogOdds = Field(
        0.50, description="log odds for each own non-attendance known at booking, within the look-back"
    )
    look_back_days: int = Field(365, ge=1, le=3650, description="days before booking within which history counts")
    most_previous: int = Field(3, ge=1, le=20, description="own non-attendances beyond which none is added")
    age_log_odds: LogOddsByKnot = Field(
        AGE_LOG_ODDS, description="log odds by age in years on the day, linear between the knots"
    )
    imd_quintile_log_odds: QuintileLogOdds = Field(
        (0.70, 0.42, 0.20, 0.05, -0.10), description="log odds by quintile of IMD 2019 of the home at booking"
    )
    weekday_log_odds: LogOddsByKnot = Field(WEEKDAY_LOG_ODDS, description="log odds by weekday, 1 = Monday")
    hour_log_odds: LogOddsByKnot = Field(
        HOUR_LOG_ODDS, description="log odds by hour of the day, linear between the knots"
    )
    telephone_log_odds: LogOdds = Field(-0.60, description="log odds of a telephone appointment to face to face")
    video_log_odds: LogOdds = Field(-0.30, description="log odds of a video appointment to face to face")
    first_attendance_log_odds: LogOdds = Field(0.35, description="log odds of a first attendance to a follow-up")
    interpreter_log_odds: LogOdds = Field(0.50, description="log odds where an interpreter is needed")
    site_standard_deviation: float = Field(
        0.20, ge=0, le=2, description="standard deviation of the log odds between sites, drawn from the seed"
    )
    effect_standard_deviation: float = Field(
        0.80, ge=0, le=3, description="standard deviation of the personal effect on the log odds"
    )
    lead_time_by_age_log_odds: LogOdds = Field(
        0.0,
        description="log odds per ln((1 + lead days) / 31) x (age - 50) / 20; not 0: the truth is not additive",
    )
    drift_ratio: float = Field(
        0.85, gt=0, le=1, description="observed over expected from the start of the drift on: every chance x this"
    )
    drift_days: int = Field(91, ge=0, le=3650, description="days at the end of the period with the drift; 0: none")
    unknown_home_weights: Quintiles = Field(
        (4.0, 3.25, 2.5, 1.75, 1.0), description="relative frequency of the quintiles among homes that an extract lacks"
    )
    unknown_interpreter_share: Probability = Field(
        0.022, description="share with a need of an interpreter among people of whom an extract does not tell"
    )
    nodes: int = Field(25, ge=5, le=61, description="Gauss-Hermite nodes that integrate over the personal effect")


class AppointmentConfig(JobConfig):
    """Chains of a first attendance and its follow-ups, as they are booked."""

    chain_rate: ActivityRate = Field(
        ActivityRate(
            per_person_year=0.22,
            age_rate_ratio=OUTPATIENT_AGE,
            female_rate_ratio=1.15,
            imd_quintile_rate_ratio=(1.15, 1.10, 1.05, 1.02, 1.0),
        ),
        description="rate of chains; that of appointments is (1 + follow_ups_mean) as high",
    )
    follow_ups_mean: float = Field(2.0, ge=0, le=6, description="mean number of follow-ups in a chain (geometric)")
    follow_up_gap_days: Days = Field(75, description="median days from one appointment of a chain to the next")
    booked_at_once_share: Probability = Field(
        0.6, description="share of follow-ups booked on the day of the appointment before; others 14 to 42 days ahead"
    )
    lead_days: tuple[Days, Days, Days] = Field(
        (42, 14, 7), description="median days from booking to a first attendance: routine, urgent, two week wait"
    )
    priority_weights: Weights = Field({"1": 0.78, "2": 0.14, "3": 0.08}, description="chains by priority type code")
    treatment_function_weights: Weights = Field(TREATMENT_FUNCTIONS, description="chains by treatment function code")
    medium_weights: Weights = Field(
        {"01": 0.78, "02": 0.17, "03": 0.05}, description="appointments by consultation medium used"
    )
    weekday_weights: Weights = Field(WEEKDAY_WEIGHTS, description="appointments by weekday, 1 = Monday")
    hour_weights: Weights = Field(HOUR_WEIGHTS, description="appointments by local hour")
    cancelled_by_patient: Share = Field(0.07, description="share of appointments cancelled by the patient")
    cancelled_by_provider: Share = Field(0.08, description="share of appointments cancelled by the provider")
    late_not_seen: Probability = Field(0.03, description="share of code 7 (late, not seen) among the not attended")
    late_but_seen: Probability = Field(0.02, description="share of code 6 (late but seen) among the attended")
    after_death_share: Probability = Field(
        0.30, description="share of appointments booked before a death, up to 90 days after it, that stay recorded"
    )

    @model_validator(mode="after")
    def _some_are_held(self) -> Self:
        if self.cancelled_by_patient + self.cancelled_by_provider >= 1:
            raise ValueError("cancelled_by_patient + cancelled_by_provider must be below 1")
        return self


class AdmissionConfig(JobConfig):
    """Inpatient spells."""

    emergency_rate: ActivityRate = Field(
        ActivityRate(
            per_person_year=0.055,
            age_rate_ratio=EMERGENCY_AGE,
            imd_quintile_rate_ratio=(1.60, 1.40, 1.22, 1.10, 1.0),
            condition_rate_increase=0.35,
        ),
        description="rate of emergency admissions (methods 21 to 25, 28, 2A to 2D)",
    )
    elective_rate: ActivityRate = Field(
        ActivityRate(
            per_person_year=0.095,
            age_rate_ratio=ELECTIVE_AGE,
            imd_quintile_rate_ratio=(1.10, 1.08, 1.05, 1.02, 1.0),
        ),
        description="rate of elective admissions (methods 11 to 13)",
    )
    emergency_method_weights: Weights = Field(
        EMERGENCY_METHODS, description="emergency admissions by admission method code"
    )
    elective_method_weights: Weights = Field(
        {"11": 0.45, "12": 0.25, "13": 0.30}, description="elective admissions by admission method code"
    )
    emergency_stay_days: Days = Field(6, description="mean days of an emergency stay (exponential, whole days)")
    elective_stay_days: Days = Field(1.2, description="mean days of an elective stay (exponential, whole days)")
    own_condition_share: Probability = Field(
        0.45,
        description="share of spells whose primary diagnosis is a condition of the person, if there is one",
    )
    reason_weights: Weights = Field(ADMISSION_REASONS, description="other primary diagnoses, ICD-10")
    most_secondary: int = Field(6, ge=0, le=13, description="secondary diagnoses at most")
    icd_10_codes: dict[str, str] = Field(ICD_10, description="ICD-10 code of each condition; others are not coded")


class EmergencyConfig(JobConfig):
    """Attendances at an emergency department, with their chain of times."""

    rate: ActivityRate = Field(
        ActivityRate(
            per_person_year=0.25,
            age_rate_ratio=EMERGENCY_AGE,
            imd_quintile_rate_ratio=(1.70, 1.45, 1.25, 1.10, 1.0),
        ),
        description="rate of attendances",
    )
    register_minutes: Minutes = Field(6, description="mean minutes from arrival to the desk (exponential)")
    triage_minutes: Minutes = Field(18, description="mean minutes from the desk to triage (exponential)")
    seen_minutes: Minutes = Field(75, description="mean minutes from triage to being seen (exponential)")
    treatment_minutes: Minutes = Field(95, description="mean minutes from seen to fit for discharge (exponential)")
    departure_minutes: Minutes = Field(35, description="mean minutes from fit for discharge to leaving (exponential)")
    left_before_seen: Probability = Field(0.04, description="share that leave before they are seen")
    admitted: Probability = Field(0.22, description="share admitted, of those seen")


class ObservationConfig(JobConfig):
    """Measurements. The first of a person carries the gradient; later ones differ from it by a change without one."""

    hba1c_gradient: float = Field(
        6.0,
        ge=-20,
        le=20,
        description="mmol/mol of first HbA1c, most less least deprived quintile of Adult Skills",
    )
    hba1c_least_deprived: float = Field(
        56.0, ge=45, le=80, description="mmol/mol, mean first HbA1c in the least deprived quintile"
    )
    hba1c_standard_deviation: float = Field(9.0, gt=0, le=12, description="mmol/mol, of first HbA1c in a quintile")
    hba1c_change: float = Field(-3.0, ge=-10, le=10, description="mmol/mol, mean of a later HbA1c less the first")
    bmi_gradient: float = Field(
        2.0, ge=-8, le=8, description="kg/m2 of first BMI, most less least deprived quintile of Adult Skills"
    )
    bmi_least_deprived: float = Field(27.0, ge=24, le=40, description="kg/m2, mean first BMI in that quintile")
    bmi_standard_deviation: float = Field(4.5, gt=0, le=5, description="kg/m2, of first BMI in a quintile")
    bmi_change: float = Field(0.2, ge=-3, le=3, description="kg/m2, mean of a later BMI less the first")
    bmi_share: Probability = Field(0.35, description="share of adults without diabetes whose BMI is measured")
    pressure_share: Probability = Field(0.35, description="share of adults without diabetes whose pressure is measured")
    interval_days: Days = Field(240, description="mean days between measurements of a person with diabetes")
    diabetes_conditions: tuple[str, ...] = Field(
        (DIABETES,), min_length=1, description="conditions that bring diabetes care"
    )


class ClinicConfig(JobConfig):
    """Events at the diabetes centre."""

    referred_share: Probability = Field(0.25, description="share of people with diabetes who are referred")
    wait_days: Days = Field(60, description="mean days from referral to the first visit (exponential)")
    visit_gap_days: Days = Field(150, description="mean days between visits (exponential, 28 at least)")
    education_share: Probability = Field(0.4, description="share of the referred who attend a course")
    foot_check_share: Probability = Field(0.5, description="share of visits with a foot check")


class CareConfig(JobConfig):
    """Everything planted in the care of the region."""

    site_metres: float = Field(
        6_000, gt=0, le=100_000, description="a site's weight falls by e for each of these metres from the home area"
    )

    appointments: AppointmentConfig = Field(default_factory=AppointmentConfig)
    non_attendance: NonAttendanceConfig = Field(default_factory=NonAttendanceConfig)
    admissions: AdmissionConfig = Field(default_factory=AdmissionConfig)
    emergency: EmergencyConfig = Field(default_factory=EmergencyConfig)
    observations: ObservationConfig = Field(default_factory=ObservationConfig)
    clinic: ClinicConfig = Field(default_factory=ClinicConfig)
