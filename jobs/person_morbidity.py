"""Describe the burden of each person: number of conditions, communities, Charlson and Elixhauser, centrality."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.morbidity.index_weights import Index, Lists, with_index
from icspark.morbidity.people import people_described, with_network
from icspark.tables.comorbidity import ComorbidityCode, ConditionWeight, PersonMorbidity
from icspark.tables.morbidity import ConditionHistory, MorbidityNode
from icspark.tables.records import Diagnosis, Person, RegistrationPeriod

READS = (ConditionHistory, MorbidityNode)
READS_IF_PRESENT = (Person, RegistrationPeriod, Diagnosis, ComorbidityCode, ConditionWeight)
WRITES = (PersonMorbidity,)


class Config(JobConfig):
    """Which lists and weights make the indices, and which centrality is summed."""

    charlson_mapping: str = Field("charlson_icd10_quan", description="list of comorbidity_code")
    charlson_weighting: str = Field("charlson", description="weights of condition_weight")
    elixhauser_mapping: str = Field("elixhauser_icd10_quan", description="list of comorbidity_code")
    elixhauser_weighting: str = Field("vw", description="weights of condition_weight")
    superseding: bool = Field(True, description="a condition does not count beside its graver form")
    centrality: Literal["strength", "betweenness", "pagerank"] = Field(
        "strength", description="column of morbidity_node that is summed over a person's conditions"
    )


def run(job: Job[Config]) -> None:
    """Write person_morbidity."""
    config, (people, registrations, diagnoses, codes, weights) = job.config, map(job.read_if_present, READS_IF_PRESENT)
    lists = Lists(diagnoses, codes, weights)
    charlson = Index(config.charlson_mapping, config.charlson_weighting, config.superseding)
    elixhauser = Index(config.elixhauser_mapping, config.elixhauser_weighting, config.superseding)
    described = (
        people_described(job.read(ConditionHistory), people, registrations)
        .transform(with_network, job.read(MorbidityNode), centrality=config.centrality)
        .transform(with_index, "charlson", charlson, lists)
        .transform(with_index, "elixhauser", elixhauser, lists)
    )
    job.write(PersonMorbidity, described.select(*PersonMorbidity.columns()))
