"""Open reference data: what each table is. How a publisher's file becomes one is in `icspark.sources`."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.codes import DOMAINS, REGISTERS
from icspark.tables.table import ColumnSpec, Table, column

STRING, LONG, DOUBLE, DATE = T.StringType(), T.LongType(), T.DoubleType(), T.DateType()


def _deprivation(year: int) -> dict[str, ColumnSpec]:
    families: dict[str, ColumnSpec] = {}
    for domain, title in DOMAINS.items():
        vintage = f"imd_{year}"
        families[f"{domain}_{year}_score"] = ColumnSpec(
            DOUBLE, f"{title}: score; higher is more deprived", vintage=vintage
        )
        families[f"{domain}_{year}_rank"] = ColumnSpec(
            LONG, f"{title}: national rank; 1 = most deprived", vintage=vintage
        )
        families[f"{domain}_{year}_decile"] = ColumnSpec(
            LONG, f"{title}: national decile; 1 = most deprived", vintage=vintage
        )
    return families


class Postcode(Table):
    """One row per postcode, live or terminated.

    Source: Office for National Statistics, National Statistics Postcode Lookup. Licence: OGL v3; contains OS data
    (Crown copyright and database right) and Royal Mail data (Royal Mail copyright and database right).
    Null coordinates where the directory has none (positional quality 9); null `terminated_date` while live.
    """

    postcode = column(STRING, "postcode in the form with one space (PCDS)", key=True)
    easting = column(LONG, "metres east, EPSG:27700")
    northing = column(LONG, "metres north, EPSG:27700")
    longitude = column(DOUBLE, "degrees east, EPSG:4326")
    latitude = column(DOUBLE, "degrees north, EPSG:4326")
    lsoa_2011_code = column(STRING, "official LSOA 2011 of the directory", vintage="lsoa_2011")
    positional_quality_code = column(STRING, "1 within the building ... 9 no grid reference")
    introduced_date = column(DATE, "first of the month in which the postcode came into use")
    terminated_date = column(DATE, "first of the month in which it went out of use; null while live")


class Deprivation2019(Table, more=_deprivation(2019)):
    """One row per English LSOA 2011.

    Source: Ministry of Housing, Communities and Local Government, English Indices of Deprivation 2019, File 7.
    Licence: OGL v3. Ranks and deciles are national, as published, or from the published scores (ties by code) where
    the file has scores only.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    lsoa_2011_name = column(STRING, "LSOA 2011 name")
    ranked_areas_count = column(LONG, "number of areas in the national ranking", required=True)
    population_count = column(LONG, "residents, mid-2015, without prisoners")
    population_0_15_count = column(LONG, "residents aged 0 to 15")
    population_16_59_count = column(LONG, "residents aged 16 to 59")
    population_60_over_count = column(LONG, "residents aged 60 and over")
    population_working_age_count = column(LONG, "working-age residents of the Employment domain")


class Deprivation2025(Table, more=_deprivation(2025)):
    """One row per English LSOA 2021.

    Source: Ministry of Housing, Communities and Local Government, English Indices of Deprivation 2025. Licence: OGL v3.
    Null where the file that was given has no such score.
    """

    lsoa_2021_code = column(STRING, "LSOA 2021 code", key=True, vintage="lsoa_2021")
    ranked_areas_count = column(LONG, "number of areas in the national ranking", required=True)


class Population(Table):
    """One row per LSOA 2011, single year of age and sex.

    Source: Office for National Statistics, mid-year population estimates for LSOAs. Licence: OGL v3.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    age_years = column(LONG, "age at 30 June in years; 90 = 90 and over", key=True)
    sex_code = column(STRING, "1 male, 2 female, 9 where the file has persons only", key=True)
    residents_count = column(LONG, "usual residents", required=True)


class Ethnicity(Table):
    """One row per LSOA 2011.

    Source: Office for National Statistics, Census. Licence: OGL v3. Null where the file's cell was rejected.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    ethnic_minority_share = column(DOUBLE, "residents of other than White groups / all residents")


