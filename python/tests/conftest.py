"""What the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import superjump as sj

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def valve() -> sj.Scenario:
    """A small heat valve, for as long as it takes to reach what is nearly steady."""
    return sj.Scenario(
        qubits=4,
        baths=[
            sj.collective("hot", rate=1, temperature=3),
            sj.collective("cold", rate=1, temperature=1 / 3),
            sj.local("parasitic", rate=0.1, temperature=0.5),
        ],
        initial="ground",
        times=np.linspace(0, 10, 21),
        seed=1,
    )


@pytest.fixture(scope="session")
def program() -> Path:
    """The program, to hold the package against it."""
    path = Path(os.environ.get("SUPERJUMP", ROOT / "target" / "release" / "superjump"))
    if not path.exists():
        pytest.skip(f"there is no program {path}: cargo build --release builds it, SUPERJUMP says where another is")
    return path
