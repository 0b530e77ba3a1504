"""Options of the whole test suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Times are never a verdict of a test: this machine may be shared.
settings.register_profile("sparkgate", deadline=None)
settings.load_profile("sparkgate")
# gRPC in this process would otherwise try to survive the forks that start drivers, and now and then fails at it.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate-golden",
        action="store_true",
        help="write tests/golden again from the current code, instead of comparing; read the diff before committing",
    )