class Ethnicity2021(Table):
    """One row per LSOA 2021 and ethnic group.

    Source: Office for National Statistics, Census 2021, table TS021. Licence: OGL v3. Null `all_residents_count` where
    the file does not have it. The White group is called `White`.
    """

    lsoa_2021_code = column(STRING, "LSOA 2021 code", key=True, vintage="lsoa_2021")
    ethnic_group = column(STRING, "ethnic group as published, without blanks around it", key=True)
    residents_count = column(LONG, "usual residents of the group", required=True)
    all_residents_count = column(LONG, "usual residents of the area")


class LandArea(Table):
    """One row per LSOA 2021.

    Source: Office for National Statistics, Standard Area Measurements (area to mean high water, clipped to the coast).
    Licence: OGL v3. A file in circulation calls these 2021 codes LSOA11CD; they are read as what they are.
    """

    lsoa_2021_code = column(STRING, "LSOA 2021 code", key=True, vintage="lsoa_2021")
    area_hectares = column(DOUBLE, "hectares of land", required=True)


class Registration(Table):
    """One row per practice and LSOA 2011 of its patients.

    Source: NHS England, Patients registered at a GP practice, by LSOA. Licence: OGL v3.
    `lsoa_2011_code` is null where the file gives no area of England or Wales (`NO2011`); `area_code` keeps it.
    """

    practice_code = column(STRING, "ODS code of the practice", key=True)
    area_code = column(STRING, "area code as published, also where it is no area", key=True)
    practice_name = column(STRING, "name of the practice")
    lsoa_2011_code = column(STRING, "LSOA 2011 code; null where the published code is no area", vintage="lsoa_2011")
    patients_count = column(LONG, "registered patients", required=True)


class Practice(Table):
    """One row per prescribing organisation of the Organisation Data Service.

    Source: NHS England, ODS epraccur. Licence: OGL v3. Null dates where none is recorded.
    """

    practice_code = column(STRING, "ODS code", key=True)
    practice_name = column(STRING, "name")
    postcode = column(STRING, "postcode in the form with one space")
    open_date = column(DATE, "date opened")
    close_date = column(DATE, "date closed; null while open")
    status_code = column(STRING, "A active, C closed, D dormant, P proposed")
    prescribing_setting_code = column(STRING, "0 other, 4 GP practice, and so on")


class Practitioner(Table):
    """One row per practitioner, practice and date of joining.

    Source: NHS England, ODS epracmem. Licence: OGL v3. Null `left_date` while working there.
    """

    practitioner_code = column(STRING, "ODS code of the practitioner", key=True)
    practice_code = column(STRING, "ODS code of the practice", key=True)
    joined_date = column(DATE, "date joined", key=True)
    left_date = column(DATE, "date left; null while working there")


class PracticeStaff(Table):
    """One row per practice, as somebody else has aggregated it.

    Source: NHS England, ODS epracmem, aggregated by others at the file's own as-of date. Licence: OGL v3.
    """

    practice_code = column(STRING, "ODS code of the practice", key=True)
    staff_current_count = column(DOUBLE, "practitioners working there at the as-of date")
    staff_departed_count = column(DOUBLE, "practitioners who left before it")
    staff_mean_count = column(DOUBLE, "mean number of practitioners over the practice's span")
    staff_turnover_per_year = column(DOUBLE, "departed / (mean x years), a fraction")


