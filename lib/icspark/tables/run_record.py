"""The record of every run: what was read and written, by which code and configuration, and how it ended."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Table, column

STRING, LONG, TIME = T.StringType(), T.LongType(), T.TimestampType()


class RunRecord(Table):
    """One row per run, job and table or folder that the job writes.

    Source: this suite. `version`, `rows_count` and `location` are null where nothing was written: the run failed, or
    the output is a folder. It only grows.
    """

    run_id = column(STRING, "one run of the command, which may run several jobs", key=True)
    job_name = column(STRING, "job", key=True)
    output_name = column(STRING, "table or folder that the job writes", key=True)
    outcome = column(STRING, "done or failed", required=True)
    location = column(STRING, "where the output is")
    version = column(LONG, "Delta version that this run wrote")
    table_schema_hash = column(STRING, "12 hex digits of the table's schema")
    rows_count = column(LONG, "rows written")
    read_count = column(LONG, "rows read from the source, where the job splits accepted from rejected")
    rejected_count = column(LONG, "rows rejected")
    rejected_by_rule = column(T.MapType(STRING, LONG), "rejected rows and cells per rule code")
    inputs = column(
        T.MapType(STRING, STRING), "versions of tables read, SHA-256 of files read, hashes of files written"
    )
    notes = column(T.MapType(STRING, T.DoubleType()), "numbers that the job found worth keeping")
    fingerprint = column(
        STRING, "SHA-256 of inputs, configuration section and source: the same means nothing to do", required=True
    )
    config_hash = column(STRING, "SHA-256 of the configuration file", required=True)
    environment = column(STRING, "name of the environment", required=True)
    package_version = column(STRING, "version of icspark", required=True)
    source_hash = column(STRING, "SHA-256 of the installed package's source", required=True)
    git_commit = column(STRING, "commit of the checkout; null outside one")
    started_at = column(TIME, "start of the job, UTC", required=True)
    finished_at = column(TIME, "end of the job, UTC", required=True)
    error_class = column(STRING, "class of the error; null where the job is done")
    error_message = column(STRING, "the error in words; null where the job is done")
