"""Local times of an extract, read as UTC by a stated rule for the two nights on which a clock is changed.

NHS extracts write local times and no zone, so a source declares its own. In autumn an hour comes twice: it is read as
the first of the two (summer time). In spring an hour does not come at all: a time within it, written by a clock that
had not been put forward, is read as if it had not (01:30 is 01:30 UTC, local 02:30). Text that carries its own offset
is taken at its word.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from pyspark.sql import Column
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, nearest

_ISO = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_WITH_OFFSET = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2})$"


def declared_zone(source: Source, name: str) -> str:
    """Return the zone of a source's local times: its option `zone`. Raises ConfigurationError where it is no zone."""
    zone = source.options.get("zone")
    if zone is None or zone not in available_timezones():
        raise ConfigurationError(
            "the feed has times, and they need a zone",
            where=f"sources.{name}.options.zone",
            expected="a name of the IANA list, such as Europe/London, or UTC",
            found=f"{zone}. {nearest(zone, available_timezones())}".strip() if zone else "none",
            mend="declare the zone of the clock that wrote the file",
        )
    return zone


def clock_time(text: Column, pattern: str) -> Column:
    """Return what a local clock showed, from text as `pattern` or ISO 8601; null where it is neither, or has an offset.

    A date alone is its midnight.
    """
    # Text that a pattern does not fit costs Spark an exception a row, so the pattern is tried only where it can fit.
    is_iso, fits = text.rlike(_ISO), F.try_to_timestamp(text, F.lit(pattern))
    iso = F.when(is_iso, text.try_cast("timestamp"))
    return F.coalesce(fits if "-" in pattern else F.when(~is_iso, fits), iso)


def instant(text: Column, pattern: str, zone: str) -> Column:
    """Return the instant in UTC that text in local time means; null where it is no time."""
    with_offset = F.when(text.rlike(_WITH_OFFSET), text.try_cast("timestamp"))
    return F.coalesce(with_offset, F.to_utc_timestamp(clock_time(text, pattern), zone))


def local_date(instant: Column, zone: str) -> Column:
    """Return the date that a local clock shows at an instant in UTC."""
    return F.from_utc_timestamp(instant, zone).cast("date")
