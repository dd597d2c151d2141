"""Tables that geography makes, and the population of 2021 that its crosswalk weighs by."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Table, column

STRING, LONG, DOUBLE, BOOLEAN = T.StringType(), T.LongType(), T.DoubleType(), T.BooleanType()


class PostcodeArea(Table):
    """One row per postcode, placed in areas by its point.

    Source: derived from the postcode directory and the boundaries of ONS. Licence: OGL v3; contains OS data (Crown
    copyright and database right) and Royal Mail data (Royal Mail copyright and database right).
    A code by point is null where the postcode has no coordinates, where its point lies outside all boundaries that are
    loaded, or where no boundaries of that vintage are: the reason says which. The distance is null unless the two codes
    differ and the boundary of the official area is loaded.
    """

    postcode = column(STRING, "postcode in the form with one space", key=True)
    official_lsoa_2011_code = column(STRING, "LSOA 2011 that the directory gives", vintage="lsoa_2011")
    lsoa_2011_code = column(STRING, "LSOA 2011 that holds the point", vintage="lsoa_2011")
    lsoa_2011_placed_by = column(STRING, "point; boundary (on an edge: the first code); none", required=True)
    lsoa_2011_reason = column(STRING, "no_coordinates, outside_all_areas, no_boundaries; null where placed")
    lsoa_2021_code = column(STRING, "LSOA 2021 that holds the point", vintage="lsoa_2021")
    lsoa_2021_placed_by = column(STRING, "point; boundary (on an edge: the first code); none", required=True)
    lsoa_2021_reason = column(STRING, "no_coordinates, outside_all_areas, no_boundaries; null where placed")
    comparison = column(
        STRING,
        "agrees; generalised_edge, near, contradiction (by distance to the official area); official_not_loaded; "
        "no_official; not_placed",
        required=True,
    )
    distance_to_official_metres = column(DOUBLE, "metres from the point to the official area, EPSG:27700")


class PostcodeAreaQuality(Table):
    """One row per comparison of a postcode's official LSOA 2011 with the one that holds its point.

    Source: derived from postcode_area, whose rows name the postcodes. Licence: OGL v3.
    Distances are null for comparisons that have none.
    """

    comparison = column(STRING, "kind of agreement or difference, as in postcode_area", key=True)
    meaning = column(STRING, "the kind in words, with its limits", required=True)
    postcodes_count = column(LONG, "postcodes of this kind", required=True)
    compared_share = column(DOUBLE, "of the postcodes whose official area is loaded; null for the other kinds")
    distance_median_metres = column(DOUBLE, "median metres from the point to the official area")
    distance_maximum_metres = column(DOUBLE, "most metres from the point to the official area")


class LandArea2011(Table):
    """One row per LSOA 2011, its land known from areas of 2021 or from its own polygon.

    Source: derived from ONS Standard Area Measurements of 2021, the best fit of 2011 to 2021, and boundaries of 2011.
    Licence: OGL v3; contains OS data (Crown copyright and database right). Null hectares where `area_hectares_source`
    says why there are none. From a polygon they are those of its generalised, clipped outline.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    area_hectares = column(DOUBLE, "hectares of land")
    area_hectares_source = column(
        STRING,
        "unchanged, sum_of_parts (a split area), boundary (its polygon); or why there are none: no_boundary, "
        "no_land_area (the file of 2021 lacks a part)",
        required=True,
    )


class Population2021(Table):
    """One row per LSOA 2021.

    Source: Office for National Statistics, Census 2021, table TS007A (age by five-year bands) or wider bands. Licence:
    OGL v3. Weights of the crosswalk of counts from 2011 to 2021.
    """

    lsoa_2021_code = column(STRING, "LSOA 2021 code", key=True, vintage="lsoa_2021")
    residents_count = column(LONG, "usual residents on 21 March 2021", required=True)
