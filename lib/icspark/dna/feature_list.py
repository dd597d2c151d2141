"""Which columns of a feature table a model reads, in its own order: numbers first, then categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import types as T

from icspark.errors import ConfigurationError, TableError, nearest
from icspark.tables.dna import BOOLEANS, CATEGORICAL, NUMERIC, PROTECTED

DEFAULT = (*NUMERIC, *BOOLEANS, *CATEGORICAL)
"""Features of a model unless configuration names others. Missing-indicators are left out: both kinds make their own."""

NOT_KNOWN = ""
"""The category of a missing value, as the encoders see it."""


@dataclass(frozen=True)
class FeatureList:
    """The features of a model: `numbers` (numeric and true-or-false ones) before `categories`."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return all features in the model's order."""
        return (*self.numbers, *self.categories)

    @property
    def protected(self) -> tuple[str, ...]:
        """Return the protected characteristics among them."""
        return tuple(name for name in self.names if name in PROTECTED)

    def prepared(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the features in the model's order: doubles with NaN, and text with `NOT_KNOWN` where it is missing.

        Further columns are left out. Raises TableError where one of the model's features is not there.
        """
        missing = [name for name in self.names if name not in features.columns]
        if missing:
            raise TableError(
                "the model was made of other features than these",
                where=", ".join(missing),
                expected=", ".join(self.names),
                found=", ".join(map(str, features.columns)),
                mend="score with the feature table that the model was trained on, or train again",
            )
        numbers = {name: features[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in self.numbers}
        texts = {name: _filled(features[name]) for name in self.categories}
        return pd.DataFrame({**numbers, **texts}, columns=list(self.names))


def _filled(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(dtype=object)
    return np.where(pd.isna(values), NOT_KNOWN, values).astype(object)


def feature_list(schema: T.StructType, names: Sequence[str]) -> FeatureList:
    """Return the named columns of a feature table as a FeatureList; text columns are categories.

    Raises ConfigurationError for a name that is no column or no feature, with the nearest one, and for one named twice.
    """
    types = {field.name: field.dataType for field in schema.fields if _is_feature(field)}
    unknown = [name for name in names if name not in types]
    if unknown:
        raise ConfigurationError(
            f"no feature is called {', '.join(unknown)}",
            where="features",
            expected=", ".join(types),
            mend=nearest(unknown[0], types) or "name columns of the feature table",
        )
    if len(set(names)) < len(names):
        raise ConfigurationError("a feature is named twice", where="features", found=", ".join(names))
    texts = tuple(name for name in names if isinstance(types[name], T.StringType))
    return FeatureList(tuple(name for name in names if name not in texts), texts)


_NO_FEATURES = ("appointment_id", "person_id", "is_dna", "is_after_death", "is_point_at_booking", "imd_2019_quintile")


def _is_feature(field: T.StructField) -> bool:
    usable = isinstance(field.dataType, T.StringType | T.NumericType | T.BooleanType)
    return usable and field.name not in _NO_FEATURES
