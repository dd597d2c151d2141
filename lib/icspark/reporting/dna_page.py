"""The card of a model of non-attendance: use, performance, groups, promotion, effect, TRIPOD+AI, in one file."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from icspark.reporting import dna_pictures as draw
from icspark.reporting import dna_tripod
from icspark.reporting.dna_curves import (
    CALIBRATION,
    DECISION,
    GAIN,
    HISTOGRAM,
    IMPORTANCE,
    PRECISION_RECALL,
    ROC,
    points_of,
)
from icspark.reporting.dna_effect import NEEDED, TRIALS, Gain, effect, who_gains
from icspark.reporting.dna_forest import forest_picture
from icspark.reporting.dna_sections import (
    gate_rows,
    group_rows,
    monitoring,
    override_text,
    window_rows,
    windows_head,
)
from icspark.reporting.dna_tables import CardTables
from icspark.reporting.dna_words import KINDS, MEASURES, WINDOWS, place_name, told, with_limits
from icspark.reporting.embedding import Markup, escaped, table_rows
from icspark.reporting.shell import About, Assets, page

ASSETS = Assets("dna.html", ("areas.css", "dna.css"), ("dna.js",))
GLANCE = ("auroc", "calibration_slope", "calibration_in_the_large", "sensitivity_at_capacity", "precision_at_capacity")
FOREST = ("auroc", "calibration_slope", "calibration_in_the_large")
BANDS = {"calibration_slope": (0.9, 1.1), "calibration_in_the_large": (-0.1, 0.1)}


def model_card(card: CardTables, about: About) -> str:
    """Return the page as one HTML document that asks the network for nothing; every text is escaped."""
    name, version = card.model["model_name"], card.model["model_version"]
    values = {
        "title": f"Risk of not attending: {name}, version {version}",
        "lede": _lede(card, about),
        "shown": _shown(card),
        "glance": Markup("".join(_glance(card))),
        "best": _best(card),
        "windows_head": windows_head(card),
        "windows": table_rows(window_rows(card)),
        "pictures": Markup("".join(_pictures(card, about))),
        "forest": _forest(card, about),
        "groups": table_rows(group_rows(card)),
        "outcome": "" if card.decision.empty else str(card.decision["decision"].iloc[0]),
        "verdict": card.verdict(),
        "override": override_text(card),
        "gates": gate_rows(card),
        **_effect_values(card),
        "monitoring": monitoring(card),
        "tripod_source": dna_tripod.SOURCE,
        "tripod": _tripod(card, about),
    }
    return page(ASSETS, about, values)


def _lede(card: CardTables, about: About) -> str:
    started = f" on {about.run['started_at']}" if about.run.get("started_at") else ""
    made = "simulated records" if about.is_simulated else "linked records"
    return (
        f"A {KINDS[card.model['kind']]} model of whether an outpatient appointment in {about.region} is attended. Made "
        f"from {made}{started}; everything is in this one file."
    )


def _shown(card: CardTables) -> str:
    window = WINDOWS.get(card.window, card.window)
    judged = int(card.judged["model_version"])
    own = "" if judged == int(card.model["model_version"]) else f" of version {judged}, of which this is the refit"
    return f"Figures of the window: {window.lower()}{own}. {card.verdict()}."


def _glance(card: CardTables) -> Iterable[str]:
    for measure in GLANCE:
        row = card.shown(measure)
        value = "–" if row is None else told(measure, row["value"])
        limits = "" if row is None else with_limits(row).partition(" (")[2].rstrip(")")
        yield (
            f'<div class="card"><p class="name">{escaped(MEASURES[measure])}</p><p class="value">{escaped(value)}</p>'
            f'<p class="limits">{escaped(limits)}</p></div>'
        )


def _best(card: CardTables) -> Markup:
    """Return how far the model is from the best possible score, where the region is simulated and was checked."""
    if card.checks.empty:
        return Markup("")
    own = card.checks[(card.checks["check_name"] == "auroc") & (card.checks["subject"] == "")]
    if own.empty:
        return Markup("")
    planted, found = float(own["planted"].iloc[0]), float(own["found"].iloc[0])
    text = (
        f"The region is simulated, so the best possible score is known: its area under the ROC curve is {planted:.4f}, "
        f"that of the model {found:.4f}, on the same appointments."
    )
    return Markup(f'<p class="card">{escaped(text)}</p>')


def _pictures(card: CardTables, about: About) -> Iterable[str]:
    if card.curves.empty:
        return
    note = "Simulated data." if about.is_simulated else ""
    calibration, bins = points_of(card.curves, CALIBRATION), points_of(card.curves, HISTOGRAM)
    yield _figure(draw.calibration_picture(calibration, bins, title="Calibration", note=note), _CALIBRATION_CAPTION)
    for curve, picture, title, caption in _PICTURES:
        points = points_of(card.curves, curve)
        if len(points):
            yield _figure(picture(points, title=title, note=note), caption)


_CALIBRATION_CAPTION = (
    "Observed share by tenths of the probability, above how many appointments have it. On the dashed line "
    "probabilities come true as often as they say."
)
_IMPORTANCE_CAPTION = (
    "How much the area under the ROC curve falls when a feature's values are mixed; related features share theirs. "
    "Limits are those of the mixing."
)
_PICTURES: tuple[tuple[str, Callable[..., bytes], str, str], ...] = (
    (
        GAIN,
        draw.gain_picture,
        "Gain at capacity",
        "Share of the non-attendances that are on the lists, by how much of each site's day is called.",
    ),
    (
        ROC,
        draw.roc_picture,
        "ROC curve",
        "Each point is a threshold: the share of non-attendances above it, by the share of attendances above it.",
    ),
    (
        PRECISION_RECALL,
        draw.precision_recall_picture,
        "Precision and recall",
        "Of those above a threshold, the share not attended; the dashed line is that of everybody.",
    ),
    (
        DECISION,
        draw.decision_picture,
        "Decision curve",
        "What acting by the model is worth, against acting on everybody and on nobody (the line at 0).",
    ),
    (IMPORTANCE, draw.importance_picture, "Permutation importance", _IMPORTANCE_CAPTION),
)


def _figure(png: bytes, caption: str) -> str:
    data = base64.b64encode(png).decode()
    return (
        f'<figure class="card"><img alt="{escaped(caption)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escaped(caption)}</figcaption></figure>"
    )


def _forest(card: CardTables, about: About) -> Markup:
    note = "Simulated data." if about.is_simulated else ""
    png = forest_picture(card.of_window(), FOREST, bands=BANDS, note=note)
    if not png:
        return Markup('<p class="card">No group has enough people and outcomes to be told of.</p>')
    caption = "Area under the ROC curve, calibration slope and calibration in the large by group, with 95 % limits."
    return Markup(_figure(png, caption).replace('class="card"', 'class="card broad"'))


def _effect_values(card: CardTables) -> dict[str, object]:
    randomised = TRIALS[0].relative_risk
    sources = [f"<li>{escaped(f'{trial.source} ({trial.caution}).')}</li>" for trial in TRIALS]
    note = (
        f"With the relative risk of the randomised trial ({randomised:.2f}), by group. Whoever is more often on the "
        "list gains more; whoever is hard to reach gains less than this says."
    )
    return {
        "effects": table_rows(list(_effect_rows(card))),
        "sources": Markup("".join(sources)),
        "gains_note": note,
        "gains": table_rows([_gain_row(gain) for gain in who_gains(card.of_window(), randomised)]),
    }


def _effect_rows(card: CardTables) -> Iterator[tuple[object, ...]]:
    known = [card.shown(name) for name in NEEDED]
    called, sensitivity, rate = (np.nan if row is None else float(row["value"]) for row in known)
    if np.isfinite([called, sensitivity, rate]).all():
        for trial in TRIALS:
            done = effect(called, sensitivity, rate, trial.relative_risk)
            numbers = (done.calls, done.reached_by_list, done.avoided, done.avoided_at_random, done.calls_per_avoided)
            yield (trial.name, f"{trial.relative_risk:.2f}", *(f"{number:.1f}" for number in numbers))


def _gain_row(gain: Gain) -> tuple[object, ...]:
    shares = (f"{100 * share:.1f} %" for share in (gain.called, gain.before, gain.after))
    return place_name(gain.group_by, gain.group), *shares, f"{100 * (gain.before - gain.after):.2f}"


def _tripod(card: CardTables, about: About) -> Markup:
    found = dna_tripod.items(card, region=about.region, is_simulated=about.is_simulated)
    return table_rows([(item.number, item.subject, item.known, _left(item.left)) for item in found])


def _left(text: str) -> Markup:
    return Markup(f'<span class="left">{escaped(text)}</span>' if text else "")
