"""A run's directory: its name, the link to the latest one, what is cleared away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from spikes.errors import RunDirectoryError
from spikes.run_directory import make_run_directory

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)


def test_the_latest_link_is_relative_and_follows_the_newest_run(tmp_path: Path) -> None:
    first = make_run_directory(tmp_path / "reports", "quick", 7, NOON)
    assert first.run_id == "20261122T120000Z-quick-7"
    assert first.logs.is_dir()
    second = make_run_directory(tmp_path / "reports", "quick", 7, LATER)
    link = tmp_path / "reports" / "latest"
    assert link.readlink() == Path(second.run_id)
    assert link.resolve() == second.path
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [first.run_id, second.run_id, "latest"]


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    make_run_directory(tmp_path, "quick", 7, NOON)
    with pytest.raises(RunDirectoryError, match="exists already"):
        make_run_directory(tmp_path, "quick", 7, NOON)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="--out"):
        make_run_directory(tmp_path / "file", "quick", 7, NOON)


def test_the_drivers_state_is_private_and_does_not_stay(tmp_path: Path) -> None:
    run = make_run_directory(tmp_path, "quick", 7, NOON)
    assert run.scratch.stat().st_mode & 0o777 == 0o700
    (run.scratch / "native").mkdir()
    (run.scratch / "native" / "payments.jsonl").write_text("{}")
    run.clear_scratch()
    assert sorted(path.name for path in run.path.iterdir()) == ["logs"]
