"""The versions of the template that an installed command brings with it, in one bundle that git fetches from."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

BUNDLE = Path(__file__).with_name("template.bundle")


@dataclass(frozen=True)
class Brought:
    """What is in the bundle: the version that belongs to this command, and that with all before it."""

    own: str
    versions: tuple[str, ...]

    @property
    def unreleased(self) -> bool:
        """Whether this command was built from a commit that is no release."""
        return not self.own.startswith("v") or "-g" in self.own


@cache
def brought() -> Brought | None:
    """Return what this command brings; nothing where it runs from a clone, which has it all."""
    try:
        with BUNDLE.open("rb") as bundle:
            head = bundle.read(1 << 16).partition(b"\n\n")[0].decode()
    except FileNotFoundError:
        return None
    # A head of lines, then a line per reference: see gitformat-bundle.
    listed = [line.split(" ", 1) for line in head.splitlines() if not line.startswith(("#", "@"))]
    commits = {name.removeprefix("refs/tags/"): commit for commit, name in listed}
    own = commits.pop("HEAD")
    return Brought(next(tag for tag, commit in commits.items() if commit == own), tuple(commits))
