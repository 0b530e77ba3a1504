"""The Worker as Cloudflare is given it: bundled, entered at its default export, its object found through a binding.

Local workerd serves the bundle here, as if it were deployed, and a live run pays through it by its address alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from spikes import services
from spikes.driver_process import DriverProcess
from spikes.errors import LiveFailure, PinMismatch, ToolMissing
from spikes.live.deployed import ENGINE, Deployment
from spikes.live.networks import network_named
from spikes.pins import artefact, verified_digests
from spikes.processes import Launch
from spikes.record import Attempt, Header, Outcome, read_lines
from spikes.runtimes import durable_object, native
from spikes.runtimes.workerd_config import DRIVERS, SCRIPT
from tests.conformance.live_stage import MNEMONIC, LiveStage, live_stage

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(120)]
TOKEN = "the-token-of-the-deployed-driver"
ESBUILD = DRIVERS / "node_modules" / "esbuild" / "bin" / "esbuild"
CAPNP = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "state", disk = (writable = true)),
    (name = "loopback", network = (allow = ["127.0.0.1/32"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [%(modules)s],
  bindings = [%(bindings)s],
  compatibilityDate = "%(date)s",
  compatibilityFlags = [%(flags)s],
  globalOutbound = "loopback",
  durableObjectNamespaces = [(className = "WalletObject", uniqueKey = "wallet", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
);
"""


@pytest.fixture(autouse=True)
def installed() -> None:
    """Skip, or in CI fail, if what it runs on is not installed."""
    try:
        verified_digests([*native.PINS, *durable_object.PINS])
    except (ToolMissing, PinMismatch) as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def wrangler_config(runtime: str) -> dict[str, Any]:
    """A wrangler.jsonc: its comments stand in lines of their own or after a comma."""
    text = (DRIVERS / runtime / "wrangler.jsonc").read_text(encoding="utf-8")
    without = re.sub(r"^\s*//.*$|(?<=,) // .*$", "", text, flags=re.MULTILINE)
    return dict(json.loads(re.sub(r",(\s*[}\]])", r"\1", without)))


def bundled(folder: Path, config: dict[str, Any]) -> list[Path]:
    """The modules that are uploaded: the entry point with all it imports, and the SDK's WASM."""
    main = DRIVERS / "durable_object" / str(config["main"])
    options = ["--bundle", "--format=esm", "--loader:.wasm=copy", f"--outdir={folder}", "--log-level=error"]
    subprocess.run([artefact("node").path(), ESBUILD, main, *options], check=True, timeout=60)
    return sorted(folder.iterdir(), key=lambda file: file.suffix)


@asynccontextmanager
async def deployed(stage: LiveStage, config: dict[str, Any], mnemonic: str = MNEMONIC) -> AsyncIterator[Deployment]:
    """The bundle, served where the stage's network can be reached, with the settings that its file holds."""
    folder = stage.folder / "bundle"
    folder.mkdir()
    modules = bundled(folder, config)
    state = stage.folder / "deployed-state"
    state.mkdir()
    secret = {"SPARKGATE_TOKEN": TOKEN, "SPARKGATE_MNEMONIC": mnemonic, "SPARKGATE_NETWORK": stage.live.description()}
    kinds = {".js": "esModule", ".wasm": "wasm"}
    variables = ", ".join(f'(name = "{name}", fromEnvironment = "{name}")' for name in {**config["vars"], **secret})
    objects = config["durable_objects"]["bindings"][0]
    found = f'(name = "{objects["name"]}", durableObjectNamespace = "{objects["class_name"]}")'
    (folder / "config.capnp").write_text(
        CAPNP
        % {
            "modules": ", ".join(f'(name = "{m.name}", {kinds[m.suffix]} = embed "{m.name}")' for m in modules),
            "bindings": f"{variables}, {found}",
            "date": config["compatibility_date"],
            "flags": ", ".join(f'"{flag}"' for flag in config["compatibility_flags"]),
        },
        encoding="utf-8",
    )
    workerd = str(artefact("workerd").path())
    argv = (workerd, "serve", str(folder / "config.capnp"), "--control-fd=1", f"--directory-path=state={state}")
    launch = Launch(argv=argv, env={**config["vars"], **secret})
    logs = stage.folder / "deployed-logs"
    logs.mkdir()
    async with services.http_client() as http:
        process = DriverProcess(name="deployed", launch=launch, token=TOKEN, logs=logs, http=http)
        try:
            await process.start()
            yield Deployment(runtime="durable_object", url=process.driver.base_url, token=TOKEN)
        finally:
            await process.stop()


