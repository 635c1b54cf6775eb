"""Versions of a template, as they are written: a tag, or `git describe` of a commit that has none."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<past>\d+)-g[0-9a-f]+")

# One in ten could be a version too, such as 12345a6.
HASH = re.compile(r"[0-9a-f]{4,40}")


def comes_after(version: str, other: str) -> bool | None:
    """Return whether a version came after another one; None if that can't be told by their names."""
    own, its = _age(version), _age(other)
    return None if own is None or its is None else own > its


def newest_release(tags: list[str]) -> str | None:
    """Return the newest tag that is a release, as Copier would choose it (PEP 440)."""
    from packaging.version import InvalidVersion, Version

    releases: list[tuple[Version, str]] = []
    for tag in tags:
        try:
            release = Version(tag)
        except InvalidVersion:
            continue
        if not release.is_prerelease:
            releases.append((release, tag))
    return max(releases)[1] if releases else None


def _age(version: str) -> "tuple[Version, int] | None":
    from packaging.version import InvalidVersion, Version

    if HASH.fullmatch(version):
        return None
    described = DESCRIBED.fullmatch(version)
    try:
        return Version(described["tag"] if described else version), int(described["past"]) if described else 0
    except InvalidVersion:
        return None
