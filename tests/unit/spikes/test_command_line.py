"""`python -m spikes`: usage, plans as JSON, typed failures with their exit codes."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from spikes import errors
from spikes.__main__ import main
from spikes.commands import smoke
from spikes.conformance import Result
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


def test_plan_says_what_it_asks_of_whom_and_how_long_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--profile", "quick", "--runtimes", "native,workerd"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^  side by side +\d+ steps  about +\d+:\d\d$", text, re.M)
    assert re.search(r"^experiment +native  workerd$", text, re.M)
    assert re.search(r"^pay_exact and 1 more +10 +10$", text, re.M)
    assert re.search(r"^pay_after_eviction +- +1$", text, re.M)
    assert "inspections: host_needs, use" in text


def test_every_attempt_of_a_plan_is_in_one_row_of_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--profile", "standard", "--runtimes", "node"]) == 0
    rows = re.findall(r"^(\w+\S*)(?: and (\d+) more)? +(\d+)$", capsys.readouterr().out, re.M)
    assert main(["plan", "--profile", "standard", "--runtimes", "node", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert sum(int(count) * (int(more or 0) + 1) for _, more, count in rows) == len(plan["attempts"])


def test_smoke_as_json_tells_what_was_seen_instead() -> None:
    holds, other = Result(check="pays", seen=None), Result(check="refuses", seen="200")
    assert smoke.as_data({"node": [holds]})["holds"] is True
    told = smoke.as_data({"node": [holds], "workerd": [holds, other]})
    assert told["holds"] is False
    assert told["runtimes"] == {
        "node": [{"check": "pays", "holds": True, "seen": None}],
        "workerd": [
            {"check": "pays", "holds": True, "seen": None},
            {"check": "refuses", "holds": False, "seen": "200"},
        ],
    }


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
