"""The least a server can do: read a request whole and answer with a few fixed bytes."""

import sys
from pathlib import Path
from typing import Any

import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from app.logs import uvicorn_config

_BODY = b'{"status":"ok"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def raw(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer 200 to everything, without a framework."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    # As app/cli.py serves, but for the start and stop, of which there is none.
    uvicorn.run(
        raw, port=int(sys.argv[1]), log_config=uvicorn_config(), server_header=False, access_log=False,
        lifespan="off",
    )  # fmt: skip
