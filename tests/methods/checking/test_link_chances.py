"""What follows from missing and false links, held against components of a simulated graph."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from icspark.checking.links import Chances, compare_links
from icspark.checking.planted import Planted

PEOPLE = 60_000


def drawn(missing: float, false: float, seed: int) -> dict[str, float]:
    """Return totals of links among so many people, found by the components of scipy."""
    generator = np.random.default_rng(seed)
    number = np.arange(PEOPLE)
    left, right = [], []
    false_links = 0
    for system in (1, 2):
        state = generator.choice(3, PEOPLE, p=[missing, false, 1 - missing - false])
        other = np.where(state == 1, (number + generator.integers(1, PEOPLE, PEOPLE)) % PEOPLE, number)
        left.append(number[state > 0])
        right.append(system * PEOPLE + other[state > 0])
        false_links += int((state == 1).sum())
    ends = np.concatenate(left), np.concatenate(right)
    graph = coo_matrix((np.ones(len(ends[0])), ends), shape=(3 * PEOPLE, 3 * PEOPLE))
    _, component = connected_components(graph, directed=False)
    owner = np.tile(number, 3)
    order = np.lexsort((owner, component))
    pairs = np.stack([component[order], owner[order]])
    one_of_each = np.unique(pairs, axis=1)
    owners = np.bincount(one_of_each[0], minlength=component.max() + 1)
    apart = owners > 1
    sizes = np.bincount(component)
    whole = ~apart[component]
    linked = (sizes * (sizes - 1) / 2)[~apart].sum()
    return {
        "links": float(len(ends[0])),
        "false_links": float(false_links),
        "persons": float((~apart).sum()),
        "held_apart": float((~whole).sum()),
        "linked_pairs": float(linked),
        "true_pairs": float(linked),
    }


@pytest.mark.parametrize(("missing", "false"), [(0.03, 0.002), (0.2, 0.0), (0.1, 0.02)])
def test_the_closed_forms_are_those_of_the_graph(missing: float, false: float) -> None:
    found, chances = drawn(missing, false, seed=3), Chances(missing, false)
    assert found["persons"] / PEOPLE == pytest.approx(chances.persons, abs=0.004)
    assert found["true_pairs"] / (3 * PEOPLE) == pytest.approx(chances.recall, abs=0.004)


def test_links_as_planted_lie_within_their_limits_and_others_do_not() -> None:
    planted = Planted(
        {
            "people": {"": PEOPLE},
            "people_model.missing_link_share": {"": 0.03},
            "people_model.false_link_share": {"": 0.002},
        },
        {},
    )

    def verdicts(missing: float, false: float) -> dict[str, bool]:
        found = {}
        for one in compare_links(drawn(missing, false, seed=9), planted):
            low, high = one.limits(1e-4) if one.limits else (None, None)
            value = one.found if one.found is not None else np.nan
            found[one.check_name] = (low is None or value >= low) and (high is None or value <= high)
        return found

    assert all(verdicts(0.03, 0.002).values())
    wrong = verdicts(0.04, 0.002)
    assert not (wrong["missing_link_share"] or wrong["linked_persons"] or wrong["link_recall"])
    assert not verdicts(0.03, 0.004)["false_link_share"]
