"""Forty chronic conditions: codes, how common at which age, for whom more, and which raises the risk of which.

`prevalence` is a share of those of `from_age` years and over (of one sex where the condition has one). QOF: within 0.1
percentage points of the Quality and Outcomes Framework 2021-22 (NHS England, OGL v3), its practices weighted by their
registered patients of all ages. The others are round figures; they are planted values, not quotations. Those of Kuo,
Mackenzie, Pasvol, Pryce, Quint and Springate are what the publication reports, rounded. The tables by condition of
Barnett and Kuan, and those of Parkinson's UK, could not be read: figures under their names are of the order of records
of primary care, and ours. So is that of the national register of rheumatoid arthritis.
Ages, ratios of the sexes and of deprivation, and the graph are ours: plausible, made to be found again, no evidence.
The second coding is invented and means nothing outside a simulated region.
"""

from __future__ import annotations

from dataclasses import dataclass

from icspark.simulation.england_2019 import FEMALE, MALE

SIMULATED, ICD_10 = "simulated", "icd10"
CODE_VERSION = "simulated-1"

OddsRatio = float | tuple[float, float, float, float, float]
"""One for all, or one a deprivation quintile, the most deprived (1) first."""


@dataclass(frozen=True)
class Condition:
    """One condition: its ICD-10 prefixes, and its prevalence as planted.

    Prevalence by age is a plateau times expit((age - midpoint_age) / spread_years). The odds ratios compare males with
    females, and the most with the least deprived quintile. `sex` is that of a condition which only one sex has.
    """

    name: str
    icd_10: tuple[str, ...]
    prevalence: float
    from_age: int
    midpoint_age: float
    spread_years: float
    male_odds_ratio: float
    deprived_odds_ratio: float
    source: str
    sex: int | None = None


QOF = "QOF 2021-22"
BARNETT = "Barnett et al. 2012, Lancet 380:37"
KUAN = "Kuan et al. 2019, Lancet Digital Health 1:e63"
KUO = "Kuo et al. 2015, Annals of the Rheumatic Diseases 74:661"
MACKENZIE = "Mackenzie et al. 2014, Journal of Neurology, Neurosurgery and Psychiatry 85:76"
PARKINSONS_UK = "Parkinson's UK 2017, The incidence and prevalence of Parkinson's in the UK"
PASVOL = "Pasvol et al. 2020, BMJ Open 10:e036584"
PRYCE = "Pryce et al. 2017, Estimates of alcohol dependence in England based on APMS 2014"
QUINT = "Quint et al. 2016, European Respiratory Journal 47:186"
SPRINGATE = "Springate et al. 2017, British Journal of Dermatology 176:650"

