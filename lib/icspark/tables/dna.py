"""The risk that a patient does not attend (DNA): features, models, decisions on them, scores and what became of them.

A row of features holds what was known at its own prediction point. Protected characteristics stand in the table for
auditing; they are features only where configuration says so.
"""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import ColumnSpec, Release, Table, column

STRING, LONG, DOUBLE, DATE = T.StringType(), T.LongType(), T.DoubleType(), T.DateType()
BOOLEAN, TIMESTAMP, STRINGS = T.BooleanType(), T.TimestampType(), T.ArrayType(T.StringType())

NUMERIC: dict[str, str] = {
    "lead_days": "days from booking to appointment, with fractions",
    "home_to_site_metres": "metres in a straight line from home area (point or its centre) to site",
    "age_years": "age in whole years at the prediction point, from the month of birth",
    "imd_2019_score": "IMD 2019 score of the LSOA of residence at the prediction point",
    "past_outcomes_count": "earlier appointments of known outcome within the look-back",
    "past_non_attendances_count": "those of them that were not attended",
    "past_non_attendance_share": "share not attended within the look-back, shrunk to the region's",
    "past_year_outcomes_count": "earlier appointments of known outcome in the last 365 days",
    "past_year_non_attendances_count": "those of them that were not attended",
    "days_since_last_outcome": "days from the last appointment of known outcome to the prediction point",
    "conditions_count": "conditions known before the prediction point; null where there are no condition cases at all",
    "past_year_admissions_count": "inpatient spells begun in the last 365 days",
    "past_year_emergency_attendances_count": "attendances at an emergency department in the last 365 days",
}
"""Numeric features: column -> meaning."""

CATEGORICAL: dict[str, str] = {
    "weekday": "local day of the week of the appointment, 1 Monday to 7 Sunday",
    "hour": "local hour of the appointment, 0 to 23",
    "month": "local month of the appointment, 1 to 12",
    "consultation_medium_code": "consultation medium used",
    "priority_type_code": "1 routine, 2 urgent, 3 two week wait",
    "treatment_function_code": "treatment function code",
    "site_code": "ODS code of the site of treatment",
    "imd_2019_decile": "national decile of IMD 2019, 1 most deprived, of the LSOA at the prediction point",
    "last_outcome_code": "attended_or_did_not_attend_code of the last appointment of known outcome",
}
"""Categorical features, as text: column -> meaning."""

BOOLEANS: dict[str, str] = {
    "is_first_attendance": "first attendance of a referral (codes 1 and 3), not a follow-up",
    "is_interpreter_needed": "an interpreter is needed",
    "is_without_history": "no earlier appointment of known outcome within the look-back",
}
"""Features that are true or false: column -> meaning."""

MISSING_SUFFIX = "_is_missing"
CAN_BE_MISSING = (
    "lead_days",
    "home_to_site_metres",
    "age_years",
    "imd_2019_score",
    "conditions_count",
    "is_interpreter_needed",
    "consultation_medium_code",
    "priority_type_code",
    "treatment_function_code",
    "site_code",
    "is_first_attendance",
)
"""Features with an indicator `<name>_is_missing` beside them; a missing value stays missing."""

PROTECTED: dict[str, str] = {
    "sex_code": "1 male, 2 female, 0 not known, 9 not specified",
    "ethnic_category_code": "16+1 codes A to S, Z not stated, 99 not known",
}
"""Protected characteristics: for auditing; features only where configuration names them."""

_TYPES: dict[str, T.DataType] = {
    **dict.fromkeys(NUMERIC, DOUBLE),
    **dict.fromkeys((*CATEGORICAL, *PROTECTED), STRING),
    **dict.fromkeys(BOOLEANS, BOOLEAN),
}
_COUNTS = tuple(name for name in NUMERIC if name.endswith("_count") and name not in CAN_BE_MISSING)


def _features() -> dict[str, ColumnSpec]:
    meanings = {**NUMERIC, **CATEGORICAL, **BOOLEANS, **PROTECTED}
    specs = {name: ColumnSpec(_TYPES[name], text, required=name in _COUNTS) for name, text in meanings.items()}
    flags = {
        f"{name}{MISSING_SUFFIX}": ColumnSpec(BOOLEAN, f"{name} is not known", required=True) for name in CAN_BE_MISSING
    }
    return {**specs, **flags}


def named_values(data_type: T.DataType) -> T.ArrayType:
    """Return the type of a list of named values."""
    return T.ArrayType(T.StructType([T.StructField("name", STRING), T.StructField("value", data_type)]))


