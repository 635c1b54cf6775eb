"""What the measured requests say: tables and a plot, in Markdown."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks import requests
from benchmarks.comparison import machine
from benchmarks.requests import (
    AMONG,
    BARE,
    GROWTH,
    HAND,
    JSON,
    OURS,
    RAW,
    ROW,
    UNRESET,
    Endpoint,
    Round,
    Slice,
    grown,
)
from benchmarks.servers import Application

VERSIONS = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "asyncpg", "redis", "httpx2")


def median_of(rounds: Sequence[Round], key: tuple[str, str, int], what: Callable[[Slice], float]) -> float:
    """Return the median of all rounds."""
    return median(what(each[key]) for each in rounds)


def speeds(rounds: Sequence[Round], endpoint: Endpoint, other: str, ours: str = OURS) -> list[float]:
    """Return how fast ours is beside another, for each round, sorted: the other's processor time by ours."""
    keys = [(name, endpoint.name, AMONG) for name in (other, ours)]
    return sorted(each[keys[0]].processor / each[keys[1]].processor for each in rounds)


def spread(values: Sequence[float]) -> str:
    """Return the median, and what half of the values lie between."""
    return f"{median(values):.2f} ({values[len(values) // 4]:.2f} to {values[len(values) * 3 // 4]:.2f})"


def against(values: Sequence[float], target: float | None) -> str:
    """Return two cells: a target, and whether it is met."""
    if target is None:
        return " | "
    return f"≥ {target:g} | {'met' if median(values) >= target else 'not met'}"


def costs(rounds: Sequence[Round], seed: int) -> str:
    """Return what a request takes of the server's processor, beside the same by hand and beside the driver."""
    lines = [
        "| a request for | µs: ours, by hand, driver | speed by hand | target | | speed by driver | target | |",
        "| --- | ---: | --- | ---: | --- | --- | ---: | --- |",
    ]
    for endpoint in requests.ENDPOINTS:
        names = [OURS, HAND, *([RAW] if endpoint.with_driver else [])]
        taken = ", ".join(
            f"{median_of(rounds, (name, endpoint.name, AMONG), lambda each: each.processor) * 1e6:.0f}"
            for name in names
        )
        by_hand = speeds(rounds, endpoint, HAND)
        raw = speeds(rounds, endpoint, RAW) if endpoint.with_driver else []
        cells = [endpoint.name, taken, spread(by_hand), against(by_hand, endpoint.by_hand)]
        cells += [spread(raw) if raw else "", against(raw, endpoint.raw)]
        lines.append(f"| {' | '.join(cells)} |")
    load = max(each.own_share for found in rounds for each in found.values())
    measured = f"{AMONG} connections, {len(rounds)} rounds, seed {seed}; {machine(*VERSIONS)}"
    return "\n".join([*lines, "", f"{measured}. The load took {load:.0%} of its core at most."])


def plot(rounds: Sequence[Round]) -> str:
    """Return a chart of the speeds beside the same by hand."""
    names = ", ".join(f'"{endpoint.name}"' for endpoint in requests.ENDPOINTS)
    values = ", ".join(f"{median(speeds(rounds, endpoint, HAND)):.2f}" for endpoint in requests.ENDPOINTS)
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta horizontal",
            '    title "Speed beside the same by hand (1: as fast)"',
            f"    x-axis [{names}]",
            "    y-axis 0 --> 1.2",
            f"    bar [{values}]",
            "```",
        ]
    )


def growth(rounds: Sequence[Round], started: Mapping[str, Application]) -> str:
    """Return what resources cost that a request doesn't use, and middleware; stops the applications."""
    lines = [
        "| application | a row: speed | JSON: speed | start, s | memory, MiB | stop, s |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    names = {
        OURS: "generated, 3 resources",
        BARE: "generated, no middleware",
        UNRESET: "generated, sessions not reset",
        HAND: "by hand",
        RAW: "with the driver",
    }
    for name in (OURS, *(grown(number) for number in GROWTH), BARE, UNRESET, HAND, RAW):
        application = started[name]
        compared = [
            "1" if name == OURS else spread(speeds(rounds, each, OURS, name)) if name != RAW else ""
            for each in (ROW, JSON)
        ]
        cells = [names.get(name, f"generated, {name}"), *compared, f"{application.start:.2f}"]
        cells += [f"{application.memory():.0f}", f"{application.stop():.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    ours, bare = (median_of(rounds, (name, JSON.name, AMONG), lambda each: each.processor) for name in (OURS, BARE))
    share = (ours - bare) / median_of(rounds, (OURS, ROW.name, AMONG), lambda each: each.processor)
    verdict = "met" if share <= 0.03 else "not met"
    middleware = f"Middleware takes {(ours - bare) * 1e6:.0f} µs of each request, {share:.1%} of one for a row"
    return "\n".join([*lines, "", f"{middleware} (target ≤ 3 %: {verdict})."])


def all_loads(rounds: Sequence[Round]) -> str:
    """Return every application under every load."""
    lines = [
        "| a request for | connections | application | per second | µs of processor | p50, ms | p99, ms | MiB |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, endpoint, connections in sorted(rounds[0], key=lambda key: (key[1], key[2], key[0])):
        key = (name, endpoint, connections)
        cells = [
            f"{median_of(rounds, key, lambda each: each.rate):.0f}",
            f"{median_of(rounds, key, lambda each: each.processor) * 1e6:.0f}",
            f"{median_of(rounds, key, lambda each: each.median) * 1e3:.1f}",
            f"{median_of(rounds, key, lambda each: each.late) * 1e3:.1f}",
            f"{median_of(rounds, key, lambda each: each.memory):.0f}",
        ]
        lines.append(f"| {endpoint} | {connections} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
