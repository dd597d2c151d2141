"""The page of checks: what was planted in a simulated region beside what was found, in pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from icspark.reporting.checks_picture import picture, table
from icspark.reporting.embedding import Markup, escaped
from icspark.reporting.labels import sentence
from icspark.reporting.shell import About, Assets, page
from icspark.tables.checks import NOTED, OUTSIDE, VERDICTS, WITHIN, CheckColumns

C = CheckColumns
ASSETS = Assets("checks.html", ("areas.css", "checks.css"), ("checks.js",))
PARTS = {
    "simulation_check": "The records",
    "dna_check": "Models of not attending",
    "morbidity_check": "Conditions that go together",
}
"""Check table -> what it is about."""

SAID = {
    WITHIN: "within their limits",
    OUTSIDE: "outside their limits",
    NOTED: "without limits, told for what they are",
}
WORDS = {"bmi": "BMI", "hba1c": "HbA1c", "1000": "1,000"}
TITLES = {
    "risk_without_causes": "Risk of those without any cause",
    "linked_persons": "Persons that linkage finds",
    "records_kept_share": "Records that links leave to a whole person",
    "non_attendances_share": "Appointments not attended",
    "observable_at_booking": "Not attended, against the chance known at booking",
    "drift_ratio": "Observed over expected after the drift",
}


def checks_page(found: Mapping[str, pd.DataFrame], about: About) -> str:
    """Return the page of the check tables by name as one HTML document that asks the network for nothing.

    A check with a number outside its limits stands first among those of its table.
    """
    parts = {name: rows for name, rows in found.items() if len(rows)}
    values = {
        "title": f"Planted and found in {about.region}",
        "lede": _lede(parts),
        "links": Markup("".join(f'<a href="#{name}">{escaped(PARTS.get(name, name))}</a>' for name in parts)),
        "parts": Markup("".join(_part(name, rows) for name, rows in parts.items())),
    }
    return page(ASSETS, replace(about, is_simulated=True), values)  # only what is simulated has been planted


def _lede(parts: Mapping[str, pd.DataFrame]) -> str:
    counts = {verdict: sum(int((rows[C.verdict] == verdict).sum()) for rows in parts.values()) for verdict in VERDICTS}
    return "; ".join(f"{counts[verdict]:,} numbers {SAID[verdict]}" for verdict in VERDICTS if counts[verdict]) + "."


def _part(name: str, rows: pd.DataFrame) -> str:
    groups = [(str(check), group) for check, group in rows.groupby(C.check_name, sort=True)]
    groups.sort(key=lambda each: (not (each[1][C.verdict] == OUTSIDE).any(), each[0]))
    pictures = "".join(_figure(check, group) for check, group in groups)
    heading = f'<h2 id="{name}-title">{escaped(PARTS.get(name, sentence(name.replace("_", " "))))}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{heading}{pictures}</section>'


def _figure(check: str, rows: pd.DataFrame) -> str:
    in_order = rows.sort_values([C.subject], key=lambda column: column.str.replace(r"\b(\d)\b", r"0\1", regex=True))
    title = TITLES.get(check, sentence(" ".join(WORDS.get(word, word) for word in check.split("_"))))
    meanings = "; ".join(dict.fromkeys(in_order[C.meaning]))
    if len(meanings) > 400:
        meanings = str(in_order[C.meaning].iloc[0])
    told = f"{sentence(meanings)}. Unit: {in_order[C.unit].iloc[0]}."
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("", "Planted", "Found", "Lower", "Upper", "Verdict"))
    figures = (
        f"<details><summary>The figures</summary><div class='scroll'><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{table(in_order)}</tbody></table></div></details>"
    )
    caption = f'<figcaption><h3>{escaped(title)}</h3><p class="quiet small">{escaped(told)}</p></figcaption>'
    return f'<figure class="card check-card">{caption}{picture(in_order)}{figures}</figure>'
