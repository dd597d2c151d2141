"""Counts of 2011 carried to 2021, every total kept."""

import pytest
from chispa import assert_df_equality

from icspark.errors import TableError, VintageError
from icspark.geography.crosswalk import crosswalk_counts, crosswalk_weights
from icspark.tables.reference import AreaLookup

# u unchanged; s split in three; m1, m2 merged; x1 redrawn over two areas, in one of which x2 lies wholly.
PAIRS = [
    ("u", "U", "U"), ("s", "S1", "S"), ("s", "S2", "S"), ("s", "S3", "S"), ("m1", "M", "M"), ("m2", "M", "M"),
    ("x1", "X1", "X"), ("x1", "X2", "X"), ("x2", "X2", "X"),
]  # fmt: skip
RESIDENTS_2021 = [("U", 7), ("S1", 100), ("S2", 100), ("S3", 100), ("M", 5), ("X1", 300), ("X2", 1100)]
RESIDENTS_2011 = [("u", 7), ("s", 300), ("m1", 2), ("m2", 3), ("x1", 400), ("x2", 600), ("x2", 400)]


def lookup(spark, pairs=PAIRS):
    rows = [("lsoa_2011", old, "lsoa_2021", new, None, change) for old, new, change in pairs]
    return spark.createDataFrame([*rows, ("lsoa_2021", "U", "icb_2022", "Z", None, None)], AreaLookup.schema())


def weights(spark, pairs=PAIRS, new=RESIDENTS_2021, old=RESIDENTS_2011):
    return crosswalk_weights(
        lookup(spark, pairs),
        population_2021=spark.createDataFrame(new, "lsoa_2021_code string, residents_count long"),
        population_2011=spark.createDataFrame(old, "lsoa_2011_code string, residents_count long"),
    )


@pytest.fixture(scope="module")
def known(spark):
    """Give the weights of the standing example, computed once."""
    made = weights(spark)
    return spark.createDataFrame(made.collect(), made.schema)


def test_weights_are_whole_numbers_of_residents(known):
    found = {(row.lsoa_2011_code, row.lsoa_2021_code): row.weight for row in known.collect()}
    assert found == {
        ("u", "U"): 1, ("s", "S1"): 100, ("s", "S2"): 100, ("s", "S3"): 100, ("m1", "M"): 1, ("m2", "M"): 1,
        ("x1", "X1"): 300, ("x1", "X2"): 100, ("x2", "X2"): 1,
    }  # fmt: skip


def test_a_target_with_fewer_residents_than_its_nested_areas_weighs_nothing_and_a_split_of_nobody_is_even(spark):
    fewer = [(code, {"X2": 900, "S1": 0, "S2": 0, "S3": 0}.get(code, count)) for code, count in RESIDENTS_2021]
    found = {(row.lsoa_2011_code, row.lsoa_2021_code): row.weight for row in weights(spark, new=fewer).collect()}
    assert (found["x1", "X1"], found["x1", "X2"]) == (300, 0)
    assert [found["s", code] for code in ("S1", "S2", "S3")] == [1, 1, 1]


def test_counts_are_split_by_largest_remainder_with_ties_by_code(spark, known):
    rows = [
        ("u", "1", 7, 1), ("s", "1", 101, 0), ("s", "2", 2, 5), ("m1", "1", 3, None), ("m2", "1", 4, 2),
        ("x1", "1", 10, 0), ("x2", "1", 5, 0), (None, "1", 9, 0), ("s", "2", 0, 0),
    ]  # fmt: skip
    counts = spark.createDataFrame(rows, "lsoa_2011_code string, sex_code string, people_count long, other_count int")
    got = crosswalk_counts(counts, known, columns=("people_count", "other_count"), by=("sex_code",))
    want = [
        ("1", "U", 7, 1),
        ("1", "S1", 34, 0), ("1", "S2", 34, 0), ("1", "S3", 33, 0),
        ("2", "S1", 1, 2), ("2", "S2", 1, 2), ("2", "S3", 0, 1),
        ("1", "M", 7, None),
        ("1", "X1", 8, 0), ("1", "X2", 7, 0),
        ("1", None, 9, 0),
    ]  # fmt: skip
    expected = spark.createDataFrame(
        want, "sex_code string, lsoa_2021_code string, people_count long, other_count long"
    )
    assert_df_equality(got, expected, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True)


def test_scores_rates_and_ranks_are_refused(spark, known):
    frame = spark.createDataFrame(
        [("u", 1.5, 3, 4.0)], "lsoa_2011_code string, imd_2019_score double, imd_2019_rank long, a_count double"
    )
    for column in ("imd_2019_score", "imd_2019_rank", "a_count"):
        with pytest.raises(VintageError, match=column):
            crosswalk_counts(frame, known, columns=(column,))


def test_codes_that_are_none_of_2011_are_refused(spark, known):
    frame = spark.createDataFrame([("u", 1), ("S1", 1)], "lsoa_2011_code string, people_count long")
    with pytest.raises(VintageError, match="1 of 2 codes in lsoa_2011_code are none of lsoa_2011.*Found S1"):
        crosswalk_counts(frame, known, columns=("people_count",))


def test_a_population_that_is_needed_and_missing_is_an_error(spark):
    with pytest.raises(TableError, match="population_2021: 1 areas"):
        weights(spark, new=[pair for pair in RESIDENTS_2021 if pair[0] != "S2"])
    with pytest.raises(TableError, match="population of 2011: 1 areas"):
        weights(spark, old=[pair for pair in RESIDENTS_2011 if pair[0] != "x2"])
    weights(spark, new=[pair for pair in RESIDENTS_2021 if pair[0] != "M"])  # not needed


def test_a_lookup_without_the_two_vintages_is_an_error(spark):
    with pytest.raises(TableError, match="no lookup of LSOA 2011 to 2021"):
        weights(spark, pairs=[])
