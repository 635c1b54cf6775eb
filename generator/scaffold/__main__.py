"""Where the command begins: an interrupt is told as one also while it is being imported."""

import sys

from scaffold.errors import INTERRUPTED


def main() -> None:
    """Be the command."""
    try:
        from scaffold import cli
    except KeyboardInterrupt:
        print("scaffold: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    cli.main()


if __name__ == "__main__":
    main()
