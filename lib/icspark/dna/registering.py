"""Train every kind that is asked for, and register each as a version."""

from __future__ import annotations

from typing import Any

from icspark.dna.account import account, example, refit_account
from icspark.dna.extract import Extract
from icspark.dna.model_table import model_row, refit_row
from icspark.dna.origin import Origin
from icspark.dna.tracking import Store
from icspark.dna.training import Rules, recipe, refitted, trained


def register(store: Store, extract: Extract, origin: Origin, rules: Rules) -> list[dict[str, Any]]:
    """Return a row of dna_model for each kind in turn, and for the refit of the last one where it is asked for.

    A refit comes last, so the newest version without a parent is the one to evaluate.
    """
    name, nobody, rows = rules.model_name, example(extract), []
    for kind in rules.kinds:
        made = trained(extract, origin.windows, recipe(kind, extract.feature_list, rules), rules)
        kept = store.log_model(made.model, name, account(made, extract, origin), example=nobody)
        rows.append(model_row(made.model, kept, origin))
    if rules.refit:
        child, change = refitted(extract, origin.windows, made)
        told = refit_account(child, kept.version, change, origin)
        again = store.log_model(child, name, told, example=nobody)
        rows.append(refit_row(model_row(child, again, origin), origin, parent=kept.version, change=change))
    return rows
