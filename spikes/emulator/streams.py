"""The event stream of a wallet: connected, heartbeats, and every transfer that it may claim. Transport-neutral."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.message import DecodeError

from spikes.emulator.operators import SUBSCRIBE, OperatorDesk
from spikes.emulator.rpc import Caller, Code, RpcError
from spikes.emulator.wire import spark_pb2 as pb

HEARTBEAT_S = 10.0


async def subscribe(desk: OperatorDesk, token: str | None, body: bytes, transport: str) -> AsyncIterator[bytes]:
    """Encoded SubscribeToEventsResponse messages until the reader stops. Raises RpcError before the first one."""
    try:
        caller = _allowed(desk, token, body)
    except RpcError as error:
        desk.refuse(SUBSCRIBE, error, transport, len(body))
        raise
    desk.note_subscription(caller.identity, transport)
    with desk.net.events.subscribe(caller.identity) as queue:
        yield pb.SubscribeToEventsResponse(connected=pb.ConnectedEvent()).SerializeToString()
        while True:
            try:
                transfer = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield pb.SubscribeToEventsResponse(heartbeat=pb.HeartbeatEvent()).SerializeToString()
                continue
            event = pb.TransferEvent(transfer=desk.net.views.transfer(transfer))
            yield pb.SubscribeToEventsResponse(receiver_transfer=event).SerializeToString()


def _allowed(desk: OperatorDesk, token: str | None, body: bytes) -> Caller:
    """Who subscribes: a wallet hears of itself only, from whichever operator it asks. Raises RpcError."""
    caller = desk.caller(token)
    try:
        request = pb.SubscribeToEventsRequest.FromString(body)
    except DecodeError as error:
        raise RpcError(Code.INVALID_ARGUMENT, "the request is not a SubscribeToEventsRequest") from error
    if request.identity_public_key != caller.identity:
        raise RpcError(Code.PERMISSION_DENIED, "a wallet may listen to itself only")
    return caller
