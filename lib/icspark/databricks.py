"""The Databricks job file, written from the jobs' own reads and writes: `python -m icspark.docs` keeps it current."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from icspark import packages, plan
from icspark.plan import JobModule

CONFIGURATION = "${var.configuration}"


def job_file(known: Mapping[str, JobModule]) -> str:
    """Return resources/icspark.job.yml: one task a job, depending on the jobs that write what it reads."""
    tasks = [_task(known[name], sorted(plan.needs(known[name], known))) for name in plan.ordered(known)]
    cluster = {
        "job_cluster_key": "icspark",
        "new_cluster": {
            "spark_version": "17.3.x-scala2.13",
            "node_type_id": "${var.node_type}",
            "num_workers": "${var.workers}",
            "data_security_mode": "SINGLE_USER",
            "runtime_engine": "STANDARD",
            "spark_conf": databricks_settings(),
        },
    }
    job = {"name": "icspark", "job_clusters": [cluster], "tasks": tasks}
    head = "# Written by `make docs` from the jobs' reads and writes, and held to them. Not yet run on Databricks.\n"
    return head + str(yaml.safe_dump({"resources": {"jobs": {"icspark": job}}}, sort_keys=False, width=120))


def databricks_settings() -> dict[str, str]:
    """Return the Spark settings that a Databricks cluster needs: Delta is part of it, Sedona is not."""
    ours = dict(packages.CONFIGURATION)
    del ours["spark.sql.catalog.spark_catalog"]
    extensions = ours["spark.sql.extensions"].split(",")
    ours["spark.sql.extensions"] = ",".join(name for name in extensions if "delta" not in name)
    return ours


def libraries() -> list[dict[str, Any]]:
    """Return the libraries of a task: the wheel, and every JVM package but Delta, from the one file that names them."""
    named = [package for package in packages.PACKAGES if package.group != "io.delta"]
    return [{"whl": "../dist/*.whl"}, *({"maven": {"coordinates": package.coordinate}} for package in named)]


def _task(job: JobModule, before: list[str]) -> dict[str, Any]:
    parameters = ["run", job.name, "--only", "--if-possible", "--conf", CONFIGURATION]
    task: dict[str, Any] = {"task_key": job.name, "job_cluster_key": "icspark"}
    if before:
        task["depends_on"] = [{"task_key": name} for name in before]
    wheel = {"package_name": "icspark", "entry_point": "icspark", "parameters": parameters}
    return {**task, "python_wheel_task": wheel, "libraries": libraries()}