class DnaFeature(Table, release=Release.PERSON, more=_features()):
    """One row per appointment that was held or is to come, with what was known at its prediction point.

    Source: derived from linked records, services, deprivation, condition cases and extra_feature. Cancelled
    appointments are no outcome: they are counted in the run record and have no row. Null where the value is not known.
    """

    appointment_id = column(STRING, "identifier of the appointment", key=True)
    person_id = column(STRING, "pseudonym of the person", required=True)
    appointment_datetime = column(TIMESTAMP, "when it is held, UTC", required=True)
    appointment_date = column(DATE, "local date on which it is held", required=True)
    prediction_datetime = column(TIMESTAMP, "the prediction point, UTC: only what was known then counts", required=True)
    is_point_at_booking = column(
        BOOLEAN,
        "the point is the booking: by configuration, or because it was booked later than the days before",
        required=True,
    )
    is_dna = column(BOOLEAN, "not attended, by the codes that configuration counts; null while to come")
    is_after_death = column(BOOLEAN, "after the recorded death: never trained on, never on a list", required=True)
    imd_2019_quintile = column(LONG, "national quintile of IMD 2019 at the point, 1 most deprived; null if unplaced")
    extra_features = column(
        named_values(DOUBLE),
        "every feature of extra_feature, the same in each row, by the newest value before the point; null if none",
    )


class FlatAppointment(Table, release=Release.PERSON):
    """One row per appointment of a flat file, with the features that its owner made.

    Source: a CSV or Parquet file of your own (`sources.flat_appointment`). Null `is_dna` while to come. What the
    features knew, and when, is the word of whoever made the file: no leak audit looks into it.
    """

    row_id = column(STRING, "identifier of the row; its number in the file where there is none", key=True)
    person_id = column(STRING, "pseudonym of the person; the row's identifier where the file has none", required=True)
    appointment_date = column(DATE, "date on which it is held", required=True)
    is_dna = column(BOOLEAN, "the target is the class that means not attended; null where the file has no target")
    numbers = column(
        named_values(DOUBLE), "numeric and true-or-false columns, the same in each row; null if missing", required=True
    )
    categories = column(named_values(STRING), "columns of text, the same in each row; null if missing", required=True)


class ExtraFeature(Table, release=Release.PERSON):
    """One row per person, feature and moment from which its value was known.

    Source: a file of your own (`sources.extra_feature`). A value counts at a prediction point only if it was known
    before it; the newest such one does. Null where the person ceased to have one.
    """

    person_id = column(STRING, "pseudonym of the person", key=True)
    feature = column(STRING, "name of the feature: small letters, digits and underscores", key=True)
    known_from_datetime = column(TIMESTAMP, "moment from which the value was known, UTC", key=True)
    value = column(DOUBLE, "the value; 1 and 0 for true and false")


class DnaLeakAudit(Table):
    """One row per version of dna_feature, cut time and column: whether later knowledge moved it.

    Source: derived: everything known only after the cut is changed or deleted and the features are made again; rows
    whose prediction point is at or before the cut must stay as they are. A table of numbers of rows, not of people.
    """

    cut_datetime = column(TIMESTAMP, "the cut, UTC", key=True)
    column_name = column(STRING, "column of dna_feature, or one of its extra features", key=True)
    feature_version = column(LONG, "version of dna_feature that was audited", key=True, partition=True)
    rows_compared_count = column(LONG, "rows whose point is at or before the cut", required=True)
    rows_changed_count = column(LONG, "those in which the column differs", required=True)
    is_leak = column(BOOLEAN, "any differs", required=True)


class DnaModel(Table):
    """One row per trained version of a model.

    Source: dna_train. Later jobs go by this table, never by the registry alone. Null `parent_version` unless refitted
    from another version; null `validate_to_date` and `test_to_date` in a refit, whose windows are all training.
    """

    model_name = column(STRING, "name of the model in the registry", key=True, partition=True)
    model_version = column(LONG, "version in the registry", key=True, partition=True)
    parent_version = column(LONG, "version that this one refits on all data")
    kind = column(STRING, "logistic_regression, gradient_boosting or catboost", required=True)
    model_hash = column(STRING, "SHA-256 of the fitted arrays: the identity of the model", required=True)
    file_hash = column(STRING, "SHA-256 of the model's file: checked before it is loaded", required=True)
    mlflow_run_id = column(STRING, "run that made it", required=True)
    feature_source = column(STRING, "dna_feature or flat_appointment", required=True)
    feature_version = column(LONG, "version of the feature table it was trained on", required=True)
    features = column(STRINGS, "features in the model's order", required=True)
    protected_features = column(STRINGS, "protected characteristics among them", required=True)
    train_from_date = column(DATE, "first appointment date of the training window", required=True)
    train_to_date = column(DATE, "day after its last; the validation window starts here", required=True)
    validate_to_date = column(DATE, "day after the last of the validation window; the test window starts here")
    test_to_date = column(DATE, "day after the last of the test window")
    calibrator = column(STRING, "sigmoid, isotonic or none", required=True)
    threshold = column(DOUBLE, "probability from which an appointment is flagged", required=True)
    threshold_by = column(STRING, "f1, roc_balance or capacity", required=True)
    trained_datetime = column(TIMESTAMP, "when it was registered, UTC", required=True)
    largest_probability_change = column(
        DOUBLE, "refit: largest change of probability over the validation rows of the parent; null otherwise"
    )
    mean_probability_change = column(DOUBLE, "refit: mean absolute change of the same; null otherwise")


