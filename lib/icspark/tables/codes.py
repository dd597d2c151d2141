"""Code lists and families of names that several tables share.

Codes of records are national codes of the NHS Data Model and Dictionary (https://www.datadictionary.nhs.uk), held
against its release of June 2026, or the newest one in which the page could be read; meanings are shortened. Each list
names its page, as a path below that address.
"""

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
"""QOF registers 2021-22 that are read: our name -> (the publisher's abbreviation, meaning). The publication has more of
them, among them osteoporosis and rheumatoid arthritis."""

PRACTICE_STATUS: dict[str, str] = {"A": "active", "C": "closed", "D": "dormant", "P": "proposed"}
"""ODS status codes of an organisation, as in the file epraccur."""

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
"""ODS prescribing setting codes, as in the file epraccur; 5 to 7 and 23 are not used."""

GP_PRACTICE_SETTING = "4"

SEX: dict[str, str] = {"1": "male", "2": "female", "0": "not known", "9": "not specified"}
"""Person gender code (data_elements/person_gender_code_current.html).

The newer person stated gender code (data_elements/person_stated_gender_code.html) has X for not known, which is no code
of this list: as any other unknown one it is left out of the row.
"""

ETHNIC_CATEGORY: dict[str, str] = {
    "A": "British",
    "B": "Irish",
    "C": "any other White background",
    "D": "White and Black Caribbean",
    "E": "White and Black African",
    "F": "White and Asian",
    "G": "any other mixed background",
    "H": "Indian",
    "J": "Pakistani",
    "K": "Bangladeshi",
    "L": "any other Asian background",
    "M": "Caribbean",
    "N": "African",
    "P": "any other Black background",
    "R": "Chinese",
    "S": "any other ethnic group",
    "Z": "not stated",
    "99": "not known",
}
"""Ethnic category: 16+1 codes of the 2001 census, and the default code 99 (data_elements/ethnic_category.html)."""

ATTENDANCE: dict[str, str] = {
    "5": "attended on time or, if late, before the relevant professional was ready to see the patient",
    "6": "arrived late, after the relevant professional was ready, but was seen",
    "7": "arrived late and could not be seen",
    "3": "did not attend, no advance warning given",
    "2": "cancelled by, or on behalf of, the patient",
    "4": "cancelled or postponed by the provider",
    "0": "not applicable: the appointment occurs in the future",
}
"""Attended or did not attend code (data_elements/attended_or_did_not_attend_code.html)."""

FIRST_ATTENDANCE: dict[str, str] = {
    "1": "first attendance face to face",
    "2": "follow-up attendance face to face",
    "3": "first telephone or telemedicine consultation",
    "4": "follow-up telephone or telemedicine consultation",
    "5": "referral to treatment clock stop administrative event",
}
"""First attendance code (data_dictionary/attributes/f/first_attendance_de.asp, an earlier edition of the page)."""

CONSULTATION_MEDIUM: dict[str, str] = {
    "01": "face to face communication",
    "02": "telephone",
    "03": "telemedicine",
    "04": "talk type for a person unable to speak",
    "05": "email",
    "06": "short message service (text messaging)",
    "07": "online triage",
    "08": "online instant messaging",
    "09": "text message (asynchronous)",
    "10": "instant messaging (synchronous)",
    "11": "video consultation",
    "12": "message board (asynchronous)",
    "13": "chat room (synchronous)",
    "98": "other",
}
"""Consultation medium used (01 to 08 and 98; data_elements/consultation_medium_used.html), and the further codes of
consultation mechanism, which replaces it (09 to 13; attributes/consultation_mechanism.html).

Commissioning data sets hold 01 to 04 only: 05, 06 and 98 come from other data sets, 07 from sexual health, 08 from
talking therapies.
"""

PRIORITY_TYPE: dict[str, str] = {"1": "routine", "2": "urgent", "3": "two week wait"}
"""Priority type code (data_elements/priority_type_code.html).

Its successor, service request priority type, has the same codes and calls 3 urgent suspected cancer or breast
symptomatic.
"""

ADMISSION_METHOD: dict[str, str] = {
    "11": "elective: waiting list",
    "12": "elective: booked",
    "13": "elective: planned",
    "21": "emergency: emergency care department or emergency dental service",
    "22": "emergency: general practitioner",
    "23": "emergency: bed bureau",
    "24": "emergency: consultant clinic",
    "25": "emergency: mental health crisis resolution team",
    "28": "emergency: other means (earlier editions)",
    "2A": "emergency: emergency care department of another provider",
    "2B": "emergency: transfer from another provider",
    "2C": "emergency: baby born at home as intended",
    "2D": "emergency: other means",
    "31": "maternity: admitted ante partum",
    "32": "maternity: admitted post partum",
    "81": "transfer from another provider other than in an emergency",
    "82": "birth in this provider",
    "83": "birth outside this provider, not at home as intended",
    "84": "high security psychiatric hospital: admissions panel, not on its waiting list",
    "89": "high security psychiatric hospital: from its waiting list",
    "98": "not applicable",
    "99": "not known",
}
"""Method of admission (attributes/method_of_admission.html).

In Hospital Episode Statistics 2A to 2D are used from 2013-14 on, in place of 28, which the dictionary no longer has; 84
and 89 from 1999 to 2006, in these statistics only. 98 and 99 are default codes.
"""

CODE_SYSTEMS: dict[str, str] = {"icd10": "ICD-10", "snomed": "SNOMED CT", "ctv3": "Clinical Terms Version 3"}
"""Code systems of diagnoses; the configuration may name others."""

DIAGNOSIS_SOURCES: dict[str, str] = {
    "primary": "primary care",
    "outpatient": "outpatient care",
    "inpatient": "admitted patient care",
    "emergency": "emergency care",
}
"""Where a diagnosis was recorded."""

HELD = ("5", "6", "3", "7")
"""Attendance codes of appointments that were due to be held: attended, late but seen, not attended, late and not seen.
Cancellations (2, 4) and appointments not yet held (0) are none."""

CANCELLED = ("2", "4")
"""Attendance codes of cancellations, by the patient and by the provider: no outcome."""
