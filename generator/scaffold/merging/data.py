"""Merges of data: what the template changed is changed in the user's own."""

import re
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import cast

from scaffold.merging.conflict import ConflictError

DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def patch(base: Mapping[str, object], ours: MutableMapping[str, object], theirs: Mapping[str, object]) -> None:
    """Change ours in place by the difference between base and theirs; raises ConflictError.

    What the user deleted does not come back.
    """
    for name in dict.fromkeys([*base, *theirs]):
        if base.get(name) == theirs.get(name) or ours.get(name) == theirs.get(name):
            continue
        if name not in theirs:
            _remove(name, base, ours)
        elif name in ours:
            _change(name, base, ours, theirs)
        elif name not in base:
            ours[name] = theirs[name]


def _remove(name: str, base: Mapping[str, object], ours: MutableMapping[str, object]) -> None:
    before, mine = base[name], ours.get(name)
    if mine == before:
        del ours[name]
    elif isinstance(mine, MutableMapping) and isinstance(before, Mapping):
        patch(before, mine, {})
        if not mine:
            del ours[name]
    elif mine is not None:
        message = f"{name} is edited here and gone in the template"
        raise ConflictError(message)


def _change(
    name: str, base: Mapping[str, object], ours: MutableMapping[str, object], theirs: Mapping[str, object]
) -> None:
    before, mine, new = base.get(name), ours[name], theirs[name]
    if isinstance(mine, MutableMapping) and isinstance(new, Mapping):
        patch(before if isinstance(before, Mapping) else {}, mine, new)
    elif isinstance(mine, MutableSequence) and isinstance(new, Sequence):
        _patch_list(before if isinstance(before, Sequence) else [], mine, new)
    elif mine == before:
        ours[name] = new
    else:
        message = f"{name} was {before!r}, is {mine!r} here and {new!r} in the template"
        raise ConflictError(message)


def _patch_list(base: Sequence[object], ours: MutableSequence[object], theirs: Sequence[object]) -> None:
    """Take out what the template dropped, unless it was edited; put in what it added, each after its predecessor."""
    before = {_identity(item): item for item in base}
    new = {_identity(item): item for item in theirs}
    for gone in before.keys() - new.keys():
        if before[gone] in ours:
            del ours[ours.index(before[gone])]
    predecessor: str | None = None
    for key, item in new.items():
        places = {_identity(mine): place for place, mine in enumerate(ours)}
        if key in before and key in places and ours[places[key]] == before[key] != item:
            ours[places[key]] = item
        elif key not in before and key not in places:
            end = 0 if predecessor is None else len(ours)
            ours.insert(places[predecessor] + 1 if predecessor in places else end, item)
        predecessor = key


def _identity(item: object) -> str:
    """Return what makes two entries of a list the same one: for a requirement, its distribution."""
    if isinstance(item, str) and (found := DISTRIBUTION.match(item)):
        return re.sub(r"[-_.]+", "-", found[0]).lower()
    return repr(item)


def mapping(data: object) -> dict[str, object]:
    """Return what a parser found, if it is a mapping; raises ConflictError if it is something else."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        message = "not a mapping"
        raise ConflictError(message)
    return cast("dict[str, object]", data)
