"""The list that leaves: a slot, a rank and reasons, under a key that only the holder of the secret can make again."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import ConfigurationError
from icspark.tables.dna import CallingList, DnaScore

KEY_DIGITS = 32
BETWEEN = "\x1f"
"""The unit separator, which stands in no identifier: between the secret and what is made a pseudonym."""


def secret(salt: str, *, is_simulated: bool) -> str:
    """Return the secret; ConfigurationError where there is none and anybody could make the keys of real patients."""
    if not salt and not is_simulated:
        raise ConfigurationError(
            "the keys of the calling list need a secret",
            where="jobs.dna_score.salt_variable",
            expected="the name of an environment variable that holds it",
            mend="name one, set from the platform's store of secrets, the same at each run",
        )
    return salt


def build_calling_list(scores: DataFrame, *, salt: str) -> DataFrame:
    """Return the rows of dna_score that are on the list, under a pseudonym of the appointment."""
    key = F.substring(F.sha2(F.concat(F.lit(salt), F.lit(BETWEEN), F.col(DnaScore.appointment_id)), 256), 1, KEY_DIGITS)
    listed = scores.where(F.col(DnaScore.list_rank).isNotNull())
    return listed.withColumn(CallingList.list_key, key).select(*CallingList.columns())
