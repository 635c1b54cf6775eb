"""Merges by meaning of texts: bytes, comments and order of the user's stay."""

import pytest
from scaffold.merging.choice import merge_for
from scaffold.merging.conflict import ConflictError
from scaffold.merging.imports import with_merged_imports

ONE = """\
services:
  database:
    image: postgres:18
    ports: ["5432:5432"]
"""
TWO = """\
services:
  cache:
    image: valkey/valkey:9
  database:
    image: postgres:18
    ports: ["5432:5432"]
"""
OWN = """\
# mine
services:
    web:  # by hand
        image: 'own'
        environment: &env {A: 1}

    database:
        image: postgres:18
        ports: ["5432:5432"]
volumes: {own: {}}
"""


def merged(path: str, base: str, ours: str, theirs: str) -> str:
    """Merge as for a file of a project."""
    merge = merge_for(path)
    assert merge is not None
    return merge(base, ours, theirs)


def test_a_service_is_added_among_the_users() -> None:
    """At the depth that the user's have, and nothing else is touched."""
    base = ONE.replace('  database:\n    image: postgres:18\n    ports: ["5432:5432"]\n', "  database: {}\n")
    own = OWN.replace('    database:\n        image: postgres:18\n        ports: ["5432:5432"]\n', "    database: {}\n")
    theirs = base.replace("  database: {}\n", "  cache:\n    image: valkey/valkey:9\n  database: {}\n")
    found = merged("compose.yaml", base, own, theirs)
    assert found.replace("    cache:\n      image: valkey/valkey:9\n", "") == own
    assert found != own


def test_a_file_that_the_template_drops_keeps_the_users_services() -> None:
    """The template's go; without any of the user's the file is empty."""
    own = 'services:\n  web:\n    image: own\n  database:\n    image: postgres:18\n    ports: ["5432:5432"]\n'
    assert merged("compose.yaml", ONE, own, "") == "services:\n  web:\n    image: own\n"
    assert merged("compose.yaml", ONE, ONE, "") == ""
    assert merged("compose.yaml", TWO, TWO, ONE) == ONE


def test_an_edited_service_that_the_template_drops_is_a_conflict() -> None:
    """A person has to look."""
    with pytest.raises(ConflictError, match=r"services\.cache is edited here and gone in the template"):
        merged("compose.yaml", TWO, TWO.replace("valkey:9", "valkey:8"), ONE)


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ('dependencies = ["a>=1", "own"]  # mine\n', 'dependencies = ["a>=1", "b>=1", "own"]  # mine\n'),
        ('dependencies = [\n  "a>=1",  # why\n  "own",\n]\n', '"a>=1",  # why\n  "b>=1",\n  "own",\n]\n'),
    ],
)
def test_a_requirement_is_added_in_the_users_form(own: str, wanted: str) -> None:
    """One line stays one line, comments stay where they are."""
    found = merged("pyproject.toml", 'dependencies = ["a>=1"]\n', own, 'dependencies = ["a>=1", "b>=1"]\n')
    assert found.endswith(wanted)


def test_what_the_user_deleted_does_not_come_back() -> None:
    """Neither a table nor a requirement."""
    base, theirs = 'd = ["a", "b"]\n[tool.x]\nk = 1\n', 'd = ["a", "b", "c"]\n[tool.x]\nk = 2\n'
    assert merged("pyproject.toml", base, 'd = ["b"]\n', theirs) == 'd = ["b", "c"]\n'


def test_two_values_for_one_key_are_a_conflict() -> None:
    """A person has to choose."""
    with pytest.raises(ConflictError, match="k was 1, is 2 here and 3 in the template"):
        merged("pyproject.toml", "k = 1\n", "k = 2\n", "k = 3\n")


def test_lines_of_both_stay_the_templates_first() -> None:
    """So that a list that is sorted stays together."""
    assert merged(".gitignore", "a\n", "a\nown\n", "a\nb\n") == "a\nb\nown\n"
    assert merged(".gitignore", "a\n", "a\nown", "a\nb\n") == "a\nb\nown"


def test_a_setting_that_both_added_stands_there_once() -> None:
    """With the user's value."""
    assert merged(".env.example", "A=1\n", "A=1\nB=own\n", "A=1\nB=2\n") == "A=1\nB=own\n"


def test_imports_that_stand_side_by_side_are_merged() -> None:
    """What follows them is as it was on each side."""
    base = '"""A."""\n\nimport b\nfrom p.errors import X\nfrom p.settings import S\n\nV = 1\n'
    ours = base.replace("from p.settings", "from p.own import O\nfrom p.settings").replace("V = 1", "V = 2")
    theirs = base.replace("p.errors", "p.failures")
    wanted = '"""A."""\n\nimport b\nfrom p.failures import X\nfrom p.own import O\nfrom p.settings import S\n\n'
    assert with_merged_imports(base, ours, theirs) == (f"{wanted}V = 1\n", f"{wanted}V = 2\n", f"{wanted}V = 1\n")


def test_what_has_to_come_first_stays_first() -> None:
    """It is none of the imports that may stand in any order."""
    base = '"""A."""\n\nimport asyncio\n'
    ours = '"""A."""\n\nfrom __future__ import annotations\n\nimport asyncio\n'
    merged = with_merged_imports(base, ours, base.replace("import asyncio", "import abc\nimport asyncio"))
    assert merged[1] == ours.replace("import asyncio", "import abc\nimport asyncio")


@pytest.mark.parametrize(
    "theirs",
    [
        "from p import a, c\n",
        "from p import a\nfrom q import c, b\n",
        "from p import a\nfrom q import c as b\n",
        "V = 1\n",
        "import (\n",
        "import a\0\n",
    ],
)
def test_imports_that_do_quarrel_are_a_conflict(theirs: str) -> None:
    """The same line, a name that would be imported twice, nothing that is imported, or no Python."""
    ours = "from p import a, b\n" if "q" not in theirs else "from p import a\nfrom q import b\n"
    with pytest.raises(ConflictError):
        with_merged_imports("from p import a\n", ours, theirs)
