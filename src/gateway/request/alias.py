"""`POST /chat`: the request that front ends write after the well-known tutorials, `{"message": "...", "messages": [...]}`."""

import json
from typing import Any

from gateway.base.errors import invalid
from gateway.request import splice


def unfolded(raw: bytes, body: dict[str, Any]) -> bytes:
    """The same request as the API has it: `message` as the user's last of `messages`, and every other value to the letter.

    Parameters: `raw` and `body`, the request as bytes and parsed. One without a `message` stays as it is.
    Raises `ApiError` 400 that names the field.
    """
    if "message" not in body:
        return raw
    if not isinstance(body["message"], str) or not body["message"]:
        raise invalid("message is not a text, or an empty one.", param="message", code="invalid_type")
    if not isinstance(body.get("messages", []), list):
        raise invalid("messages is not a list.", param="messages", code="invalid_type")
    texts = splice.members(raw, body)
    before = splice.elements(raw, "messages") if "messages" in body else []
    said = b'{"role": "user", "content": %b}' % texts.pop("message")
    texts["messages"] = b"[%b]" % b",".join((*before, said))
    return b"{%b}" % b",".join(b"%b:%b" % (json.dumps(name).encode(), text) for name, text in texts.items())