CATALOGUE = (
    Condition("alcohol_dependence", ("F10",), 0.014, 16, 35, 12, 2.5, 2.4, PRYCE),
    Condition("anxiety", ("F40", "F41"), 0.050, 0, 32, 14, 0.55, 1.4, BARNETT),
    Condition("asthma", ("J45", "J46"), 0.065, 6, 8, 4, 0.85, 1.15, QOF),
    Condition("atopic_eczema", ("L20",), 0.060, 0, 3, 3, 0.9, 1.0, KUAN),
    Condition("atrial_fibrillation", ("I48",), 0.021, 0, 80, 8, 1.5, 1.0, QOF),
    Condition("benign_prostatic_hyperplasia", ("N40",), 0.040, 18, 70, 9, 1.0, 1.0, KUAN, MALE),
    Condition("bronchiectasis", ("J47",), 0.005, 0, 72, 10, 0.8, 1.1, QUINT),
    Condition("cancer", ("C18", "C20", "C34", "C43", "C50", "C61", "C64", "C67"), 0.033, 0, 74, 11, 0.9, 0.95, QOF),
    Condition("chronic_kidney_disease", ("N18",), 0.040, 18, 82, 8, 0.85, 1.1, QOF),
    Condition("chronic_liver_disease", ("K70", "K73", "K74", "K76"), 0.010, 0, 55, 11, 1.5, 1.9, KUAN),
    Condition("copd", ("J43", "J44"), 0.019, 0, 72, 8, 1.1, 2.4, QOF),
    Condition("coronary_heart_disease", ("I20", "I21", "I22", "I24", "I25"), 0.030, 0, 74, 9, 2.0, 1.4, QOF),
    Condition("dementia", ("F00", "F01", "F03", "G30"), 0.0075, 0, 86, 6, 0.75, 1.1, QOF),
    Condition("depression", ("F32", "F33"), 0.126, 18, 35, 14, 0.55, 1.5, QOF),
    Condition("diabetes", ("E10", "E11", "E13", "E14"), 0.073, 17, 66, 12, 1.35, 1.6, QOF),
    Condition("endometriosis", ("N80",), 0.015, 15, 30, 7, 1.0, 1.0, KUAN, FEMALE),
    Condition("epilepsy", ("G40",), 0.008, 18, 30, 22, 1.05, 1.5, QOF),
    Condition("gastro_oesophageal_reflux", ("K21",), 0.060, 0, 55, 16, 0.9, 1.3, KUAN),
    Condition("glaucoma", ("H40",), 0.012, 0, 76, 9, 1.0, 0.95, BARNETT),
    Condition("gout", ("M10",), 0.025, 0, 68, 12, 4.0, 1.05, KUO),
    Condition("hearing_loss", ("H90", "H91"), 0.034, 0, 76, 11, 1.15, 1.1, BARNETT),
    Condition("heart_failure", ("I50",), 0.0095, 0, 82, 8, 1.4, 1.35, QOF),
    Condition("hypertension", ("I10", "I11", "I12", "I13", "I15"), 0.140, 0, 66, 10, 1.05, 1.15, QOF),
    Condition("hypothyroidism", ("E03",), 0.036, 0, 62, 16, 0.22, 1.05, KUAN),
    Condition("inflammatory_bowel_disease", ("K50", "K51"), 0.007, 0, 35, 14, 1.0, 0.95, PASVOL),
    Condition("irritable_bowel_syndrome", ("K58",), 0.030, 0, 32, 12, 0.4, 1.05, BARNETT),
    Condition("learning_disability", ("F70", "F71", "F72", "F73", "F79"), 0.0053, 0, 4, 2, 1.7, 1.8, QOF),
    Condition("mental_health", ("F20", "F25", "F31"), 0.0098, 0, 35, 14, 1.1, 2.2, QOF),
    Condition("multiple_sclerosis", ("G35",), 0.002, 0, 40, 10, 0.42, 0.95, MACKENZIE),
    Condition("non_diabetic_hyperglycaemia", ("R73",), 0.061, 18, 65, 13, 1.0, 1.1, QOF),
    Condition("obesity", ("E66",), 0.097, 18, 45, 15, 0.9, 1.6, QOF),
    Condition("obstructive_sleep_apnoea", ("G473",), 0.015, 0, 50, 12, 2.4, 1.2, KUAN),
    Condition("osteoarthritis", ("M15", "M16", "M17", "M18", "M19"), 0.080, 0, 66, 11, 0.65, 1.2, KUAN),
    Condition("osteoporosis", ("M80", "M81"), 0.025, 0, 78, 9, 0.2, 1.05, KUAN),
    Condition("parkinsons_disease", ("G20",), 0.0022, 0, 80, 8, 1.5, 0.95, PARKINSONS_UK),
    Condition("peripheral_arterial_disease", ("I70",), 0.006, 0, 75, 9, 1.9, 1.7, QOF),
    Condition("psoriasis", ("L40",), 0.028, 0, 30, 16, 1.0, 1.05, SPRINGATE),
    Condition("rheumatoid_arthritis", ("M05", "M06"), 0.0077, 16, 62, 14, 0.42, 1.15, "QOF 2021-22, national register"),
    Condition("smoking", ("F17",), 0.155, 15, 19, 3, 1.25, 2.2, QOF),
    Condition("stroke_tia", ("I61", "I63", "I64", "G45"), 0.018, 0, 78, 9, 1.2, 1.3, QOF),
)  # fmt: skip