class DnaEvaluation(Table, release=Release.AGGREGATE):
    """One row per model version, window, group and measure.

    Source: dna_evaluate. Null value with its reason where the group has too few people or outcomes, or the measure is
    not defined; null limits and standard error too where fewer than nine tenths of the replicates have the measure, and
    for E90 and ECI of groups.
    """

    model_name = column(STRING, "name of the model", key=True, partition=True)
    model_version = column(LONG, "version of the model", key=True, partition=True)
    feature_version = column(LONG, "version of the feature table that was scored", key=True, partition=True)
    window = column(
        STRING, "validate, test, test_unseen_people, or FROM/TO as configured, TO left out", key=True, partition=True
    )
    group_by = column(STRING, "overall, or the column that makes the groups", key=True)
    group = column(STRING, "the group; 'all' for overall, 'not known' where it is null", key=True)
    measure = column(STRING, "auroc, average_precision, brier, calibration_slope ...", key=True)
    value = column(DOUBLE, "the measure", withheld_with=("people_count", "non_attendances_count", "attendances_count"))
    standard_error = column(
        DOUBLE,
        "its standard error, by people drawn anew",
        withheld_with=("people_count", "non_attendances_count", "attendances_count"),
    )
    lower_95 = column(DOUBLE, "lower limit", withheld_with=("people_count", "non_attendances_count"))
    upper_95 = column(DOUBLE, "upper limit", withheld_with=("people_count", "non_attendances_count"))
    reason = column(STRING, "why it is null: few_people, few_outcomes, one_class, one_probability, not_defined")
    people_count = column(LONG, "people in the group", is_count=True, required=True)
    appointments_count = column(LONG, "their appointments", is_count=True, required=True)
    non_attendances_count = column(LONG, "appointments not attended", is_count=True, required=True)
    attendances_count = column(LONG, "appointments attended", is_count=True, required=True)


class DnaCurve(Table, release=Release.AGGREGATE):
    """One row per model version, window, curve and point: what the pictures of a model are drawn from.

    Source: dna_evaluate. Curves: `roc` (x 1 - specificity, y sensitivity), `precision_recall` (x sensitivity, y
    precision), `calibration` (a tenth of the appointments: x mean probability, y observed share), `histogram` (x and y
    bounds of a bin of probability), `gain` (x share called of each site and day, y share of non-attendances among
    them), `decision` (x threshold, y net benefit of the model, y_all of acting on everybody), `importance` (label the
    feature, y fall of the AUROC when its values are mixed). From each point to the next are at least 8 people of
    either class: points, and tenths, are left out or joined until there are. Null where a curve has no such number; a
    null count of the histogram is a withheld one.
    """

    model_name = column(STRING, "name of the model", key=True, partition=True)
    model_version = column(LONG, "version of the model", key=True, partition=True)
    feature_version = column(LONG, "version of the feature table that was scored", key=True, partition=True)
    window = column(STRING, "as in dna_evaluation", key=True, partition=True)
    curve = column(STRING, "which curve", key=True)
    point = column(LONG, "number of the point along the curve, from 0", key=True)
    label = column(STRING, "what the point stands for, where it is no number")
    x = column(DOUBLE, "abscissa", is_open=True)
    y = column(DOUBLE, "ordinate", is_open=True)
    y_all = column(DOUBLE, "ordinate of acting on everybody", is_open=True)
    lower_95 = column(DOUBLE, "lower limit of y", is_open=True)
    upper_95 = column(DOUBLE, "upper limit of y", is_open=True)
    appointments_count = column(LONG, "appointments of a bin, held to the floor of disclosure", is_count=True)


class DnaPromotion(Table):
    """One row per decision and gate.

    Source: dna_promote. Null `value` where the gate is no comparison of a number, null limits of the interval where
    none was judged; null override unless somebody overruled a refusal, by name and with a reason. No gate tells of a
    group with fewer than 100 outcomes.
    """

    model_name = column(STRING, "name of the model", key=True)
    model_version = column(LONG, "version that asked to be champion", key=True)
    decided_datetime = column(TIMESTAMP, "when it was decided, UTC", key=True, partition=True)
    gate = column(STRING, "name of the gate", key=True)
    group = column(STRING, "column=group that the gate looked at; overall", key=True)
    champion_version = column(LONG, "champion before the decision; null where there was none")
    value = column(DOUBLE, "what was found")
    lower = column(DOUBLE, "lower end of the interval that was judged")
    upper = column(DOUBLE, "upper end of the interval that was judged")
    limit = column(STRING, "what it was held to, or why it was not assessed", required=True)
    is_passed = column(BOOLEAN, "the gate lets it through; null where not assessed")
    decision = column(STRING, "promoted, refused or overridden: of the whole decision", required=True)
    override_by = column(STRING, "who overruled")
    override_reason = column(STRING, "why")


