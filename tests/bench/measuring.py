"""How the benches measure: our work and its baseline in turns, medians, on one of two clocks.

``wall`` is what a person waits; ``cpu`` is the processor time of the whole process, which a
machine busy with other things hardly changes.  Work of one thread is measured in ``cpu``: on
an idle machine the two are the same.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Clock = Literal["wall", "cpu"]
Step = Callable[[int], object]


@dataclass(frozen=True)
class Spent:
    """Milliseconds a step took on both clocks, one number a run."""

    wall: list[float]
    cpu: list[float]

    def median(self, clock: Clock) -> float:
        times: list[float] = getattr(self, clock)
        return statistics.median(times)


def measure(*steps: Step, count: int, warm: int = 3) -> list[Spent]:
    """Take the steps in turns, ``warm`` rounds unmeasured and ``count`` measured.  A step gets
    the number of its round."""
    spent = [Spent([], []) for _ in steps]
    for i in range(-warm, count):
        for step, times in zip(steps, spent, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            step(i + warm)
            took = time.perf_counter() - wall, time.process_time() - cpu
            if i >= 0:
                times.wall.append(1000.0 * took[0])
                times.cpu.append(1000.0 * took[1])
    return spent


def figure(
    name: str,
    ours: Spent | float,
    base: Spent | float | None = None,
    *,
    against: str = "",
    clock: Clock = "cpu",
    unit: str = "ms",
    at_most: float | None = None,
    ratio_at_most: float | None = None,
) -> dict[str, Any]:
    """One line of the report.  ``at_most`` bounds the value, ``ratio_at_most`` the value over
    the baseline, both None where there is no budget.  The ratio is the median of the rounds'
    own ratios, so that a machine that grows busy in between does not count."""
    value = ours.median(clock) if isinstance(ours, Spent) else ours
    baseline = base.median(clock) if isinstance(base, Spent) else base
    ratio = value / baseline if baseline else None
    if isinstance(ours, Spent) and isinstance(base, Spent):
        ratio = _ratio(getattr(ours, clock), getattr(base, clock))
    found: dict[str, Any] = {
        "name": name,
        "value": value,
        "baseline": baseline,
        "ratio": ratio,
        "unit": unit,
        "against": against,
        "clock": clock,
        "at_most": at_most,
        "ratio_at_most": ratio_at_most,
    }
    if isinstance(ours, Spent) and isinstance(base, Spent):
        found |= {"ratio_wall": _ratio(ours.wall, base.wall), "ratio_cpu": _ratio(ours.cpu, base.cpu)}
    if isinstance(ours, Spent):
        found |= {"wall": ours.median("wall"), "cpu": ours.median("cpu"), "runs": len(ours.wall)}
    return found


def _ratio(ours: list[float], base: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, base, strict=True) if b > 0)


def contention() -> float:
    """How many times longer a plain loop takes here than its own processor time: 1 on an idle
    machine, 2 where half of the time goes to others."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.25:
        sum(range(1000))
    return (time.perf_counter() - wall) / (time.process_time() - cpu)
