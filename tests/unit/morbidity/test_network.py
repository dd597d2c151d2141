"""From pairs to edges and arrows, replicates, enrichment and trajectories, on a few people."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructField, StructType
from scipy import stats

from icspark.disclosure.config import DisclosureConfig
from icspark.disclosure.declarations import check_declarations, leaves_with
from icspark.disclosure.gate import release
from icspark.errors import ConfigurationError, QualityError
from icspark.graphs import network as graphs
from icspark.graphs.model import Edge, Network
from icspark.graphs.network_igraph import paths as all_paths
from icspark.morbidity.counting import count, survey
from icspark.morbidity.enrichment_table import ConditionSet, build_morbidity_enrichment
from icspark.morbidity.network import EdgeRules, arrows, check_references, degrees, is_kept, network_of, pair_arrays
from icspark.morbidity.network_tables import Told, edge_frame, node_frame
from icspark.morbidity.pair_table import PairRules
from icspark.morbidity.pairs import Counting, build_morbidity_pair
from icspark.morbidity.stability import Resampling, best_jaccard, replicate_networks, stability
from icspark.morbidity.trajectories import (
    check_number,
    expected_along,
    people_along,
    trajectory_frame,
)
from icspark.statistics.intervals import exact_poisson
from icspark.tables import morbidity as tables
from icspark.tables.table import Table


def columns(**changed: object) -> dict[str, np.ndarray]:
    row: dict[str, object] = {
        "condition_a": "a", "condition_b": "b", "q_value": 0.01, "odds_ratio": 2.0, "odds_ratio_lower_95": 1.5,
        "both_count": 10.0, "smallest_stratum_count": 100.0, "a_before_b_share": 0.8, "a_before_b_expected_share": 0.6,
        "direction_q_value": 0.01, "order_q_value": 0.01, "risk_ratio_b_given_a": 4.0, "risk_ratio_a_given_b": 1.0,
    }  # fmt: skip
    return {
        name: np.array([value], dtype=object if isinstance(value, str) else float)
        for name, value in (row | changed).items()
    }


@pytest.mark.parametrize(
    ("changed", "rules", "kept"),
    [
        ({}, EdgeRules(), True),
        ({"q_value": 0.05}, EdgeRules(), False),
        ({"q_value": np.nan}, EdgeRules(), False),
        ({"odds_ratio": 1.0}, EdgeRules(), False),
        ({"odds_ratio": np.nan}, EdgeRules(), False),
        ({"odds_ratio_lower_95": 1.0}, EdgeRules(above_one="lower_95"), False),
        ({"both_count": 9.0}, EdgeRules(), False),
        ({"both_count": 9.0}, EdgeRules(smallest_both=9), True),
        ({"smallest_stratum_count": 99.0}, EdgeRules(smallest_stratum=100), False),
        ({}, EdgeRules(excluded=("b",)), False),
        ({}, EdgeRules(statistic="risk_ratio"), True),
    ],
)
def test_which_pairs_become_edges(changed, rules, kept) -> None:
    assert is_kept(columns(**changed), rules).tolist() == [kept]


@pytest.mark.parametrize(
    ("changed", "arrow"),
    [
        ({}, 1),
        ({"a_before_b_share": 0.2, "a_before_b_expected_share": 0.4}, -1),
        ({"a_before_b_share": 0.55}, 0),  # more than half, but fewer than ages of onset explain
        ({"a_before_b_share": 0.45, "a_before_b_expected_share": 0.3}, 0),
        ({"direction_q_value": 0.05}, 0),
        ({"order_q_value": np.nan}, 0),
    ],
)
def test_which_edges_become_arrows(changed, arrow) -> None:
    assert arrows(columns(**changed), EdgeRules()).tolist() == [arrow]


def test_the_network_of_a_pair() -> None:
    backwards = columns(a_before_b_share=0.2, a_before_b_expected_share=0.4)
    network = network_of(backwards, EdgeRules())
    assert network == Network(("a", "b"), (Edge("b", "a", np.log(2), 0.5, True),))
    risk = network_of(columns(), EdgeRules(statistic="risk_ratio"))
    assert risk.edges[0].length == pytest.approx(0.5)
    assert network_of(columns(), EdgeRules(smallest_degree=2)) == Network((), ())
    assert degrees(network.nodes, network.edges) == {"a": 1, "b": 1}
    with pytest.raises(ConfigurationError, match="not in the network.*zebra"):
        check_references(network, ["zebra", "a"])


def people() -> list[tuple[str, dict[str, int | None]]]:
    """Forty who go from a to b to c, in two strata, and some with one of them or with d."""
    rows: list[tuple[str, dict[str, int | None]]] = []
    for stratum in ("x", "y"):
        rows += [(stratum, {"a": 100 + i, "b": 200 + i, "c": 300 + i}) for i in range(20)]
        alone = {"a": 400, "b": 50, "c": 50, "d": 50}  # so that ages of onset do not explain the order by themselves
        rows += [(stratum, {one: alone[one]}) for one in "abcd" for _ in range(8)]
        rows += [(stratum, {})] * 60
    return rows


def test_a_network_and_its_stability_and_trajectories(histories, spark) -> None:
    frame = histories(*people()).cache()
    pairs = build_morbidity_pair(frame, Counting())
    gathered = pair_arrays(pairs, most_conditions=10)
    rules = EdgeRules()
    network = network_of(gathered, rules)
    assert [(e.source, e.target, e.is_directed) for e in network.edges] == [
        ("a", "b", True), ("a", "c", True), ("b", "c", True)
    ]  # fmt: skip
    found = survey(frame, most_conditions=10)
    of_job = (PairRules(), rules)
    drawn = list(replicate_networks(frame, found, gathered, rules=of_job, resampling=Resampling(5, 1)))
    stable = stability(network, drawn, seed=1)
    assert stable is not None and stable.adjusted_rand == 1 and set(stable.kept.values()) == {1.0}
    assert stability(network, [], seed=1) is None
    told = Told(graphs.shape(spark, network, "igraph"), 1, ("a",), stable)
    nodes = {row.condition: row for row in node_frame(spark, network, dict.fromkeys("abcd", (56, 264)), told).collect()}
    assert [nodes[c].community for c in "abcd"] == [1, 1, 1, 2]
    assert (nodes["d"].distance, nodes["d"].degree, nodes["a"].distance, nodes["a"].k_core) == (None, 0, 0.0, 2)
    edges = edge_frame(spark, network, gathered, stable).collect()
    assert {(row.source, row.both_count, row.kept_share) for row in edges} == {("a", 40, 1.0), ("b", 40, 1.0)}
    paths = all_paths(network, 3)
    counts = count(frame, found, min_gap=100)
    observed = people_along(frame.repartition(3), found, paths, min_gap=100)
    expected = expected_along(counts, paths)
    assert paths == [("a", "b", "c")] and observed.tolist() == [40]
    assert expected == pytest.approx([2 * 20 * 20 / 28])
    row = trajectory_frame(frame, paths, observed, expected, smallest=10).collect()[0]
    assert (row.path, row.people_count, row.ratio) == ("a > b > c", 40, pytest.approx(1.4))
    assert people_along(frame, found, paths, min_gap=101).tolist() == [0]
    assert trajectory_frame(frame, paths, observed, expected, smallest=41).count() == 0
    frame.unpersist()


def test_the_limits_of_a_poisson_count() -> None:
    lower, upper = exact_poisson(np.array([0, 10]))
    assert lower == pytest.approx([0, 4.795389]) and upper == pytest.approx([3.688879, 18.390356])
    assert stats.poisson.sf(9, lower[1]) == pytest.approx(0.025) == stats.poisson.cdf(10, upper[1])


def test_more_paths_than_the_ceiling() -> None:
    with pytest.raises(QualityError, match="more paths than can be counted"):
        check_number([("a", "b", "c")] * 3, 2)


def test_the_best_jaccard_of_each_community() -> None:
    whole, there = {"a": 1, "b": 1, "c": 2}, {"a": 1, "b": 2, "c": 2}
    assert best_jaccard(whole, there) == {1: 0.5, 2: 0.5}


def test_enrichment_of_conditions_and_sets(histories) -> None:
    rows = [("s", {"a": 1, "b": 1})] * 4 + [("s", {"a": 1})] * 2 + [("s", {})] * 6
    sexes, bands = ["1"] * 5 + ["2"] + ["2"] * 5 + [None], ["x"] * 12
    frame = histories(*rows, sex_code=sexes, age_band=bands)
    sets = {"both": ConditionSet(("a", "b"), needs_all=True), "any": ConditionSet(("a", "b"))}
    table = build_morbidity_enrichment(frame, ("sex_code", "age_band"), sets)
    found = {(row.subject, row.demographic, row.group): row for row in table.collect()}
    assert {key[0] for key in found} == {"a", "b", "set:both", "set:any"}
    assert {key[2] for key in found if key[1] == "sex_code"} == {"1", "2", "unknown"}
    men = found["a", "sex_code", "1"]
    assert (men.people_count, men.observed_count, men.expected_count) == (5, 5, 2.5)
    assert men.p_value == pytest.approx(2 * stats.hypergeom.sf(4, 12, 6, 5))
    assert found["set:both", "sex_code", "1"].observed_count == found["b", "sex_code", "1"].observed_count == 4
    everybody = found["a", "age_band", "x"]
    assert (everybody.z, everybody.p_value, everybody.ratio) == (None, 1.0, 1.0)
    with pytest.raises(ConfigurationError, match="shoe_size"):
        build_morbidity_enrichment(frame, ("shoe_size",), {})
    with pytest.raises(ConfigurationError, match="nobody has such a condition.*zebra"):
        build_morbidity_enrichment(frame, ("sex_code",), {}, conditions=("a", "zebra"))


def test_every_number_says_what_it_is_to_the_gate() -> None:
    check_declarations(
        [
            tables.MorbidityNode,
            tables.MorbidityEdge,
            tables.MorbidityEnrichment,
            tables.Trajectory,
            tables.MorbidityPair,
            tables.MorbidityPairByGroup,
        ]
    )


def test_what_stays_behind_of_a_pair_stays_behind_of_its_edge(spark: SparkSession) -> None:
    """7 and 7 of the groups make 14: the sum is withheld with them, also where an edge repeats it."""
    pair = {
        "condition_a": "a",
        "condition_b": "b",
        "a_count": 100,
        "b_count": 100,
        "people_count": 1000,
        "odds_ratio": 2.0,
    }
    halves = [
        pair | {"group_by": "sex_code", "group": group, "both_count": 7, "a_count": 50, "b_count": 50} for group in "12"
    ]
    edge = pair | {"source": "b", "target": "a", "both_count": 14, "weight": 0.7, "length": 0.5}
    of_table = {
        tables.MorbidityPair: [pair | {"both_count": 14}],
        tables.MorbidityPairByGroup: [row | {"people_count": 500} for row in halves],
        tables.MorbidityEdge: [edge],
    }
    frames = {table: _rows(spark, table, rows) for table, rows in of_table.items()}
    released = release(frames, DisclosureConfig())[tables.MorbidityEdge].collect()[0]
    assert (released.both_count, released.odds_ratio, released.weight, released.a_count) == (None, None, None, 100)
    alone = release({tables.MorbidityEdge: frames[tables.MorbidityEdge]}, DisclosureConfig())[tables.MorbidityEdge]
    assert alone.collect()[0].both_count == 15
    assert tables.MorbidityPairByGroup in leaves_with(tables.MorbidityEdge, of_table)


def _rows(spark: SparkSession, table: type[Table], rows: list[dict[str, object]]) -> DataFrame:
    schema = StructType([StructField(field.name, field.dataType) for field in table.schema()])
    return spark.createDataFrame([tuple(row.get(name) for name in table.columns()) for row in rows], schema)