class DnaScore(Table, release=Release.PERSON):
    """One row per appointment and scoring. Kept as it was at each scoring, never overwritten.

    Source: dna_score. A scoring is a moment, a model version and a version of the features. Null rank and reasons
    unless on the list.
    """

    appointment_id = column(STRING, "identifier of the appointment", key=True)
    scored_datetime = column(TIMESTAMP, "the scoring, UTC", key=True, partition=True)
    model_name = column(STRING, "name of the model", key=True, partition=True)
    model_version = column(LONG, "version of the model", key=True, partition=True)
    feature_version = column(LONG, "version of the feature table", key=True, partition=True)
    person_id = column(STRING, "pseudonym of the person", required=True)
    appointment_datetime = column(TIMESTAMP, "when it is held, UTC", required=True)
    site_code = column(STRING, "ODS code of the site; null where not known")
    dna_probability = column(DOUBLE, "calibrated probability, to 1e-10", required=True)
    is_flagged = column(BOOLEAN, "probability at or above the model's threshold", required=True)
    list_rank = column(LONG, "rank within site and day, 1 first; null below capacity and after death")
    reasons = column(STRINGS, "the three things that moved the score most and which way, in words")


class CallingList(Table, release=Release.PERSON):
    """One row per appointment on the list of the newest scoring: the one table of persons that may leave.

    Source: derived from dna_score. Whoever holds the secret and the identifiers of appointments makes the key again,
    outside the suite. Nothing in a row is a value of a person.
    """

    list_key = column(STRING, "pseudonym of the appointment: 32 hex digits of a salted SHA-256", key=True)
    site_code = column(STRING, "ODS code of the site; null where not known")
    appointment_datetime = column(TIMESTAMP, "the slot, UTC", required=True)
    list_rank = column(LONG, "rank within site and day, 1 first", required=True)
    reasons = column(STRINGS, "the three things that moved the score most and which way, in words")


class Contact(Table, release=Release.PERSON):
    """One row per attempt to reach a patient about an appointment.

    Source: the file of the team that calls, this project's own layout (`appointment_id`, `contacted_datetime`).
    """

    appointment_id = column(STRING, "identifier of the appointment", key=True)
    contacted_datetime = column(TIMESTAMP, "when the patient was reached, UTC", key=True)


class DnaMonitor(Table, release=Release.AGGREGATE):
    """One row per week, measure and group.

    Source: dna_monitor. Null value where too little is there, and null limits where there is nothing to hold it
    against, each with the reason. Groups other than those of contact are of patients who were not contacted.
    """

    model_name = column(STRING, "name of the model", key=True, partition=True)
    model_version = column(LONG, "version that scored", key=True, partition=True)
    week_start_date = column(DATE, "Monday of the week, local", key=True)
    measure = column(
        STRING,
        "population_stability_index, predicted_mean; observed_over_expected and auroc, each of the week and, at the "
        "last week of every block of twelve, of the block (_12_weeks)",
        key=True,
    )
    feature = column(STRING, "the feature or score that the index is of; empty for other measures", key=True)
    group_by = column(STRING, "overall, contact, or the column that makes the groups", key=True)
    group = column(STRING, "the group; 'all' for overall", key=True)
    value = column(DOUBLE, "the measure", withheld_with=("people_count", "non_attendances_count"))
    lower_95 = column(DOUBLE, "lower limit", withheld_with=("people_count", "non_attendances_count"))
    upper_95 = column(DOUBLE, "upper limit", withheld_with=("people_count", "non_attendances_count"))
    lower_limit = column(DOUBLE, "alarm below; null where there is none", is_open=True)
    upper_limit = column(DOUBLE, "alarm above; null where there is none", is_open=True)
    is_alarm = column(BOOLEAN, "outside the limits; null where not assessed")
    false_alarm_probability = column(
        DOUBLE, "chance of an alarm without drift that these limits leave; null where there are none", is_open=True
    )
    shared_by_count = column(LONG, "measures and groups that share the false-alarm budget", required=True, is_open=True)
    reason = column(
        STRING,
        "why value or limits are null: few_people, few_outcomes, outcomes_not_in, no_reference, contacted",
    )
    people_count = column(LONG, "people in it", is_count=True, required=True)
    appointments_count = column(LONG, "their appointments", is_count=True, required=True)
    non_attendances_count = column(LONG, "not attended; null until outcomes are in", is_count=True)
