"""What an environment says about disclosure: a preset with a floor, and the recipients of tables of persons."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

PRESETS: dict[str, tuple[int, int]] = {"nhs_england": (7, 5), "strict": (9, 10)}
"""Preset -> (largest count that is withheld, base that the others are rounded to)."""


class Recipient(BaseModel):
    """One permission: this table of persons or events may go to this recipient for this purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str = Field(min_length=1, description="table of persons or events, or its rejected half, such as dna_score")
    purpose: str = Field(min_length=1, description="what the recipient needs it for; kept in the run record")
    recipient: str = Field(min_length=1, description="who receives it: a team or system; kept in the run record")


class DisclosureConfig(BaseModel):
    """How small counts are withheld and rounded; a setting may be stricter than its preset, never looser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Literal["nhs_england", "strict"] = Field(
        "nhs_england", description="floor: nhs_england 7 and 5, strict 9 and 10"
    )
    suppress_to: int | None = Field(None, description="withhold counts from 1 to this; never below the preset's")
    round_to: int | None = Field(None, description="round other counts to this; a multiple of the preset's")
    recipients: tuple[Recipient, ...] = Field((), description="who may receive which table of persons, for what")

    @property
    def threshold(self) -> int:
        """Return the largest count that is withheld."""
        return PRESETS[self.preset][0] if self.suppress_to is None else self.suppress_to

    @property
    def base(self) -> int:
        """Return the number that published counts are rounded to a multiple of."""
        return PRESETS[self.preset][1] if self.round_to is None else self.round_to

    @model_validator(mode="after")
    def _never_looser_than_the_preset(self) -> DisclosureConfig:
        least, base = PRESETS[self.preset]
        if self.threshold < least:
            raise ValueError(f"suppress_to may not be below the floor of {self.preset}, {least}")
        if self.base < base or self.base % base:
            raise ValueError(f"round_to must be a multiple of the floor of {self.preset}, {base}")
        if self.base > 2 * self.threshold + 2:
            raise ValueError(
                f"round_to may not exceed twice suppress_to plus 2, here {2 * self.threshold + 2}: 0 has to mean none"
            )
        return self
