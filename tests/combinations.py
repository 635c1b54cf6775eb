"""Answers that bring each two values of any two questions together at least once."""

from collections.abc import Mapping
from itertools import combinations, product

Resources = dict[str, dict[str, object]]


def of_kinds(**kinds: str) -> Resources:
    """Return resources by name."""
    return {name: {"kind": kind} for name, kind in kinds.items()}


DATABASES = {
    "no database": of_kinds(),
    "sqlite": of_kinds(database="sqlite"),
    "postgresql": of_kinds(database="postgresql"),
    "two sqlite": of_kinds(database="sqlite", a_1="sqlite"),
    "two postgresql": of_kinds(database="postgresql", db10="postgresql"),
    "both": of_kinds(db10="sqlite", db2="postgresql"),
}
CACHES = {
    "no cache": of_kinds(),
    "memory": of_kinds(cache="memory"),
    "redis": of_kinds(cache="redis"),
    "two memory": of_kinds(cache="memory", store="memory"),
    "two redis": of_kinds(z="redis", cache="redis"),
    "both caches": of_kinds(cache="redis", store="memory"),
}
CLIENTS = {
    "no client": of_kinds(),
    "http": of_kinds(upstream="http"),
    "two http": of_kinds(upstream="http", b23456789_123456789_1234="http"),
}
OPERATION: dict[str, list[str]] = {
    "nothing": [],
    "operations": ["operations"],
    "telemetry": ["telemetry"],
    "metrics": ["metrics"],
    "security": ["security"],
    "everything": ["operations", "telemetry", "metrics", "security"],
}
AROUND: dict[str, list[str]] = {
    "nothing around": [],
    "everything around": ["devcontainer", "pre_commit", "renovate"],
}
PARAMETERS: dict[str, list[str]] = {
    "docker": ["docker", "kubernetes", "no docker"],
    "database": list(DATABASES),
    "cache": list(CACHES),
    "client": list(CLIENTS),
    "example": ["an example", "no example"],
    "ci": ["github", "none"],
    "operation": list(OPERATION),
    "around": list(AROUND),
}
Pair = tuple[tuple[str, str], ...]


def pairs_of(chosen: Mapping[str, str]) -> set[Pair]:
    """Return each two values that come together."""
    return set(combinations(sorted(chosen.items()), 2))


def covering() -> list[dict[str, str]]:
    """Return few choices in which every pair is: always the one with most pairs that none had before."""
    every = [dict(zip(PARAMETERS, values, strict=True)) for values in product(*PARAMETERS.values())]
    pairs = [pairs_of(chosen) for chosen in every]
    missing = set().union(*pairs)
    found: list[dict[str, str]] = []
    while missing:
        best = max(range(len(every)), key=lambda index: len(pairs[index] & missing))
        found.append(every[best])
        missing -= pairs[best]
    return found


def answers(chosen: Mapping[str, str]) -> dict[str, object]:
    """Return the answers for a choice; without a database there is no example."""
    roles = {"database": DATABASES, "cache": CACHES, "client": CLIENTS}
    resources = {role: of_role[chosen[role]] for role, of_role in roles.items()}
    example = {role: next(iter(named)) for role, named in resources.items() if named}
    return {
        "project_name": "P",
        "resources": {name: kind for named in resources.values() for name, kind in named.items()},
        "example": example if resources["database"] and chosen["example"] == "an example" else "none",
        "docker": chosen["docker"] != "no docker",
        "kubernetes": chosen["docker"] == "kubernetes",
        "ci": chosen["ci"],
        **dict.fromkeys(OPERATION[chosen["operation"]] + AROUND[chosen["around"]], True),
    }


COMBINATIONS = {", ".join(chosen.values()): answers(chosen) for chosen in covering()}
