"""Progress in our own words: which job runs, how long, how much of Spark's work is done, and how each ended."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from pyspark.sql import SparkSession
from rich.console import Console
from rich.live import Live
from rich.text import Text

from icspark.runner import Step

MARKS = {"done": ("✓", "green"), "skipped": ("=", "cyan"), "failed": ("✗", "red"), "not run": ("-", "yellow")}


class Progress:
    """A live line while a job runs (on a terminal), and one line for each job that ended."""

    def __init__(self, console: Console, spark: SparkSession, total: int) -> None:
        """Report to `console` on `total` jobs run in `spark`."""
        self.console, self.spark, self.total, self.number = console, spark, total, 0
        self._job, self._since = "", 0.0
        self._live = Live(console=console, get_renderable=self._line, refresh_per_second=2, transient=True)
        self._over = threading.Event()

    def __enter__(self) -> Progress:
        """Begin to show the live line."""
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the live line away."""
        self._job = ""
        if self.console.is_terminal:
            self._live.stop()

    def __call__(self, job: str, step: Step | None) -> None:
        """Hear that a job has started (no step) or ended."""
        if step is None:
            self.number, self._job, self._since = self.number + 1, job, time.monotonic()
            return
        self._job = ""
        mark, style = MARKS[step.outcome]
        self.console.print(Text.assemble((f"{mark} ", style), (f"{job:<32}", "bold"), said(step)), soft_wrap=True)

    def _line(self) -> Text:
        if not self._job:
            return Text("")
        seconds = time.monotonic() - self._since
        return Text(f"  {self._job} ({self.number} of {self.total}), {seconds:.0f} s{self._stages()}", style="dim")

    def _stages(self) -> str:
        tracker = self.spark.sparkContext.statusTracker()
        stages = [s for s in map(tracker.getStageInfo, tracker.getActiveStageIds()) if s is not None]
        done, tasks = sum(s.numCompletedTasks for s in stages), sum(s.numTasks for s in stages)
        return f", {done} of {tasks} pieces of this step" if tasks else ""


def said(step: Step) -> str:
    """Return how a job ended in one line: seconds, rows a table, rejected rows, or why not."""
    if step.outcome != "done":
        return f"{step.outcome}: {step.why}"
    parts = []
    for output in step.outputs:
        if output.name.startswith("rejected_"):
            continue
        if output.rows is not None:
            lost = f", {output.rejected:,} rejected" if output.rejected else ""
            parts.append(f"{output.name} {output.rows:,} rows{lost}")
        elif output.version is None:
            parts.append(output.location)
    return f"{step.seconds:6.1f} s  {'; '.join(parts)}"
