"""The secret that goes into pseudonyms, by the name of the environment variable that holds it."""

from __future__ import annotations

import os

from icspark.errors import ConfigurationError


def salt_of(variable: str | None, *, job: str = "person_identity") -> str:
    """Return the secret in an environment variable; an empty text where none is named. `job` asks for it.

    Raises ConfigurationError where the variable is named and not set. The secret itself is written nowhere.
    """
    if variable is None:
        return ""
    secret = os.environ.get(variable, "")
    if not secret:
        raise ConfigurationError(
            "the secret of the pseudonyms is not set",
            where=f"jobs.{job}.salt_variable",
            expected=f"an environment variable {variable}",
            mend="set it from the platform's store of secrets, the same at each run",
        )
    return secret
