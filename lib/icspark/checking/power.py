"""The chance that a stratified test finds what is planted, from the tables that the generating model expects."""

from __future__ import annotations

import numpy as np
import scipy

from icspark.morbidity.cells import Cells, Floats
from icspark.morbidity.mantel_haenszel import odds_ratio


def cmh_power(chances: Floats, people: Floats, p_threshold: float, *, smallest_both: int = 0) -> float:
    """Return the chance that the Cochran-Mantel-Haenszel test is below a p value with an odds ratio above 1.

    `chances[h, i, j]` is the chance of having (i) the one and (j) the other condition in stratum h, `people[h]` the
    people there. With a the people with both and D = p11 - p1 p2, the sum of a - E(a) has the mean sum (n - 1) D; its
    variance is s0^2 = sum n p1 q1 p2 q2 as the test takes it, under no association, and in truth
    s1^2 = sum n (E[(X - p1)^2 (Y - p2)^2] - D^2). The power is Phi((mean - z s0) / s1) (Wittes and Wallenstein 1987,
    J Am Stat Assoc 82:1104, for the approach). At least `smallest_both` people with both are needed too: the lesser of
    the two chances, since both rise with a.
    """
    first, second = chances[:, 1, :].sum(axis=1), chances[:, :, 1].sum(axis=1)
    apart = chances[:, 1, 1] - first * second
    under_none = (people * first * (1 - first) * second * (1 - second)).sum()
    squares = sum(
        chances[:, i, j] * (i - first) ** 2 * (j - second) ** 2 for i in (0, 1) for j in (0, 1)
    )  # fmt: skip
    in_truth = (people * (squares - apart**2)).sum()
    if under_none <= 0 or in_truth <= 0:
        return 0.0
    z = scipy.stats.norm.isf(p_threshold / 2)
    mean = (np.maximum(people - 1, 0) * apart).sum()
    found = float(scipy.stats.norm.cdf((mean - z * np.sqrt(under_none)) / np.sqrt(in_truth)))
    enough = (
        float(scipy.stats.poisson.sf(smallest_both - 1, (people * chances[:, 1, 1]).sum())) if smallest_both else 1.0
    )
    return min(found, enough)


def heterogeneity_power(chances: Floats, people: Floats, p_threshold: float) -> float:
    """Return the chance that Cochran's Q over groups is below a p value: chi-square with the non-centrality of truth.

    `chances[g, h, i, j]` and `people[g, h]` are those of the strata h of group g. The non-centrality is the sum of
    (ln OR_g - mean)^2 / Var(ln OR_g), of the Mantel-Haenszel odds ratios and the variances (Robins, Breslow and
    Greenland) of the expected tables.
    """
    expected = people[..., np.newaxis, np.newaxis] * chances
    told = odds_ratio(Cells(expected[..., 1, 1], expected[..., 1, 0], expected[..., 0, 1], expected[..., 0, 0]))
    is_known = np.isfinite(told.log_error) & (told.log_error > 0)
    if is_known.sum() < 2:
        return 0.0
    value, weight = np.log(told.ratio[is_known]), told.log_error[is_known] ** -2
    noncentral = float((weight * (value - np.average(value, weights=weight)) ** 2).sum())
    freedom = int(is_known.sum()) - 1
    return float(scipy.stats.ncx2.sf(scipy.stats.chi2.isf(p_threshold, freedom), freedom, max(noncentral, 1e-12)))


def found_limits(powers: Floats, alpha: float) -> tuple[float, float]:
    """Return the least and the greatest number of independent finds but for a chance of `alpha`, half on each side.

    Exact: the distribution of the sum of unlike draws, by convolution.
    """
    masses = np.ones(1)
    for power in powers:
        masses = np.convolve(masses, [1 - power, power])
    below = np.cumsum(masses)
    least = int(np.searchsorted(below, alpha / 2, side="right"))
    above = np.cumsum(masses[::-1])
    greatest = len(powers) - int(np.searchsorted(above, alpha / 2, side="right"))
    return float(least), float(greatest)


def upper_limit(successes: int, trials: int, *, confidence: float = 0.99) -> float:
    """Return the one-sided exact upper limit of a share (Clopper and Pearson 1934); 1 without trials."""
    return 1.0 if successes >= trials else float(scipy.stats.beta.ppf(confidence, successes + 1, trials - successes))
