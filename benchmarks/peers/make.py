"""Makes the virtual environment of one peer, or of all, from its pinned requirements.

    python3.11 benchmarks/peers/make.py [optbinning toad ...]

An environment that exists is left as it is; delete `benchmarks/peers/.venv-<name>` to make it again.
"""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Make the environments of the peers named, by default of all that have a requirements file."""
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.txt"))
    for name in names:
        print(f"{name}: {make(name)}")


def make(name: str) -> Path:
    """The interpreter of a peer's environment, made if it is not there yet."""
    requirements = HERE / f"{name}.txt"
    if not requirements.exists():
        raise SystemExit(f"no requirements file {requirements}; write one with pinned versions")
    folder = HERE / f".venv-{name}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    return python


if __name__ == "__main__":
    main()
