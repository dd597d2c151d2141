"""Features of which training knows nothing: trees cannot bin them, and nothing can be learnt from them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

Floats = NDArray[np.float64]


class EmptyColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Holds a column that was missing in every row of training at 0, then and ever after; others stay as they are."""

    def fit(self, matrix: Any, outcome: object = None) -> Self:  # noqa: ARG002 - a pipeline hands it over
        """Remember which columns are missing throughout."""
        self.is_empty_ = np.isnan(np.asarray(matrix, np.float64)).all(axis=0)
        return self

    def transform(self, matrix: Any) -> Floats:
        """Return the matrix with those columns at 0."""
        return np.where(self.is_empty_, 0.0, np.asarray(matrix, np.float64))
