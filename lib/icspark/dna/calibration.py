"""From a model's log odds to probabilities that come true as often as they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

Kind = Literal["sigmoid", "isotonic", "none"]
Floats = NDArray[np.float64]

LEAST = 1e-6
"""No probability is nearer to 0 or 1 than this."""
DIGITS = 10
"""Probabilities are rounded to so many digits, so that ranks do not hang on the last bit."""


@dataclass(frozen=True)
class Calibrator:
    """A map from log odds to probability.

    sigmoid: `values` are intercept and slope on the log odds. isotonic: `knots` of the log odds and the probability at
    each, straight between them. none: the log odds as they are.
    """

    kind: Kind
    knots: Floats
    values: Floats

    def probability(self, margin: Floats) -> Floats:
        """Return the probability of each log odds, held within [1e-6, 1 - 1e-6] and rounded to 1e-10."""
        held: Floats = np.clip(self._raw(margin), LEAST, 1 - LEAST)
        return np.round(held, DIGITS)

    def _raw(self, margin: Floats) -> Floats:
        if self.kind == "sigmoid":
            return np.asarray(scipy.special.expit(self.values[0] + self.values[1] * margin))
        if self.kind == "isotonic":
            return np.asarray(np.interp(margin, self.knots, self.values), np.float64)
        return np.asarray(scipy.special.expit(margin))


def fitted_calibrator(kind: Kind, margin: Floats, outcome: NDArray[np.bool_]) -> Calibrator:
    """Return the calibrator of a validation window: Platt's sigmoid on the log odds without a penalty, or isotonic.

    Sigmoid is the default: a step of an isotonic fit says 0 or 1 where a few patients did the same.
    """
    nothing = np.zeros(0)
    if kind == "sigmoid":
        from sklearn.linear_model import LogisticRegression

        line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=200)
        line.fit(margin.reshape(-1, 1), outcome)
        return Calibrator(kind, nothing, np.array([line.intercept_[0], line.coef_[0, 0]]))
    if kind == "isotonic":
        from sklearn.isotonic import IsotonicRegression

        steps = IsotonicRegression(out_of_bounds="clip").fit(margin, outcome)
        return Calibrator(kind, np.asarray(steps.X_thresholds_), np.asarray(steps.y_thresholds_))
    return Calibrator(kind, nothing, nothing)
