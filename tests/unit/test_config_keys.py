"""The keys of a section in words, as `icspark config` and the jobs' pages show them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import Field

from icspark import cli, plan
from icspark.config import Environment, JobConfig
from icspark.config_keys import keys_of

LogOdds = Annotated[float, Field(ge=-5, le=5)]


class Inner(JobConfig):
    share: float = Field(gt=0, lt=1, description="a share")


class Section(JobConfig):
    bins: int = Field(5, ge=2, le=100, description="number of bins")
    by_age: dict[int, LogOdds] = Field({0: 0.15, 10: -0.1}, description="log odds by age")
    five: tuple[LogOdds, LogOdds] = (0.5, 1)
    kinds: tuple[Literal["a", "b"], ...] = ("a",)
    since: date | None = Field(None, description="first day")
    inner: Inner = Inner(share=0.25)
    named: dict[str, Inner] = Field({}, description="more of them")


def test_a_key_says_in_words_what_may_stand_there_and_its_default_as_yaml() -> None:
    assert [tuple(key) for key in keys_of(Section)] == [
        ("bins", "whole number from 2 to 100", "5", "number of bins"),
        ("by_age", "mapping: whole number -> number from -5 to 5", "{0: 0.15, 10: -0.1}", "log odds by age"),
        ("five", "list of 2: number from -5 to 5", "[0.5, 1]", ""),
        ("kinds", "list: a or b", "[a]", ""),
        ("since", "date or null", "null", "first day"),
        ("inner.share", "number above 0, below 1", "0.25", "a share"),
        ("named", "mapping: text -> section", "{}", "more of them"),
        ("named.NAME.share", "number above 0, below 1", "required", "a share"),
    ]


def test_no_key_of_any_job_shows_the_names_of_classes() -> None:
    every = [key for model in (Environment, *(job.config for job in plan.jobs().values())) for key in keys_of(model)]
    strange = [
        key.path for key in every if any(word in key.kind for word in ("Annotated", "FieldInfo", "icspark", "["))
    ]
    assert (strange, [key.path for key in every if not key.meaning]) == ([], [])


def test_keys_are_read_at_eighty_columns_without_a_broken_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.argv", ["icspark", "config", "simulate_region"])
    cli.main()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "care.non_attendance.age_log_odds" in lines
    shown = set(" ".join(lines).split())
    wanted = {word for key in keys_of(plan.job_named("simulate_region").config) for word in key.meaning.split()}
    assert not wanted - shown
