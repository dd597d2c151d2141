"""Prevalence on age within quintiles, held against statsmodels' formula with HC3 errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from icspark.inequality.age_deprivation import interaction


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(60, 200))
def test_slopes_errors_and_joint_f_are_statsmodels(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    quintile = np.concatenate([np.repeat(np.arange(1, 6), 5), random.integers(1, 6, size=rows - 25)]).astype(float)
    age = random.uniform(25, 60, size=rows)
    prevalence = 0.02 + 0.001 * age * (1 + 0.1 * quintile) + random.normal(scale=0.005, size=rows) * (age / 40)
    ours = interaction(age, prevalence, quintile)
    frame = pd.DataFrame({"y": prevalence, "age": age, "q": quintile.astype(int)})
    lines = smf.ols("y ~ 0 + C(q) + C(q):age", frame).fit(cov_type="HC3", use_t=True)
    full = smf.ols("y ~ age * C(q)", frame).fit(cov_type="HC3", use_t=True)
    terms = [f"age:C(q)[T.{q}]" for q in range(2, 6)]
    joint = full.f_test(" , ".join(f"{term} = 0" for term in terms))
    for q, one in enumerate(ours.lines, 1):
        assert one.slope == pytest.approx(lines.params[f"C(q)[{q}]:age"], abs=1e-9)
        assert one.intercept == pytest.approx(lines.params[f"C(q)[{q}]"], abs=1e-9)
        assert np.sqrt(one.slope_variance) == pytest.approx(lines.bse[f"C(q)[{q}]:age"], abs=1e-9)
    assert ours.f == pytest.approx(float(joint.fvalue), rel=1e-9)
    assert ours.p_value == pytest.approx(float(joint.pvalue), abs=1e-9)
    assert ours.r_squared == pytest.approx(full.rsquared, abs=1e-9)
    assert ours.freedom == full.df_resid
