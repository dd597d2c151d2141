"""Published constants of the English Indices of Deprivation 2019, to which simulated deprivation is held.

Computed over all 32,844 LSOAs from File 7 of the English Indices of Deprivation 2019 (Ministry of Housing, Communities
and Local Government; Open Government Licence v3.0).
"""

from __future__ import annotations

RANK_CORRELATIONS: dict[str, tuple[float, ...]] = {
    "imd": (1,),
    "income": (0.948, 1),
    "employment": (0.922, 0.948, 1),
    "education": (0.822, 0.814, 0.814, 1),
    "health": (0.844, 0.809, 0.858, 0.731, 1),
    "crime": (0.717, 0.66, 0.614, 0.516, 0.599, 1),
    "barriers": (0.143, 0.044, -0.055, -0.051, -0.159, 0.005, 1),
    "living_environment": (0.38, 0.248, 0.165, 0.076, 0.17, 0.32, 0.19, 1),
    "idaci": (0.901, 0.944, 0.867, 0.803, 0.754, 0.637, 0.075, 0.228, 1),
    "idaopi": (0.869, 0.904, 0.803, 0.676, 0.745, 0.653, 0.106, 0.337, 0.821, 1),
    "children_young_people": (0.758, 0.741, 0.732, 0.941, 0.668, 0.463, -0.05, 0.082, 0.757, 0.619, 1),
    "adult_skills": (0.787, 0.793, 0.808, 0.939, 0.709, 0.503, -0.059, 0.041, 0.755, 0.642, 0.776, 1),
    "geographical_barriers": (
        -0.371, -0.447, -0.383, -0.263, -0.37, -0.47, 0.423, -0.311, -0.407, -0.539, -0.228, -0.249, 1
    ),
    "wider_barriers": (0.531, 0.544, 0.395, 0.33, 0.275, 0.518, 0.441, 0.36, 0.534, 0.654, 0.298, 0.298, -0.493, 1),
    "indoors": (0.304, 0.177, 0.139, 0.098, 0.17, 0.188, 0.036, 0.888, 0.152, 0.21, 0.126, 0.048, -0.187, 0.134, 1),
    "outdoors": (
        0.292, 0.259, 0.153, 0.059, 0.132, 0.452, 0.234, 0.519, 0.258, 0.387, 0.008, 0.08, -0.418, 0.581, 0.148, 1
    ),
}  # fmt: skip
"""Spearman correlations of the scores: each index with those above it and itself, ties by average rank."""

QUANTILES: tuple[float, ...] = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Shares of areas whose score is at most the one in `SCORES`."""

SCORES: dict[str, tuple[float, ...]] = {
    "imd": (0.541, 4.315, 9.914, 17.648, 29.583, 53.716, 92.735),
    "income": (0.003, 0.028, 0.056, 0.099, 0.178, 0.321, 0.609),
    "employment": (0.002, 0.027, 0.05, 0.08, 0.133, 0.239, 0.534),
    "education": (0.013, 1.71, 7.36, 16.181, 30.906, 60.894, 99.446),
    "health": (-3.215, -1.367, -0.594, -0.027, 0.577, 1.455, 3.547),
    "crime": (-3.459, -1.345, -0.564, 0.016, 0.564, 1.326, 3.35),
    "barriers": (0.483, 6.6, 13.656, 20.196, 28.266, 42.075, 70.456),
    "living_environment": (0.126, 3.006, 9.447, 18.512, 31.078, 51.606, 91.602),
    "idaci": (0.004, 0.026, 0.065, 0.126, 0.228, 0.39, 0.898),
    "idaopi": (0.006, 0.037, 0.073, 0.128, 0.227, 0.412, 0.988),
    "children_young_people": (-2.787, -1.305, -0.553, -0.02, 0.55, 1.342, 3.399),
    "adult_skills": (0.031, 0.136, 0.224, 0.296, 0.38, 0.514, 0.754),
    "geographical_barriers": (-2.756, -1.236, -0.538, -0.043, 0.482, 1.43, 3.255),
    "wider_barriers": (-8.45, -3.809, -1.748, -0.234, 1.605, 4.521, 7.659),
    "indoors": (-3.356, -1.403, -0.557, 0.002, 0.578, 1.357, 2.958),
    "outdoors": (-3.749, -1.255, -0.582, -0.068, 0.519, 1.496, 3.31),
}  # fmt: skip
"""Scores at those shares: the least, ..., the median, ..., the greatest. Higher is more deprived."""
