"""`python -m spikes`: usage, plans as JSON, typed failures with their exit codes."""

from __future__ import annotations

import inspect
import json

import pytest

from spikes import errors
from spikes.__main__ import main
from spikes.errors import HarnessFailure, PlanError


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pay"]) == 2
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert "emulator" in capsys.readouterr().err


def test_plan_prints_the_attempts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--profile", "quick", "--seed", "5", "--runtimes", "node", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["seed"] == 5
    assert {attempt["runtime"] for attempt in plan["attempts"]} == {"node"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--runtimes", "toaster"], "native, node, workerd"),
        (["--profile", "thorough"], "quick, soak, standard"),
        (["--seed", "-1"], "0 or more"),
    ],
)
def test_a_bad_request_is_typed_and_says_what_to_do(
    options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *options]) == PlanError.exit_code
    assert says in capsys.readouterr().err


def test_every_harness_failure_has_an_exit_code_and_a_name_of_its_own() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HarnessFailure)]
    assert len({kind.exit_code for kind in kinds}) == len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.exit_code >= 10 for kind in kinds)
