"""The pages of the lesson that README.md links; `python tests/tracing/lesson_pages.py` writes them anew."""

import os
import subprocess
import sys
from pathlib import Path

LESSON = Path(__file__).parent / "lesson"
# A page, what it traces, and how that ends: late.html has a finding.
PAGES = {"plain": ("GET", "/notes", 0), "late": ("POST", "/notes?title=first", 1)}


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    for name, (method, path, code) in PAGES.items():
        arguments = ["--python", sys.executable, "--raise", "--html", str(folder / f"{name}.html")]
        ended = subprocess.run(
            [sys.executable, "-m", "scaffold", "trace", method, path, *arguments],
            cwd=LESSON,
            env={**os.environ, "NOTES": "sqlite+aiosqlite://"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stderr


if __name__ == "__main__":
    write(LESSON)
