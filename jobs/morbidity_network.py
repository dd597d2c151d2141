"""Make the network of conditions: edges, arrows, communities, and how far they depend on who was counted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.graphs import network as graphs
from icspark.job import Job
from icspark.morbidity.counting import survey
from icspark.morbidity.network import EdgeRules, check_references, network_of, pair_arrays, prevalences
from icspark.morbidity.network_tables import Told, edge_frame, node_frame
from icspark.morbidity.pair_table import PairRules
from icspark.morbidity.stability import Resampling, replicate_networks, stability
from icspark.tables.morbidity import ConditionHistory, MorbidityEdge, MorbidityNode, MorbidityPair

READS = (MorbidityPair, ConditionHistory)
WRITES = (MorbidityNode, MorbidityEdge)


class Config(JobConfig):
    """Which pairs become edges, and what is asked of the network."""

    statistic: Literal["odds_ratio", "risk_ratio"] = Field(
        "odds_ratio", description="what the edges are made of; a risk ratio is the geometric mean of its two readings"
    )
    zero_cells: Literal["keep", "drop_stratum"] = Field("keep", description="of replicates: as in morbidity_pairs")
    continuity: bool = Field(False, description="of replicates: as in morbidity_pairs")
    above_one: Literal["ratio", "lower_95"] = Field("ratio", description="what must be above 1")
    alpha: float = Field(0.05, gt=0, lt=1, description="q value below which a pair is an edge, and an edge an arrow")
    smallest_both: int = Field(10, ge=0, description="people with both that an edge needs")
    smallest_stratum: int = Field(0, ge=0, description="people that the smallest contributing stratum needs")
    excluded: tuple[str, ...] = Field((), description="conditions left out")
    smallest_degree: int = Field(0, ge=0, description="edges that a node needs")
    references: tuple[str, ...] = Field((), description="conditions from which the distance is told")
    engine: Literal["auto", "graphframes", "igraph"] = Field("auto", description="of components, PageRank and k-core")
    most_conditions: int = Field(1000, ge=2, description="ceiling on the size of the network")
    replicates: int = Field(100, ge=0, le=10_000, description="bootstrap replicates of the people; 0: no stability")
    seed: int = Field(20261125, description="of the replicates and of the communities")


def run(job: Job[Config]) -> None:
    """Write morbidity_node and morbidity_edge."""
    config = job.config
    chosen = {name: getattr(config, name) for name in EdgeRules.__dataclass_fields__}
    rules, columns = EdgeRules(**chosen), pair_arrays(job.read(MorbidityPair), most_conditions=config.most_conditions)
    check_references(network := network_of(columns, rules), config.references)
    histories, judged = job.read(ConditionHistory), PairRules(config.zero_cells, config.continuity)
    resampled = Resampling(config.replicates, config.seed)
    found = survey(histories, most_conditions=config.most_conditions)
    replicates = replicate_networks(histories, found, columns, rules=(judged, rules), resampling=resampled)
    stable = stability(network, replicates, seed=config.seed)
    told = Told(graphs.shape(job.spark, network, config.engine), config.seed, config.references, stable)
    job.write(MorbidityNode, node_frame(job.spark, network, prevalences(columns), told))
    job.write(MorbidityEdge, edge_frame(job.spark, network, columns, stable))
    if stable:
        job.note("adjusted_rand_index", stable.adjusted_rand)
    job.note("is_graphframes", graphs.chosen_engine(job.spark, config.engine) == "graphframes")
