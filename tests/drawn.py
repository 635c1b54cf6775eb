"""Tests of what hypothesis draws: how much of it, and the template's own engine, for what needs no whole project."""

from functools import cache

from hypothesis import HealthCheck, Phase, settings
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from projects import ROOT


def profile(examples: int, *, long: bool) -> settings:
    """Return how many examples there are: the same ones each time; more, and other ones, in a long run."""
    return settings(
        max_examples=examples * (30 if long else 1),
        derandomize=not long,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@cache
def engine() -> Environment:
    """Return what Copier evaluates the template with."""
    return Environment(
        loader=FileSystemLoader(ROOT),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
