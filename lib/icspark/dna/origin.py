"""What a model was made from, as its run and its row say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icspark.dna.windows import Windows

NAMED = ("run_id", "config_hash", "package_version", "git_commit")


@dataclass(frozen=True)
class Origin:
    """The table of features and its version, the windows, and what identifies the run of the suite.

    `run` is the identity of the run; `said` what configuration chose.
    """

    feature_source: str
    feature_version: int
    windows: Windows
    run: Mapping[str, str]
    said: Mapping[str, Any]
    is_simulated: bool

    @property
    def tags(self) -> dict[str, str]:
        """Return what identifies the run of the suite that made a model."""
        named = {name: self.run[name] for name in NAMED} | {"simulated": str(self.is_simulated).lower()}
        return {f"icspark.{name}": text for name, text in named.items()}
