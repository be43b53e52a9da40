"""Owns the face of gRPC: a server, channels to peers, errors across the wire. It must never know a service."""

from shared.rpc.channel import Peers
from shared.rpc.deadlines import remaining_seconds
from shared.rpc.server import WATCH_STREAMS, RpcServer, Servicer
from shared.rpc.status import from_rpc_error, to_status, translated
from shared.rpc.streams import StreamsExhausted, StreamSlots

__all__ = [
    "WATCH_STREAMS",
    "Peers",
    "RpcServer",
    "Servicer",
    "StreamSlots",
    "StreamsExhausted",
    "from_rpc_error",
    "remaining_seconds",
    "to_status",
    "translated",
]
