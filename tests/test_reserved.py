"""Names that can't be given: Python's, those of what a project imports, those the generated code uses."""

import pytest
import yaml
from reserved import RESERVED, derived, project_in

REMEDY = "write them again with `python tests/reserved.py`"


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return what Python, the requirements and the templates take."""
    return derived(project_in(tmp_path_factory.mktemp("reserved")))


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """Return what the template knows of it."""
    lists: dict[str, str] = yaml.safe_load(RESERVED.read_text())
    return {key: set(names.split()) for key, names in lists.items()}


@pytest.mark.parametrize("key", ["keywords", "modules"])
def test_what_python_and_the_requirements_take_is_reserved(
    key: str, wanted: dict[str, set[str]], known: dict[str, set[str]]
) -> None:
    """Here; other Pythons and other releases of the requirements may take more."""
    assert sorted(wanted[key] - known[key]) == [], REMEDY


@pytest.mark.parametrize("key", ["names", "endings"])
def test_what_the_generated_code_takes_is_reserved_and_nothing_else(
    key: str, wanted: dict[str, set[str]], known: dict[str, set[str]]
) -> None:
    """The list is that of the templates, not of somebody who remembered to write it down."""
    assert (sorted(wanted[key] - known[key]), sorted(known[key] - wanted[key])) == ([], []), REMEDY


def test_it_reads_what_it_has_to(wanted: dict[str, set[str]]) -> None:
    """Some of each source: an empty list would be reserved too."""
    assert {"if", "match"} <= wanted["keywords"]
    assert {"json", "distutils", "fastapi", "anyio", "websockets", "conftest", "test_health"} <= wanted["modules"]
    assert {"client", "running", "health", "sqlite_file", "print", "AsyncSession", "none", "slow", "file"} <= wanted[
        "names"
    ]
    assert {"pool", "lock", "max", "base", "health", "migrate", "reader", "transaction"} <= wanted["endings"]
