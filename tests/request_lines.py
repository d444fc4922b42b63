"""Files of requests as KeyframeFace's own tools write them."""

from __future__ import annotations

import json

from annotator.core.generation.prompts import request_messages
from annotator.core.generation.protocol import GenerationRequest


def request_line(request: GenerationRequest, target: int) -> str:
    """One line of request JSONL, without the line break."""
    messages = request_messages(request, target)
    return json.dumps({"messages": messages}, ensure_ascii=False, separators=(",", ":"))
