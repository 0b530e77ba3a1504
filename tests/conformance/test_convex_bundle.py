"""Bundles for Convex: made by the real CLI without the network, refused in one clear line, pushed to a deployment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spikes import driver_process
from spikes.commands.smoke import fresh_seat
from spikes.errors import RuntimeStartFailure
from spikes.record import Outcome, Tier
from spikes.runtimes import convex_deployment, convex_isolate
from spikes.runtimes.convex_deployment import ADMIN_KEY, FUNCTIONS, URL
from tests.conformance.convex_host import DEADLINE_S, Host, node, require_installed

BUNDLES = FUNCTIONS.parents[2] / ".build" / "convex"
FAKE = FUNCTIONS.parent / "tests" / "support" / "convex_deployment.js"

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    require_installed()


@pytest.fixture(scope="module")
def probe_bundle() -> Path:
    return convex_deployment.bundle(FUNCTIONS / "probe", "convex_probe")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Path], Host]]:
    hosts: list[Host] = []

    def begin(bundle: Path) -> Host:
        hosts.append(Host(bundle, tmp_path / "state"))
        return hosts[-1]

    yield begin
    for host in hosts:
        host.end(kill=True)


def changed(bundle: Path, target: Path, line: str) -> Path:
    """A copy of a bundle whose slow.js begins with another line."""
    shutil.copytree(bundle, target)
    module = target / "isolate" / "slow.js"
    module.write_text(f"{line}\n{module.read_text()}")
    return target


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import.meta.url;", "import.meta unsupported"),
        ("setTimeout(() => {}, 0);", "unsupported while evaluating a module"),
        ("for (let n = 0; n < 9e9; n += 1);", "may take 4 s"),
        ("await import('./chunk.js');", "dynamic module import unsupported"),
    ],
)
def test_a_push_that_does_not_evaluate_is_refused(
    probe_bundle: Path, tmp_path: Path, start: Callable[[Path], Host], line: str, said: str
) -> None:
    host = start(changed(probe_bundle, tmp_path / "bundle", line))
    assert host.process.returncode == 1
    assert said in host.words
    assert host.words.startswith("the bundle cannot be pushed: ")
    assert host.words.count("\n") == 1


def bundle_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [node(), str(FUNCTIONS / "bundle.js"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})


def test_a_bundle_over_the_limit_is_one_clear_line() -> None:
    done = bundle_program(str(FUNCTIONS / "probe"), "convex_probe", "100000")
    assert (done.returncode, done.stdout) == (1, "")
    assert "may have 100000; import less in probe/convex" in done.stderr
    assert done.stderr.count("\n") == 1


def test_functions_that_cannot_be_bundled_are_one_clear_line() -> None:
    project = FUNCTIONS / f"broken-{uuid.uuid4().hex}"
    (project / "convex").mkdir(parents=True)
    (project / "convex" / "broken.js").write_text("import fs from 'fs';\nexport default fs;\n")
    try:
        with pytest.raises(
            RuntimeStartFailure, match=r'Could not resolve "fs" at .*broken\.js:1:15; correct the functions'
        ):
            convex_deployment.bundle(project, project.name)
    finally:
        shutil.rmtree(project)
        shutil.rmtree(BUNDLES / project.name, ignore_errors=True)


def test_the_same_bundle_made_by_three_at_once_is_made_well_and_the_oldest_goes() -> None:
    name = f"convex_probe-{uuid.uuid4().hex}"
    for age_days in (0.9, 1.1):
        other = BUNDLES / name / f"of-{age_days}-days"
        other.mkdir(parents=True)
        os.utime(other, times=(0, time.time() - age_days * 86_400))
    try:
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda _: bundle_program(str(FUNCTIONS / "probe"), name), range(3)))
        assert [one.stderr for one in done] == ["", "", ""]
        (directory,) = {json.loads(one.stdout)["directory"] for one in done}
        assert {folder.name for folder in (BUNDLES / name).iterdir()} == {Path(directory).name, "of-0.9-days"}
    finally:
        shutil.rmtree(BUNDLES / name, ignore_errors=True)


def test_the_cli_needs_no_network_and_seeks_none(tmp_path: Path) -> None:
    """In a network namespace of its own, with loopback alone; what it would reach outside is recorded by strace."""
    outside = tmp_path / "connections"
    alone = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    traced = ["strace", "-f", "-e", "trace=connect,sendto", "-o", str(outside)]
    if subprocess.run([*alone, *traced, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("unshare --net, ip or strace is not available here; it was run where they are")
    name = f"convex_probe-{uuid.uuid4().hex}"
    try:
        command = [*alone, *traced, node(), str(FUNCTIONS / "bundle.js"), str(FUNCTIONS / "probe"), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
        assert done.returncode == 0, done.stderr
    finally:
        shutil.rmtree(BUNDLES / name, ignore_errors=True)
    inet = [line for line in outside.read_text().splitlines() if "AF_INET" in line]
    assert [line for line in inet if '"127.0.0.1"' not in line] == []


# --- a deployment of the user's -----------------------------------------------------------------------------------


def test_without_a_deployment_the_stand_in_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(URL, raising=False)
    monkeypatch.setenv(ADMIN_KEY, "key")
    facts = {fact.name: fact for fact in convex_isolate.facts()}
    assert facts["real_deployment"].value == "skipped: CONVEX_SELF_HOSTED_URL is not set"
    assert convex_deployment.tier() is Tier.STAND_IN
    assert "stand-in" in convex_deployment.engine("V8")


@pytest.fixture
def _deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment on loopback, named by the environment as a user's own would be."""
    fake = subprocess.Popen([node(), str(FAKE), str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert fake.stdout is not None
    told = json.loads(fake.stdout.readline())
    monkeypatch.setenv(URL, told["url"])
    monkeypatch.setenv(ADMIN_KEY, told["adminKey"])
    monkeypatch.setattr(driver_process, "START_DEADLINE_S", DEADLINE_S)
    yield
    fake.communicate(timeout=DEADLINE_S)


@pytest.mark.usefixtures("_deployment")
async def test_a_deployment_is_pushed_to_and_pays(tmp_path: Path) -> None:
    """The real CLI pushes, the deployment runs what was pushed, and the contract is forwarded to it."""
    assert convex_deployment.tier() is Tier.REAL
    (tmp_path / "scratch").mkdir()
    async with fresh_seat(convex_isolate, tmp_path, tmp_path / "scratch") as seat:
        await seat.give([5_000])
        invoice = await seat.network.issue_invoice(300, "deployed")
        answer = await seat.pay(str(uuid.uuid4()), invoice)
        settled, _ = await seat.network.settled(invoice.payment_hash)
        with pytest.raises(RuntimeStartFailure) as refused:
            async with fresh_seat(convex_isolate, tmp_path, tmp_path / "scratch"):
                pass
    assert (answer.outcome, settled) == (Outcome.PAID, 1)
    assert "another driver uses it; run one Convex runtime at a time" in refused.value.last_words