ODDS_RATIOS: dict[str, OddsRatio] = {
    "alcohol_dependence > chronic_liver_disease": (8.0, 7.0, 6.0, 5.0, 4.5),
    "alcohol_dependence > depression": (3.2, 3.0, 2.8, 2.6, 2.4),
    "alcohol_dependence > epilepsy": 2.2,
    "alcohol_dependence > gout": 1.6,
    "alcohol_dependence > smoking": 3.5,
    "anxiety > depression": (7.0, 6.5, 6.0, 5.5, 5.0),
    "anxiety > irritable_bowel_syndrome": 2.2,
    "asthma > bronchiectasis": 2.5,
    "asthma > copd": 3.0,
    "asthma > gastro_oesophageal_reflux": 1.6,
    "atopic_eczema > asthma": 3.0,
    "atrial_fibrillation > heart_failure": 3.0,
    "atrial_fibrillation > stroke_tia": 3.0,
    "chronic_kidney_disease > gout": 2.2,
    "chronic_kidney_disease > heart_failure": 1.7,
    "chronic_liver_disease > cancer": 1.8,
    "copd > bronchiectasis": 4.0,
    "copd > cancer": 1.7,
    "copd > heart_failure": 1.5,
    "copd > osteoporosis": 1.7,
    "coronary_heart_disease > atrial_fibrillation": 1.7,
    "coronary_heart_disease > heart_failure": (6.0, 5.5, 5.0, 4.5, 4.0),
    "depression > dementia": 1.6,
    "depression > irritable_bowel_syndrome": 1.7,
    "diabetes > chronic_kidney_disease": (3.4, 3.1, 2.8, 2.5, 2.2),
    "diabetes > coronary_heart_disease": (2.2, 2.0, 1.8, 1.6, 1.5),
    "diabetes > peripheral_arterial_disease": 2.2,
    "diabetes > stroke_tia": 1.5,
    "gastro_oesophageal_reflux > irritable_bowel_syndrome": 1.6,
    "gout > osteoarthritis": 1.5,
    "hypertension > atrial_fibrillation": 1.8,
    "hypertension > chronic_kidney_disease": 2.4,
    "hypertension > coronary_heart_disease": (2.4, 2.2, 2.0, 1.8, 1.7),
    "hypertension > dementia": 1.3,
    "hypertension > heart_failure": 1.6,
    "hypertension > peripheral_arterial_disease": 1.6,
    "hypertension > stroke_tia": 2.2,
    "hypothyroidism > depression": 1.4,
    "inflammatory_bowel_disease > cancer": 1.4,
    "inflammatory_bowel_disease > osteoporosis": 1.8,
    "learning_disability > epilepsy": 8.0,
    "learning_disability > mental_health": 3.0,
    "learning_disability > obesity": 1.5,
    "mental_health > alcohol_dependence": 2.5,
    "mental_health > obesity": 1.8,
    "mental_health > smoking": (4.0, 3.5, 3.0, 2.6, 2.2),
    "non_diabetic_hyperglycaemia > diabetes": 6.0,
    "obesity > cancer": 1.3,
    "obesity > chronic_liver_disease": 2.0,
    "obesity > depression": (2.0, 1.8, 1.6, 1.4, 1.3),
    "obesity > diabetes": (4.5, 4.0, 3.5, 3.0, 2.5),
    "obesity > gastro_oesophageal_reflux": 1.8,
    "obesity > gout": 2.2,
    "obesity > hypertension": 2.4,
    "obesity > non_diabetic_hyperglycaemia": 2.5,
    "obesity > obstructive_sleep_apnoea": 5.0,
    "obesity > osteoarthritis": 2.2,
    "obesity > psoriasis": 1.4,
    "obstructive_sleep_apnoea > atrial_fibrillation": 1.8,
    "obstructive_sleep_apnoea > hypertension": 1.7,
    "parkinsons_disease > dementia": 5.0,
    "peripheral_arterial_disease > stroke_tia": 1.6,
    "psoriasis > inflammatory_bowel_disease": 1.6,
    "psoriasis > rheumatoid_arthritis": 1.8,
    "rheumatoid_arthritis > bronchiectasis": 2.0,
    "rheumatoid_arthritis > coronary_heart_disease": 1.4,
    "rheumatoid_arthritis > osteoporosis": 2.2,
    "smoking > bronchiectasis": 1.5,
    "smoking > cancer": (2.0, 1.8, 1.6, 1.5, 1.4),
    "smoking > copd": (8.0, 7.5, 7.0, 6.5, 6.0),
    "smoking > coronary_heart_disease": (2.4, 2.2, 2.0, 1.8, 1.6),
    "smoking > peripheral_arterial_disease": (3.8, 3.4, 3.0, 2.7, 2.4),
    "smoking > rheumatoid_arthritis": 1.5,
    "smoking > stroke_tia": 1.7,
    "stroke_tia > dementia": 2.5,
    "stroke_tia > depression": 1.9,
    "stroke_tia > epilepsy": 3.0,
}
"""`earlier > later`: the odds of the later condition with the earlier one, over the odds without it."""


def simulated_code(name: str) -> str:
    """Return the stem of a condition's code in the invented second coding: SIM and the number of the condition."""
    number = [condition.name for condition in CATALOGUE].index(name) + 1
    return f"SIM{number:03d}"
