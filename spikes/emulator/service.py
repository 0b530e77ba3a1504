"""The network on loopback: three operators (gRPC and gRPC-Web each), the SSP, the admin API, in one asyncio process.

Owns ports and the background sweep. Stops everything it started; a defect of the emulator stops it too.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
from aiohttp import web

from spikes.emulator import admin, grpc_door, grpc_web_door
from spikes.emulator.identities import COORDINATOR, IDENTIFIERS, THRESHOLD
from spikes.emulator.network import Network
from spikes.emulator.operators import OperatorDesk
from spikes.emulator.ssp import door as ssp_door

HOST = "127.0.0.1"
SWEEP_EVERY_S = 0.5
PORTS = 2 * len(IDENTIFIERS) + 2  # consecutive ports taken from a given base
SHUTDOWN_S = 1.0


class PortTaken(OSError):
    """A port of the range cannot be bound; the message says what to do."""


class Service:
    """A running network. `description` is the JSON object that clients are configured from."""

    def __init__(self, net: Network, description: dict[str, Any], failed: asyncio.Future[None]) -> None:
        self.net = net
        self.description = description
        self.failed = failed  # gets the exception of a defect; never a result


@contextlib.asynccontextmanager
async def serve(net: Network, port_base: int = 0) -> AsyncIterator[Service]:
    """Run the network while the block runs. `port_base` 0: any free ports, else consecutive ones. Raises PortTaken."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def alarm(error: Exception) -> None:
        if not failed.done():
            failed.set_exception(error)

    net.on_defect = alarm
    ports = iter(range(port_base, port_base + PORTS)) if port_base else iter([0] * PORTS)
    async with contextlib.AsyncExitStack() as stack:
        operators = []
        for index, identity in enumerate(net.identities.operators):
            desk = OperatorDesk(net, index)
            grpc_port = await _serve_grpc(stack, desk, next(ports))
            web_port = await _serve_http(stack, grpc_web_door.application(desk), next(ports))
            operators.append(
                {
                    "id": index,
                    "identifier": IDENTIFIERS[index],
                    "identityPublicKey": identity.public.hex(),
                    "grpc": f"http://{HOST}:{grpc_port}",
                    "grpc_web": f"http://{HOST}:{web_port}",
                }
            )
        ssp_port = await _serve_http(stack, ssp_door.application(net), next(ports))
        admin_port = await _serve_http(stack, admin.application(net), next(ports))
        sweeper = asyncio.create_task(_sweep(net))
        stack.push_async_callback(_cancel, sweeper)
        stack.callback(failed.cancel)
        yield Service(net, _describe(net, operators, ssp_port, admin_port), failed)


def _describe(net: Network, operators: list[dict[str, Any]], ssp_port: int, admin_port: int) -> dict[str, Any]:
    return {
        "operators": operators,
        "coordinatorIdentifier": IDENTIFIERS[COORDINATOR],
        "threshold": THRESHOLD,
        "ssp": {
            "baseUrl": f"http://{HOST}:{ssp_port}",
            "schemaEndpoint": ssp_door.SCHEMA_ENDPOINT,
            "identityPublicKey": net.identities.provider.public.hex(),
        },
        "admin": f"http://{HOST}:{admin_port}",
    }


async def _serve_grpc(stack: contextlib.AsyncExitStack, desk: OperatorDesk, port: int) -> int:
    try:
        server, bound = await grpc_door.start(desk, port)
    except OSError as error:
        raise _taken(port) from error
    stack.push_async_callback(_stop_grpc, server)
    return bound


async def _stop_grpc(server: grpc.aio.Server) -> None:
    await server.stop(grace=0)


async def _serve_http(stack: contextlib.AsyncExitStack, app: web.Application, port: int) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, handler_cancellation=True)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        raise _taken(port) from error
    bound: int = runner.addresses[0][1]
    return bound


async def _sweep(net: Network) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        try:
            net.provider.sweep()
        except Exception as error:
            net.alarm(error)
            return


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _taken(port: int) -> PortTaken:
    return PortTaken(f"port {port} on {HOST} is taken; choose another --port-base, or leave it out for free ports")
