"""The demo upstream: an OpenAI-compatible server in io.net's stream shape, for development without a key and for the tests."""

from tools.upstream.calls import Call, CallLog
from tools.upstream.faults import FAULTS
from tools.upstream.server import DemoUpstream

__all__ = ["FAULTS", "Call", "CallLog", "DemoUpstream"]
