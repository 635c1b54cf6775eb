"""Tests of what hypothesis draws: how much of it, and the template's own engine, for what needs no whole project."""

from collections.abc import Mapping
from functools import cache

import yaml
from hypothesis import HealthCheck, Phase, settings
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from projects import ROOT
from reserved import KINDS, RESERVED

TEXTS: dict[str, str] = yaml.safe_load(RESERVED.read_text())
LISTS = {key: text.split() for key, text in TEXTS.items()}


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


def refusal_of_the_template(resources: Mapping[str, object], package: str = "zqpackage") -> str:
    """Return why plain Copier refuses resources; nothing if it takes them."""
    kinds = [yaml.safe_load((ROOT / f"template/resources/{kind}/kind.yml").read_text()) for kind in KINDS]
    validator = engine().get_template("template/questions/resources_validator.jinja")
    return validator.render(resources=resources, kinds=kinds, reserved=[TEXTS], package_name=package).strip()