class EnglishProficiency(Table):
    """One row per LSOA 2011.

    Source: Office for National Statistics, Census 2011, table QS205EW by Nomis. Licence: OGL v3.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    residents_3_over_count = column(LONG, "usual residents aged 3 and over: the sum of the table's row", required=True)
    low_english_proficiency_count = column(LONG, "of them, cannot speak English well or at all", required=True)
    low_english_proficiency_share = column(DOUBLE, "the two divided; null where nobody lives there")


class Qualification(Table):
    """One row per LSOA 2011.

    Source: Office for National Statistics, Census 2011, table QS501EW by Nomis. Licence: OGL v3.
    """

    lsoa_2011_code = column(STRING, "LSOA 2011 code", key=True, vintage="lsoa_2011")
    residents_16_over_count = column(
        LONG, "usual residents aged 16 and over: the sum of the table's row", required=True
    )
    low_qualification_count = column(LONG, "of them, with no qualification or level 1", required=True)
    low_qualification_share = column(DOUBLE, "the two divided; null where nobody lives there")


class PracticePrevalence(
    Table,
    more={
        f"{name}_prevalence": ColumnSpec(DOUBLE, f"{title}: register / its list size")
        for name, (_, title) in REGISTERS.items()
    },
):
    """One row per practice.

    Source: NHS England, Quality and Outcomes Framework. Licence: OGL v3. Each register has its own denominator (an age
    range of the list). Null where the practice has no figure, or where the published share lay outside 0 to 1.
    """

    practice_code = column(STRING, "ODS code of the practice", key=True)
    diabetes_points = column(DOUBLE, "QOF points achieved for diabetes")
    diabetes_blood_pressure_share = column(
        DOUBLE, "DM019: share of patients with diabetes at the blood pressure target"
    )
    diabetes_hba1c_share = column(DOUBLE, "DM020: share of patients with diabetes at the HbA1c target")


class Boundary(Table):
    """One row per area, of one type and vintage of area.

    Source: Office for National Statistics, Open Geography portal. Licence: OGL v3; contains OS data (Crown copyright
    and database right). Geometry is well-known binary in the stated EPSG system; the box is in the same units.
    """

    area_type = column(STRING, "type and vintage of area, such as lsoa_2011", key=True)
    area_code = column(STRING, "code of the area", key=True)
    area_name = column(STRING, "name of the area")
    epsg_code = column(LONG, "EPSG code of the coordinates", required=True)
    geometry_wkb = column(T.BinaryType(), "polygon or multipolygon", required=True)
    x_min = column(DOUBLE, "west edge of the bounding box", required=True)
    y_min = column(DOUBLE, "south edge", required=True)
    x_max = column(DOUBLE, "east edge", required=True)
    y_max = column(DOUBLE, "north edge", required=True)


class AreaLookup(Table):
    """One row per area of the lower level and area of the upper level that it is placed in.

    Source: Office for National Statistics, lookups; NHS England, ODS ePCN. Licence: OGL v3. `change_code` is null
    except between vintages of one level.
    """

    from_level = column(STRING, "level and vintage, such as lsoa_2011 or practice", key=True)
    from_code = column(STRING, "code of the lower area", key=True)
    to_level = column(STRING, "level and vintage, such as lsoa_2021, sicbl_2022, icb_2022, ltla_2022", key=True)
    to_code = column(STRING, "code of the upper area", key=True)
    to_name = column(STRING, "name of the upper area")
    change_code = column(STRING, "between vintages: U unchanged, S split, M merged, X irregular")


class Service(Table):
    """One row per site that people travel to: a hospital, clinic or practice.

    Source: NHS England, Organisation Data Service, or a list of sites with coordinates. Licence: OGL v3. Null where the
    file does not say; null coordinates where it has none.
    """

    service_code = column(STRING, "code of the site; its name and point where the file has no codes", key=True)
    service_type = column(STRING, "type of service, such as acute or diabetes_centre", required=True)
    service_name = column(STRING, "name", required=True)
    provider_code = column(STRING, "ODS code of the organisation that runs it")
    postcode = column(STRING, "postcode in the form with one space")
    easting = column(DOUBLE, "metres east, EPSG:27700")
    northing = column(DOUBLE, "metres north, EPSG:27700")


class Road(Table):
    """One row per pair of nodes of the road network that a road joins, in both directions.

    Source: OpenStreetMap ways as edges (Open Database Licence 1.0), or a simulated region. Of several roads between the
    same nodes the shortest is here. Null coordinates where the file has none.
    """

    from_node = column(STRING, "node at one end", key=True)
    to_node = column(STRING, "node at the other end", key=True)
    metres = column(DOUBLE, "length along the road", required=True)
    from_easting = column(DOUBLE, "metres east of the one end, EPSG:27700")
    from_northing = column(DOUBLE, "metres north of the one end, EPSG:27700")
    to_easting = column(DOUBLE, "metres east of the other end, EPSG:27700")
    to_northing = column(DOUBLE, "metres north of the other end, EPSG:27700")
