"""Defaults of the planted care that are tables rather than numbers."""

from __future__ import annotations

from icspark.simulation.condition_catalogue import CATALOGUE, Condition
from icspark.simulation.conditions import UNDIVIDED

DIABETES = "diabetes"

AGE_LOG_ODDS = {0: 0.15, 10: 0.05, 16: 0.40, 25: 0.85, 40: 0.40, 55: -0.10, 70: -0.65, 80: -0.60, 95: -0.20}
"""Highest in the twenties, lowest about seventy: the shape that NHS hospital outpatient statistics show by age."""

WEEKDAY_LOG_ODDS = {1: 0.15, 2: 0.0, 3: -0.05, 4: 0.0, 5: 0.12, 6: 0.25, 7: 0.25}
HOUR_LOG_ODDS = {8: 0.20, 9: 0.10, 11: 0.0, 14: 0.0, 17: 0.20}

WEEKDAY_WEIGHTS = {"1": 0.195, "2": 0.205, "3": 0.205, "4": 0.195, "5": 0.165, "6": 0.025, "7": 0.01}
HOUR_WEIGHTS = {
    "8": 0.06,
    "9": 0.16,
    "10": 0.16,
    "11": 0.14,
    "12": 0.07,
    "13": 0.10,
    "14": 0.13,
    "15": 0.11,
    "16": 0.07,
}

OUTPATIENT_AGE = {0: 0.8, 5: 0.6, 15: 0.6, 30: 0.9, 45: 1.0, 60: 1.5, 75: 2.1, 90: 1.7}
EMERGENCY_AGE = {0: 2.0, 3: 1.0, 10: 0.6, 20: 0.9, 40: 0.9, 60: 1.2, 75: 2.4, 85: 4.0, 95: 5.0}
ELECTIVE_AGE = {0: 0.4, 15: 0.4, 30: 0.7, 45: 1.0, 60: 1.8, 75: 2.8, 85: 2.0, 95: 1.0}

TREATMENT_FUNCTIONS = {
    "100": 0.06,
    "101": 0.06,
    "110": 0.14,
    "120": 0.07,
    "130": 0.14,
    "160": 0.03,
    "300": 0.07,
    "301": 0.06,
    "307": 0.05,
    "320": 0.09,
    "330": 0.09,
    "340": 0.05,
    "361": 0.03,
    "400": 0.06,
}
"""NHS treatment function codes of services that see both sexes and, for the most part, adults."""

EMERGENCY_METHODS = {
    "21": 0.66,
    "22": 0.10,
    "23": 0.02,
    "24": 0.06,
    "25": 0.01,
    "28": 0.03,
    "2A": 0.06,
    "2B": 0.03,
    "2C": 0.01,
    "2D": 0.02,
}

ADMISSION_REASONS = {
    "R074": 0.14,
    "R104": 0.13,
    "N390": 0.10,
    "J189": 0.12,
    "J22X": 0.07,
    "L031": 0.06,
    "S720": 0.05,
    "S525": 0.05,
    "K802": 0.06,
    "K409": 0.05,
    "R55X": 0.06,
    "H269": 0.11,
}
"""ICD-10 codes of what brings people to hospital beside their chronic conditions, without dots."""


def _usual_code(condition: Condition) -> str:
    prefix = "E11" if condition.name == DIABETES else condition.icd_10[0]
    return f"{prefix}X" if prefix in UNDIVIDED else f"{prefix}9"[:4]


ICD_10 = {condition.name: _usual_code(condition) for condition in CATALOGUE}
"""One ICD-10 code of each chronic condition, as a hospital would mostly write it."""
