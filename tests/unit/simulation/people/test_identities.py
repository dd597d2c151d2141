"""Identifiers of simulated people, and links between them that are true, missing or false."""

from __future__ import annotations

from pyspark.sql import SparkSession
from scipy import stats

from icspark.simulation.homes import Place
from icspark.simulation.identities import ID_SYSTEMS, identifier, simulate_identifiers, simulate_links
from icspark.simulation.people import simulate_people
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period

PEOPLE = 4000


def test_no_two_people_share_an_identifier_and_order_tells_nothing(spark: SparkSession) -> None:
    people = spark.range(20_000)
    systems = {system: identifier("id", system, seed=3).alias(system) for system in ID_SYSTEMS}
    found = people.select("id", *systems.values()).toPandas()
    everyone = found[list(ID_SYSTEMS)].to_numpy().ravel()
    assert len(set(everyone)) == 60_000
    assert {len(text) for text in everyone} == {17}
    assert abs(stats.spearmanr(found["id"], found["hospital"].rank()).statistic) < 0.03


def test_links_are_true_missing_or_false_as_often_as_planted(spark: SparkSession, place: Place, period: Period) -> None:
    config = PeopleConfig(missing_link_share=0.1, false_link_share=0.05)
    people = simulate_people(spark, place, config, people=PEOPLE, period=period)
    owners = simulate_identifiers(people, period=period).toPandas()
    links = simulate_links(people, config, people_count=PEOPLE, period=period).toPandas()
    assert len(owners) == PEOPLE * len(ID_SYSTEMS)
    owner = owners.set_index(["id_system", "source_id"])["person_number"]
    left = owner.loc[list(zip(links["left_id_system"], links["left_id"], strict=True))].to_numpy()
    right = owner.loc[list(zip(links["right_id_system"], links["right_id"], strict=True))].to_numpy()
    assert ((left == right) == links["is_true"]).all()
    assert (links["left_id_system"] == "primary_care").all()
    assert stats.binomtest(2 * PEOPLE - len(links), 2 * PEOPLE, 0.1).pvalue > 0.001
    assert stats.binomtest(int((~links["is_true"]).sum()), 2 * PEOPLE, 0.05).pvalue > 0.001
    assert links["link_date"].between(period.first_date, period.last_date).all()