async def test_the_bundle_pays_where_it_was_deployed_to(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage, deployed(stage, wrangler_config("durable_object")) as deployment:
        run, _ = await stage.run(("durable_object",), await stage.invoices(100), deployment=deployment)
        assert stage.spent_sats() == 102
    lines = list(read_lines(run.record))
    assert isinstance(lines[0], Header)
    assert [pin.engine for pin in lines[0].runtimes] == [ENGINE]
    attempts = [line for line in lines if isinstance(line, Attempt)]
    assert [attempt.outcome for attempt in attempts] == [Outcome.UNSUPPORTED, Outcome.PAID]
    assert not list(run.logs.glob("durable_object*"))  # nothing of that runtime was started here


async def test_a_deployed_driver_with_another_wallet_is_asked_for_no_payment(tmp_path: Path) -> None:
    other = " ".join(["zoo"] * 11 + ["wrong"])
    async with live_stage(tmp_path) as stage, deployed(stage, wrangler_config("durable_object"), other) as deployment:
        with pytest.raises(LiveFailure, match="another wallet than the witness"):
            await stage.run(("durable_object",), await stage.invoices(100), deployment=deployment)
        assert stage.spent_sats() == 0


async def test_a_deployed_driver_that_does_not_answer_costs_its_attempts_alone(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as stage:
        dead = Deployment(runtime="durable_object", url="http://127.0.0.1:9", token=TOKEN, start_s=1.0)
        run, tally = await stage.run(("durable_object", "native"), await stage.invoices(100, 101), deployment=dead)
    assert [failure.code for failure in tally.failures] == ["runtime_start_failure"] * 2
    paid = [line for line in read_lines(run.record) if isinstance(line, Attempt) and line.experiment == "pay_live"]
    assert [(attempt.runtime, attempt.claim and attempt.claim.amount_sats) for attempt in paid] == [("native", 101)]


# --- what the files say -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runtime", ["workerd", "durable_object"])
def test_what_cloudflare_is_given_is_what_local_workerd_serves(runtime: str, tmp_path: Path) -> None:
    config, script = wrangler_config(runtime), SCRIPT.read_text(encoding="utf-8")
    main = DRIVERS / runtime / config["main"]
    metafile = tmp_path / "meta.json"
    options = ["--bundle", "--format=esm", "--external:*.wasm", f"--outfile={tmp_path / 'out.js'}"]
    subprocess.run(
        [artefact("node").path(), ESBUILD, main, *options, f"--metafile={metafile}", "--log-level=error"],
        check=True,
        cwd=DRIVERS,
        timeout=60,
    )
    uploaded = set(json.loads(metafile.read_text(encoding="utf-8"))["inputs"])
    served = set(re.findall(r'\(name = "([^"]+\.(?:js|json))"', script))
    assert "wallet/pay.js" in uploaded
    assert uploaded - {f"{runtime}/deployed.js"} <= served
    assert f'compatibilityDate :Text = "{config["compatibility_date"]}"' in script
    flags = ", ".join(f'"{flag}"' for flag in config["compatibility_flags"])
    assert f"compatibilityFlags :List(Text) = [{flags}]" in script
    bound = set(re.findall(r'fromEnvironment = "([^"]+)"', script))
    for variables in (config["vars"], config["env"]["mainnet"]["vars"]):
        assert set(variables) <= bound
        assert not {"SPARKGATE_TOKEN", "SPARKGATE_MNEMONIC", "SPARKGATE_API_KEY"} & set(variables)
        assert int(variables["SPARKGATE_REQUEST_CAP_MSATS"]) <= int(variables["SPARKGATE_WINDOW_CAP_MSATS"])
        assert variables["SPARKGATE_RUNTIME"] == runtime
    assert config["vars"]["SPARKGATE_NETWORK"] == network_named("regtest").description()
    assert config["env"]["mainnet"]["vars"]["SPARKGATE_NETWORK"] == network_named("mainnet").description()


def test_the_object_is_declared_wherever_the_worker_looks_for_it() -> None:
    config = wrangler_config("durable_object")
    front = (DRIVERS / "durable_object" / "front.js").read_text(encoding="utf-8")
    for environment in (config, config["env"]["mainnet"]):
        (binding,) = environment["durable_objects"]["bindings"]
        assert binding["class_name"] == "WalletObject"
        assert f"env.{binding['name']}" in front
    assert config["exports"] == {"WalletObject": {"type": "durable-object", "storage": "sqlite"}}
    assert "export { WalletObject }" in (DRIVERS / "durable_object" / config["main"]).read_text(encoding="utf-8")


def test_only_live_configurations_have_a_way_out() -> None:
    for file in DRIVERS.glob("*/*.capnp"):
        text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
        assert ('"public"' in text) == (file.name == "outside.capnp"), file
        assert ("outside" in text) == (file.name in ("outside.capnp", "live.capnp")), file
