"""Code lists and families of names that several tables share."""

from __future__ import annotations

DOMAINS: dict[str, str] = {
    "imd": "Index of Multiple Deprivation",
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "crime": "Crime",
    "barriers": "Barriers to Housing and Services",
    "living_environment": "Living Environment",
    "idaci": "Income Deprivation Affecting Children Index",
    "idaopi": "Income Deprivation Affecting Older People Index",
    "children_young_people": "Children and Young People Sub-domain",
    "adult_skills": "Adult Skills Sub-domain",
    "geographical_barriers": "Geographical Barriers Sub-domain",
    "wider_barriers": "Wider Barriers Sub-domain",
    "indoors": "Indoors Sub-domain",
    "outdoors": "Outdoors Sub-domain",
}
"""The index, its seven domains, two supplementary indices and six sub-domains: our name -> the publisher's."""

SEVEN_DOMAINS = ("income", "employment", "education", "health", "crime", "barriers", "living_environment")

REGISTERS: dict[str, tuple[str, str]] = {
    "diabetes": ("DM", "diabetes mellitus, 17 and over"),
    "cancer": ("CAN", "cancer"),
    "chronic_kidney_disease": ("CKD", "chronic kidney disease, 18 and over"),
    "non_diabetic_hyperglycaemia": ("NDH", "non-diabetic hyperglycaemia, 18 and over"),
    "palliative_care": ("PC", "palliative care"),
    "atrial_fibrillation": ("AF", "atrial fibrillation"),
    "coronary_heart_disease": ("CHD", "coronary heart disease"),
    "heart_failure": ("HF", "heart failure"),
    "hypertension": ("HYP", "hypertension"),
    "left_ventricular_systolic_dysfunction": ("LVSD", "heart failure with left ventricular systolic dysfunction"),
    "peripheral_arterial_disease": ("PAD", "peripheral arterial disease"),
    "stroke_tia": ("STIA", "stroke or transient ischaemic attack"),
    "asthma": ("AST", "asthma, 6 and over"),
    "copd": ("COPD", "chronic obstructive pulmonary disease"),
    "obesity": ("OB", "obesity, 18 and over"),
    "smoking": ("SMOK", "smoking, 15 and over"),
    "dementia": ("DEM", "dementia"),
    "depression": ("DEP", "depression, 18 and over"),
    "epilepsy": ("EP", "epilepsy, 18 and over"),
    "learning_disability": ("LD", "learning disability"),
    "mental_health": ("MH", "schizophrenia, bipolar affective disorder and other psychoses"),
}
"""QOF registers 2021-22: our name -> (the publisher's abbreviation, meaning)."""

PRACTICE_STATUS: dict[str, str] = {"A": "active", "C": "closed", "D": "dormant", "P": "proposed"}
"""ODS status codes of an organisation."""

PRESCRIBING_SETTING: dict[str, str] = {
    "0": "other",
    "1": "walk-in centre practice",
    "2": "out-of-hours practice",
    "3": "walk-in centre and out-of-hours practice",
    "4": "GP practice",
    "8": "public health service",
    "9": "community health service",
    "10": "hospital service",
    "11": "optometry service",
    "12": "urgent and emergency care",
    "13": "hospice",
    "14": "care home or nursing home",
    "15": "border force",
    "16": "young offender institution",
    "17": "secure training centre",
    "18": "secure children's home",
    "19": "immigration removal centre",
    "20": "court",
    "21": "police custody",
    "22": "sexual assault referral centre",
    "24": "other: justice estate",
    "25": "prison",
    "26": "primary care network",
}
"""ODS prescribing setting codes."""

GP_PRACTICE_SETTING = "4"
