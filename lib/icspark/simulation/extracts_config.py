"""What is planted in the extracts of a simulated region: how many of their rows are bad."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from icspark.config import JobConfig

SmallShare = Annotated[float, Field(ge=0, le=0.2)]


class ExtractsConfig(JobConfig):
    """Shares of bad rows, each planted beside the true rows, never in their place."""

    bad_row_share: SmallShare = Field(
        0.01, description="bad rows per true row of each kind of record, shared out over the kinds of defects"
    )
    bad_person_share: SmallShare = Field(
        0.002, description="persons per true one whose row is rejected, with copies of the true one's rows as children"
    )
