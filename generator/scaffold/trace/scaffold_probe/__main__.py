"""Serves the application on a port of this machine, and tells the command what became of each traced request."""

from __future__ import annotations

import json
import os
import sys

SETTINGS = "SCAFFOLD_TRACE"


def main() -> None:
    """Do what the settings say, which the command leaves in the environment."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    settings = json.loads(os.environ.pop(SETTINGS))
    # This package under its own name; after that, the application finds only what is its own.
    sys.path[0] = here
    from scaffold_probe import serving  # type: ignore[import-not-found]

    sys.path[:1] = settings["path"]
    serving.run(settings)


if __name__ == "__main__":
    main()
