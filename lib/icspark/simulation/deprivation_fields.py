"""Deprivation that is smooth in space, and whose domains are correlated as in the English Indices of 2019.

Random fields, one a domain, are whitened empirically (their own correlations are taken out, since chance alone moves
those of smooth fields by far more than 0.05) and mixed by the published rank correlations. Both steps go by triangular
roots, so that the first field, the index itself, stays as it is however few areas there are. As ranks are what must
agree, columns are made normal by their ranks and the two steps repeated (after Iman and Conover 1982).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy
from numpy.random import Generator
from numpy.typing import NDArray

from icspark.simulation.published_deprivation import QUANTILES, RANK_CORRELATIONS, SCORES
from icspark.tables.codes import DOMAINS

Numbers = NDArray[np.float64]

WAVES = 96
"""Cosines that make one smooth field."""

ROUNDS = 12
"""How often ranks are made normal and mixed again; the correlations have settled after a handful."""

LEAST_EIGENVALUE = 1e-6


def rank_correlations() -> Numbers:
    """Return the published Spearman correlations of the domains, in the order of DOMAINS, as a whole matrix."""
    lower = np.zeros((len(DOMAINS), len(DOMAINS)))
    for row, domain in enumerate(DOMAINS):
        lower[row, : row + 1] = RANK_CORRELATIONS[domain]
    return lower + np.tril(lower, -1).T


def smooth_field(points: Numbers, draw: Generator, *, metres: float) -> Numbers:
    """Return a stationary Gaussian field at points (x, y), mean 0 and variance 1, alike over about `metres`.

    Correlation exp(-d^2 / (2 metres^2)) by random Fourier features (Rahimi and Recht 2007).
    """
    waves = draw.normal(size=(2, WAVES)) / metres
    phases = draw.uniform(0.0, 2.0 * np.pi, WAVES)
    return np.asarray(np.cos(points @ waves + phases).sum(axis=1) * np.sqrt(2.0 / WAVES))


def mixed_by_ranks(fields: Numbers, correlations: Numbers, *, are_mixed: bool = False) -> Numbers:
    """Return the fields (a column each) with normal marginals and rank correlations as close as may be to the given.

    Needs more rows than columns. A normal pair of Spearman correlation r has Pearson correlation 2 sin(pi r / 6); as
    smooth fields are not quite normal together, what is aimed at is moved each round by what is still missing.
    `are_mixed`: the fields have about these correlations already, and are moved as little as can be.
    """
    aim = correlations
    mixed = normal_scores(fields) if are_mixed else _first_mixed(normal_scores(fields), correlations)
    for _ in range(ROUNDS):
        whitened = mixed @ _power(_correlations(mixed), -0.5)
        mixed = normal_scores(whitened @ _power(_pearson(aim), 0.5))
        aim = aim + correlations - _correlations(scipy.stats.rankdata(mixed, axis=0))
    return mixed


def _correlations(columns: Numbers) -> Numbers:
    return np.asarray(np.corrcoef(columns, rowvar=False), dtype=np.float64)


def _first_mixed(fields: Numbers, correlations: Numbers) -> Numbers:
    own, wanted = _triangular(_correlations(fields)), _triangular(_pearson(correlations))
    return normal_scores(np.linalg.solve(own, fields.T).T @ wanted.T)


def _triangular(matrix: Numbers) -> Numbers:
    return np.asarray(np.linalg.cholesky(_power(matrix, 1.0)), dtype=np.float64)


def _pearson(spearman: Numbers) -> Numbers:
    return np.asarray(2.0 * np.sin(np.pi * spearman / 6.0))


def _power(matrix: Numbers, exponent: float) -> Numbers:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, LEAST_EIGENVALUE) ** exponent) @ vectors.T)


def normal_scores(values: Numbers) -> Numbers:
    """Return each column as normal quantiles of its ranks, mean 0; ties share the mean rank."""
    return np.asarray(scipy.special.ndtri((scipy.stats.rankdata(values, axis=0) - 0.5) / len(values)))


def published_columns(latent: pd.DataFrame, *, year: int, reference_areas: int) -> pd.DataFrame:
    """Return `<domain>_<year>_score`, `_rank` and `_decile` of latent deprivation (a column a domain, more is worse).

    The region is a systematic sample of a nation of `reference_areas`: its i-th most deprived of n areas has the rank
    ceil((i - 1/2) / n x reference_areas), and the score that the published distribution has there. Ties go by order.
    """
    count = len(latent)
    columns: dict[str, NDArray[np.generic]] = {}
    for domain in DOMAINS:
        place = scipy.stats.rankdata(-latent[domain].to_numpy(), method="ordinal")
        rank = np.ceil((place - 0.5) / count * reference_areas).astype(np.int64)
        share_below = 1.0 - (rank - 0.5) / reference_areas
        columns[f"{domain}_{year}_score"] = np.interp(share_below, QUANTILES, SCORES[domain]).round(3)
        columns[f"{domain}_{year}_rank"] = rank
        columns[f"{domain}_{year}_decile"] = bins_of(rank, reference_areas, count=10)
    return pd.DataFrame(columns, index=latent.index)


def bins_of(rank: NDArray[np.int64], areas: int, *, count: int) -> NDArray[np.int64]:
    """Return ceil(count x rank / areas), 1 = most deprived, in whole numbers throughout."""
    return -(-count * rank // areas)
