"""The model card: what it says, what it never lets run, and what it leaves to the team."""

from __future__ import annotations

import re
from dataclasses import replace
from types import ModuleType

import pandas as pd
import pytest

from icspark.dna.promotion import Override
from icspark.reporting import dna_tripod
from icspark.reporting.dna_effect import TRIALS, effect, who_gains
from icspark.reporting.dna_forest import forest_picture
from icspark.reporting.dna_page import BANDS, FOREST, model_card
from icspark.reporting.dna_tables import CardTables


@pytest.fixture(scope="module")
def card(sample_model: ModuleType) -> CardTables:
    found: CardTables = sample_model.card()
    return found


@pytest.fixture(scope="module")
def page(card: CardTables, sample_model: ModuleType) -> str:
    return model_card(card, sample_model.about())


def without_pictures(card: CardTables) -> CardTables:
    """Return the card with no curve, and no group to draw."""
    whole = card.evaluation[card.evaluation["group_by"] == "overall"]
    return replace(card, evaluation=whole, curves=card.curves.iloc[:0])


def section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page, flags=re.DOTALL)
    assert found is not None
    return found.group()


def test_it_is_one_small_file_without_anything_from_elsewhere(page: str, sample_model: ModuleType) -> None:
    assert len(page) < 2_000_000
    assert not re.findall(r'(?:src|href|action)="(?!data:|#)[^"]*"', page)
    assert "http" not in re.sub(r'<meta http-equiv="Content-Security-Policy"', "", page)
    assert sample_model.HOSTILE not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)" in page


def test_the_same_tables_make_the_same_page(card: CardTables, page: str, sample_model: ModuleType) -> None:
    assert model_card(card, sample_model.about()) == page


def test_figures_stand_with_their_limits(card: CardTables, page: str) -> None:
    row = card.shown("auroc")
    assert row is not None
    value, lower, upper = (f"{row[name]:.3f}" for name in ("value", "lower_95", "upper_95"))
    assert f"{value} ({lower} to {upper})" in section(page, "performance")
    assert f'<p class="value">{value}</p>' in section(page, "glance")
    assert page.count('src="data:image/png;base64,') == 7


def test_small_groups_are_not_told(card: CardTables, page: str) -> None:
    few = card.of_window()[lambda rows: rows["reason"] == "few_people"]
    assert len(few), "the sample must hold a group of fewer than 8"
    assert "too few people" in section(page, "groups")


def test_refusals_are_told_with_value_and_limit_first(card: CardTables, page: str) -> None:
    promotion = section(page, "promotion")
    assert 'class="card verdict refused"' in promotion
    first = promotion[promotion.index("<tbody>") :][:200]
    assert 'class="refused"' in first
    refused = card.decision[card.decision["is_passed"].eq(False)].iloc[0]
    assert f"{refused['value']:.4g}" in promotion and refused["limit"] in promotion
    assert "There was no champion before" in promotion


def test_who_overruled_and_why_is_told(card: CardTables, sample_model: ModuleType) -> None:
    override = Override(version=2, by="A. Nalyst", reason="a trial <b>in one clinic</b>")
    overruled = replace(without_pictures(card), decision=sample_model.decision(card.evaluation, override))
    page = model_card(overruled, sample_model.about(is_simulated=False))
    assert "Overruled by A. Nalyst: a trial &lt;b&gt;in one clinic&lt;/b&gt;" in page
    assert 'class="card verdict overridden"' in page and 'class="simulated"' not in page


def test_a_gate_that_was_not_assessed_is_not_counted_among_those_that_passed(card: CardTables) -> None:
    passed = [True, True, False, None]
    told = replace(card, decision=card.decision.iloc[:4].assign(is_passed=passed, decision="refused"))
    assert told.verdict().endswith("; 1 of 3 gates refused, 1 not assessed")


def test_there_are_27_items_and_what_no_run_knows_is_left_to_the_team(card: CardTables, page: str) -> None:
    found = dna_tripod.items(card, region="Region", is_simulated=True)
    assert [item.number for item in found] == list(range(1, 28))
    assert all(item.known or item.left for item in found)
    ethics = next(item for item in found if item.subject == "Ethics")
    assert not ethics.known and ethics.left in page
    assert section(page, "tripod").count('class="left"') == 1 + sum(bool(item.left) for item in found)


def test_a_refit_is_shown_by_its_parent_and_says_how_far_it_moved(card: CardTables, sample_model: ModuleType) -> None:
    page = model_card(sample_model.refit(without_pictures(card)), sample_model.about())
    assert "of version 2, of which this is the refit" in section(page, "glance")
    assert "moved by 0.0021 on average, 0.043 at most" in section(page, "tripod")


def test_nothing_but_a_model_makes_a_page_too(card: CardTables, sample_model: ModuleType) -> None:
    bare = replace(
        card,
        **{name: getattr(card, name).iloc[:0] for name in ("evaluation", "curves", "decision", "monitor", "checks")},
    )
    page = model_card(bare, sample_model.about())
    assert "has not been monitored yet" in page and "No decision has been asked for" in page
    assert "No group has enough people" in page and "<img" not in page


def test_alarms_are_told(page: str) -> None:
    monitoring = section(page, "monitoring")
    assert "Weeks: 2" in monitoring and "Alarms: 1" in monitoring
    assert "0.84" in monitoring


def test_the_effect_of_acting_by_hand() -> None:
    found = effect(listed_share=0.1, sensitivity=0.25, rate=0.08, relative_risk=0.6)
    assert (found.calls, found.reached_by_list) == pytest.approx((100, 20))
    assert (found.avoided, found.avoided_at_random, found.calls_per_avoided) == pytest.approx((8, 3.2, 12.5))
    nothing = effect(0.0, 0.0, 0.08, 0.6)
    assert nothing.avoided == 0 and nothing.calls_per_avoided != nothing.calls_per_avoided


def test_the_relative_risk_of_the_trial_is_that_of_its_counts() -> None:
    assert TRIALS[0].relative_risk == pytest.approx(0.684, abs=0.0005)


def test_who_gains_by_hand_and_withheld_groups_are_left_out() -> None:
    measures = ("listed_share", "sensitivity_at_capacity", "non_attendance_share")
    told = [("sex_code", "1", *pair) for pair in zip(measures, (0.2, 0.5, 0.1), strict=True)]
    withheld = [("sex_code", "2", name, None) for name in measures]
    frame = pd.DataFrame([*told, *withheld], columns=["group_by", "group", "measure", "value"])
    (gain,) = who_gains(frame, 0.6)
    assert (gain.group, gain.called, gain.before) == ("1", 0.2, 0.1)
    assert gain.after == pytest.approx(0.1 * (1 - 0.5 * 0.4))


def test_the_forest_is_a_picture_and_nothing_where_there_is_no_group(card: CardTables) -> None:
    rows = card.of_window()
    assert forest_picture(rows, FOREST, bands=BANDS).startswith(b"\x89PNG")
    assert forest_picture(rows[rows["group_by"] == "overall"], FOREST, bands=BANDS) == b""
