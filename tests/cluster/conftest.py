"""A real standalone Spark cluster on loopback: one master, two workers, from pip's pyspark."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

SPARK_HOME = Path(pyspark.__file__).parent
WORKERS = 2


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _started(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder / name),
        "PYSPARK_PYTHON": sys.executable,
    }
    log = (folder / f"{name}.log").open("wb")
    command = [str(SPARK_HOME / "bin" / "spark-class"), *arguments]
    return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def _wait_for(log: Path, text: str, count: int = 1) -> None:
    give_up = time.monotonic() + 60
    while log.read_text(errors="replace").count(text) < count:
        assert time.monotonic() < give_up, f"no {text!r} in {log}"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def cluster_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a running master that two workers have joined."""
    folder, port = tmp_path_factory.mktemp("cluster"), _free_port()
    master = f"spark://127.0.0.1:{port}"
    place = ("--host", "127.0.0.1", "--webui-port", "0")
    processes = [_started(folder, "master", "org.apache.spark.deploy.master.Master", *place, "--port", str(port))]
    try:
        _wait_for(folder / "master.log", "Starting Spark master")
        worker = ("org.apache.spark.deploy.worker.Worker", *place, "--cores", "1", "--memory", "1g", master)
        processes += [_started(folder, f"worker{n}", *worker) for n in range(WORKERS)]
        _wait_for(folder / "master.log", "Registering worker", WORKERS)
        yield master
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
