"""A server as a process, by the rules that its arguments name; without any library, so that it starts soon.

legacy      it knows no `server/discover`
silent      it never answers `server/discover`
dies        it ends at `server/discover`, unless the file CHAT_MCP_RUNS names was there before
prints      it prints lines that are no messages
floods      before it reads its next line it writes 300 kB of notifications
endless     it answers the list with a line that never ends
together    it answers calls in pairs, the second first
children    it starts a process of its own
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

rules = sys.argv[1:]
waiting: list[dict[str, Any]] = []


def note(text: str) -> None:
    if path := os.environ.get("CHAT_MCP_RUNS"):
        with open(path, "a") as file:
            file.write(text + "\n")


def write(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def answer(message: dict[str, Any], result: dict[str, Any]) -> None:
    write({"jsonrpc": "2.0", "id": message["id"], "result": result})


def call(message: dict[str, Any]) -> None:
    arguments = message["params"].get("arguments", {})
    note(f"call {arguments.get('item', '')[:20]}")
    if arguments.get("item") == "die":
        os._exit(3)
    if arguments.get("item") == "wait":
        return
    if arguments.get("item") == "changed":
        write({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    if "together" in rules:
        waiting.append(message)
        if len(waiting) < 2:
            return
        for one in reversed(waiting):
            answer(one, {"content": [{"type": "text", "text": one["params"]["arguments"]["item"]}]})
        waiting.clear()
        return
    text = f"{len(arguments.get('item', ''))} characters, {os.environ.get('SECRET_OF_THE_PROGRAM')}"
    answer(message, {"content": [{"type": "text", "text": text}]})


def serve(message: dict[str, Any]) -> None:
    match message.get("method"):
        case "server/discover" if "dies" in rules and os.environ.get("CHAT_MCP_RUNS"):
            if not os.path.exists(os.environ["CHAT_MCP_RUNS"]):
                note("died")
                os._exit(1)
            write({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "?"}})
        case "server/discover" if "silent" in rules:
            pass
        case "server/discover" if "legacy" in rules:
            write({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "?"}})
        case "server/discover":
            answer(message, {"supportedVersions": ["2026-07-28"], "capabilities": {}})
        case "initialize":
            info = {"name": "scripted", "version": "1"}
            version = "2025-11-25"
            answer(message, {"protocolVersion": version, "capabilities": {}, "serverInfo": info})
        case "tools/list" if "endless" in rules:
            sys.stdout.write("x" * 100_000)
            sys.stdout.flush()
        case "tools/list":
            schema = {"type": "object", "properties": {"item": {"type": "string"}}}
            answer(message, {"tools": [{"name": "look", "inputSchema": schema}]})
        case "tools/call":
            call(message)
        case "notifications/cancelled":
            note(f"cancelled {message['params']['requestId'] > 0}")


if "children" in rules:
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    note(f"child {child.pid}")
for line in sys.stdin:
    if "prints" in rules:
        print("INFO: a line was read", flush=True)
    if "floods" in rules:
        for _ in range(300):
            news = {"level": "debug", "data": "x" * 1000}
            write({"jsonrpc": "2.0", "method": "notifications/message", "params": news})
    serve(json.loads(line))
note("ended")
