"""A surface reads CLEAN only if something could have leaked there and all of it was read."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

import pytest

from bench.gates import custody as gate
from spikes.inspections.custody_watch import control
from spikes.inspections.custody_watch.allowances import Allowance
from spikes.inspections.custody_watch.surfaces import (
    MOST_TOLD,
    Scan,
    Source,
    Status,
    Surface,
    files_below,
    scan,
)
from spikes.scanner.canaries import Canary, Kind
from spikes.scanner.scan import Scanner

TOKEN = b"tok-7f3a9c2e51d84b6f-7c1e"
PREIMAGE = bytes(range(64, 96))


@cache
def scanner() -> Scanner:
    return Scanner(
        [
            Canary(name="token", kind=Kind.TOKEN, secret=TOKEN),
            Canary(name="preimage", kind=Kind.PREIMAGE, secret=PREIMAGE),
        ]
    )


def scanned(*sources: Source, allowed: tuple[Allowance, ...] = (), **why: str) -> Scan:
    return scan(Surface(name="stdout", sources=sources, **why), scanner(), allowed)


def source(content: bytes, where: str = "here") -> Source:
    return Source(where=where, content=content)


def test_what_holds_nothing_is_clean_and_says_how_much_was_read() -> None:
    found = scanned(source(b"hello"), source(b"", "there"))
    assert found.status is Status.CLEAN
    assert found.how.startswith("2 sources, 5 bytes, 2 canaries")


def test_a_leak_tells_what_where_and_how_and_not_the_secret() -> None:
    found = scanned(source(b"debug: token is " + base64.b64encode(TOKEN)))
    assert (found.status, {leak.kind for leak in found.leaks}) == (Status.LEAK, {Kind.TOKEN})
    assert "token (base64) in here at " in found.how
    assert not scanner().scan_text(found.how)


def test_a_name_leaks_like_a_content_and_is_not_repeated() -> None:
    found = scanned(source(b"nothing", f"state {base64.urlsafe_b64encode(TOKEN).decode()}.lock"))
    assert found.status is Status.LEAK
    assert "the name of a source, which holds a secret" in found.how
    assert not scanner().scan_text(found.how)


def test_what_cannot_be_read_is_not_clean(tmp_path: Path) -> None:
    gone = Source(where="gone", content=tmp_path / "gone")
    assert scanned(source(b"hello"), gone).status is Status.UNSCANNED
    assert scanned(gone, source(TOKEN)).status is Status.LEAK
    assert scanned(source(b"hello"), unscanned="the kernel hides it").status is Status.UNSCANNED


def test_where_nothing_could_leak_nothing_is_clean() -> None:
    found = scanned(source(b""), unplanted="nobody bought anything")
    assert (found.status, found.how.endswith(": nobody bought anything")) == (Status.UNPLANTED, True)
    assert scanned(source(TOKEN), unplanted="nobody bought anything").status is Status.LEAK


def test_an_allowance_covers_its_kind_in_its_place_and_no_more() -> None:
    allowed = (Allowance(surface="stdout", kind=Kind.PREIMAGE, where="POST /*", reason="the caller paid for it"),)
    there = scanned(source(PREIMAGE, "POST /pay"), allowed=allowed)
    assert there.status is Status.CLEAN
    assert "allowed: preimage in POST /pay (the caller paid for it)" in there.how
    assert scanned(source(PREIMAGE, "GET /status"), allowed=allowed).status is Status.LEAK
    assert scanned(source(TOKEN, "POST /pay"), allowed=allowed).status is Status.LEAK
    elsewhere = scan(Surface(name="stderr", sources=(source(PREIMAGE, "POST /pay"),)), scanner(), allowed)
    assert elsewhere.status is Status.LEAK


def test_many_leaks_are_counted_and_the_first_are_told() -> None:
    found = scanned(*(source(TOKEN, f"place {number}") for number in range(9)))
    assert len(found.leaks) > MOST_TOLD
    assert f"and {len(found.leaks) - MOST_TOLD} more" in found.how


def test_files_are_named_by_their_path_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.sqlite").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b.sqlite")
    assert [(s.where, s.content) for s in files_below(tmp_path, "state ")] == [
        ("state a/b.sqlite", tmp_path / "a" / "b.sqlite")
    ]
    assert files_below(tmp_path / "nowhere") == ()


def test_the_control_plants_something_on_every_surface_of_the_gate() -> None:
    assert set(control.PLANTED) == set(gate.SURFACES)


@pytest.mark.parametrize("wanted", [{"words"}, {"raw", "words"}, {"raw", "reversed hex"}])
def test_a_control_is_caught_in_the_form_that_was_planted(monkeypatch: pytest.MonkeyPatch, wanted: set[str]) -> None:
    monkeypatch.setattr(control, "PLANTED", {"stdout": frozenset(wanted)})
    leaky = scanned(source(TOKEN + b" " + TOKEN.hex()[::-1].encode()))
    assert {"raw", "reversed hex"} <= {leak.encoding for leak in leaky.leaks}
    value, how = control.verdict_of(leaky)
    assert value == ("MISSED" if "words" in wanted else "CAUGHT")
    assert "planted as" in how
    assert control.verdict_of(scanned(source(b"clean")))[0] == "MISSED"
    assert control.verdict_of(scanned(unscanned="nobody writes it"))[0] == "UNSCANNED"
