"""Where features come from: a source that is not there, and how far back its rows look."""

from __future__ import annotations

import pytest

from icspark.dna.feature_source import feature_rows, look_back_days
from icspark.errors import ConfigurationError
from icspark.plan import job_named


def test_a_source_that_no_job_has_written_is_told() -> None:
    with pytest.raises(ConfigurationError, match="the table of features is not there"):
        feature_rows("flat_appointment", None)


def test_training_looks_back_as_far_as_the_features_do_and_nobody_can_say_otherwise() -> None:
    section = job_named("dna_features").config(look_back_days=365).model_dump()
    assert look_back_days("dna_feature", section) == 365
    assert look_back_days("flat_appointment", section) == 0
    with pytest.raises(ValueError, match="look_back_days"):
        job_named("dna_train").config(windows={"look_back_days": 365})
