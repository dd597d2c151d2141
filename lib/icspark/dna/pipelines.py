"""The kinds of model: how each encodes the features, and which settings a search may draw.

Trees get numbers only: each category is replaced by the rate of its rows, cross-fitted, so that reasons (SHAP's tree
explainer) are exact and one column stands for one feature. A logistic regression gets splines, indicators of what is
missing, and one column a category.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from icspark.dna.feature_list import FeatureList
from icspark.errors import ConfigurationError, nearest

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

Kind = Literal["logistic_regression", "gradient_boosting", "catboost"]
Settings = Mapping[str, float]

SPLINED = ("lead_days", "age_years")
"""Features whose effect on the log odds is bent: splines in a logistic regression."""
KNOTS = 5
ENCODING_FOLDS = 5
FEWEST_OF_A_CATEGORY = 20
"""Rarer categories share one column of a logistic regression; one never met counts as rare."""
MOST_ROUNDS = 500
PATIENCE = 20
"""Rounds without a better loss after which boosting stops."""

DEFAULTS: dict[Kind, Settings] = {
    "logistic_regression": {"inverse_penalty": 0.1},
    "gradient_boosting": {
        "learning_rate": 0.05,
        "max_leaf_nodes": 6,
        "min_samples_leaf": 100,
        "l2_regularization": 1.0,
        "max_features": 0.3,
    },
    "catboost": {"learning_rate": 0.06, "depth": 5, "l2_regularization": 3.0},
}
"""The first trial of every search."""


def drawn_settings(kind: Kind, random: np.random.Generator) -> Settings:
    """Return settings drawn at random: penalties, rates and sizes evenly on a logarithmic scale."""
    if kind == "logistic_regression":
        return {"inverse_penalty": _log_uniform(random, 1e-4, 10)}
    if kind == "catboost":
        return {
            "learning_rate": _log_uniform(random, 0.02, 0.2),
            "depth": int(random.integers(3, 8)),
            "l2_regularization": _log_uniform(random, 0.3, 30),
        }
    return {
        "learning_rate": _log_uniform(random, 0.02, 0.2),
        "max_leaf_nodes": round(_log_uniform(random, 3, 32)),
        "min_samples_leaf": round(_log_uniform(random, 20, 500)),
        "l2_regularization": _log_uniform(random, 0.01, 30),
        "max_features": float(random.uniform(0.2, 0.8)),
    }


def _log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def encoder(kind: Kind, features: FeatureList, *, seed: int) -> ColumnTransformer:
    """Return the unfitted encoder of a kind of model; it takes a frame of `FeatureList.prepared`."""
    return _splined(features) if kind == "logistic_regression" else _numbered(features, seed)


def _numbered(features: FeatureList, seed: int) -> ColumnTransformer:
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import TargetEncoder

    from icspark.dna.empty_columns import EmptyColumns

    folds = StratifiedKFold(ENCODING_FOLDS, shuffle=True, random_state=seed)
    rates = TargetEncoder(target_type="binary", cv=folds)
    return ColumnTransformer(
        [("numbers", EmptyColumns(), list(features.numbers)), ("categories", rates, list(features.categories))]
    )


def _splined(features: FeatureList) -> ColumnTransformer:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

    bent = [name for name in SPLINED if name in features.numbers]
    straight = [name for name in features.numbers if name not in bent]
    splines = SplineTransformer(KNOTS, knots="quantile", extrapolation="constant", include_bias=False)
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    columns = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=FEWEST_OF_A_CATEGORY)
    parts = [
        ("splines", make_pipeline(filled, splines), bent),
        ("numbers", make_pipeline(filled, StandardScaler()), straight),
        ("missing", MissingIndicator(features="all"), list(features.numbers)),
        ("categories", columns, list(features.categories)),
    ]
    return ColumnTransformer([part for part in parts if part[2]])


def classifier(kind: Kind, settings: Settings, *, rounds: int, constraints: Sequence[int], seed: int) -> BaseEstimator:
    """Return the unfitted classifier of a kind of model for `rounds` rounds at most.

    `constraints` has one entry a column of the trees: 1 rising, -1 falling, 0 free.
    """
    if kind == "logistic_regression":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=settings["inverse_penalty"], max_iter=2000, tol=1e-5)
    if kind == "catboost":
        from icspark.dna.catboost_trees import CatBoostTrees

        return CatBoostTrees(rounds=rounds, settings=dict(settings), constraints=tuple(constraints), seed=seed)
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        **_whole(settings),
        max_iter=rounds,
        early_stopping=False,
        n_iter_no_change=PATIENCE,
        monotonic_cst=list(constraints),
        random_state=seed,
    )


def _whole(settings: Settings) -> dict[str, Any]:
    return {
        name: int(value) if name in ("max_leaf_nodes", "min_samples_leaf") else value
        for name, value in settings.items()
    }


def constraints(features: FeatureList, monotonic: Mapping[str, int]) -> tuple[int, ...]:
    """Return 1, -1 or 0 for each feature in the model's order, from those that configuration constrains.

    Raises ConfigurationError for a name that is no numeric feature of the model.
    """
    for name in monotonic:
        if name not in features.numbers:
            raise ConfigurationError(
                "a monotonic constraint is on no numeric feature of the model",
                where="monotonic",
                found=name,
                mend=nearest(name, features.numbers) or f"numeric features: {', '.join(features.numbers)}",
            )
    return tuple(monotonic.get(name, 0) for name in features.names)


def require_kinds(kinds: Sequence[Kind]) -> None:
    """Raise SetupError where a kind needs an extra that is not installed: before training, not after."""
    if "catboost" in kinds:
        from icspark.dna.catboost_trees import catboost

        catboost()


def assembled(encoder: ColumnTransformer, classifier: BaseEstimator) -> Pipeline:
    """Return one pipeline of a fitted encoder and a fitted classifier."""
    from sklearn.pipeline import Pipeline

    return Pipeline([("encoder", encoder), ("classifier", classifier)])
