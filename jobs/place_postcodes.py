"""Place every postcode in an LSOA of 2011 and of 2021 by its point, beside the area that the directory gives."""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.geography.postcodes import Limits, place_postcodes, postcode_area_quality
from icspark.job import Job
from icspark.tables.geography import PostcodeArea, PostcodeAreaQuality
from icspark.tables.reference import Boundary, Postcode

READS = (Postcode, Boundary)
WRITES = (PostcodeArea, PostcodeAreaQuality)


class Config(JobConfig):
    """What a difference between point and official area is called, by their distance."""

    edge_metres: float = Field(
        100.0, ge=0, description="up to this many metres outside its official area: a generalised edge"
    )
    contradiction_metres: float = Field(
        1000.0, ge=0, description="above this many metres: point and code contradict each other"
    )


def run(job: Job[Config]) -> None:
    """Place the postcodes, write postcode_area, and count the kinds of difference in postcode_area_quality."""
    limits = Limits(job.config.edge_metres, job.config.contradiction_metres)
    placed = place_postcodes(job.read(Postcode), job.read(Boundary), limits=limits).persist()
    job.write(PostcodeArea, placed)
    job.write(PostcodeAreaQuality, postcode_area_quality(placed, limits=limits))
    placed.unpersist()
