"""The programs of docs/cookbook, each run as a reader runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from chat_core.testing import Failure, LoopbackServer, Reply
from chat_core.types.json_values import JsonObject

COOKBOOK = Path(__file__).resolve().parents[2] / "docs" / "cookbook"
Run = Callable[..., str]
Start = Callable[..., "subprocess.Popen[str]"]


def test_every_program_is_short_and_on_the_page_and_has_its_test() -> None:
    page = (COOKBOOK / "index.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    programs = list(COOKBOOK.glob("*.py"))
    assert len(programs) > 12
    for program in programs:
        assert len(program.read_text(encoding="utf-8").splitlines()) < 80, program.name
        assert f"({program.name})" in page, program.name
        assert program.name in tests, program.name


def test_terminal_chat_runs_one_tool_by_itself_and_asks_before_the_other(model_url: str, run: Run) -> None:
    keys = "What is on my list?\nadd bread\ny\nWhat is on my list?\nadd bread\nn\n"
    shown = run(model_url, "terminal_chat.py", keys=keys)

    assert "[read_note {'title': 'shopping'}]\nThere is milk on it." in shown
    assert "It changes your notes. May write_note run with {'title': 'shopping'" in shown
    assert shown.index("(y/n)") < shown.index("Bread is on the list.")
    assert "Then I leave the list as it is." in shown


def test_sqlite_conversation_goes_on_in_the_next_process(run: Run) -> None:
    with LoopbackServer([Reply("A long arm of the sea."), Reply("In Norway.")]) as server:
        run(server.url, "sqlite_conversation.py", "c.db", "What is a fjord?")
        shown = run(server.url, "sqlite_conversation.py", "c.db", "Where are they?")

    assert shown == "In Norway. (4 messages are stored)\n"
    assert [message["content"] for message in server.requests[1].body["messages"]] == [
        *("What is a fjord?", "A long arm of the sea.", "Where are they?")
    ]


def test_postgres_conversation_of_two_processes_at_once_loses_nothing(
    postgres: str, start: Start, run: Run
) -> None:
    with LoopbackServer([Reply("One."), Reply("Two."), Reply("Three.")]) as server:
        programs = [
            start(server.url, "postgres_conversation.py", postgres, question) for question in ("A", "B")
        ]
        printed = [program.communicate(timeout=60) for program in programs]
        last = run(server.url, "postgres_conversation.py", postgres, "C")

    assert sorted(printed) == [("One. (2 messages are stored)\n", ""), ("Two. (4 messages are stored)\n", "")]
    assert last == "Three. (6 messages are stored)\n"
    assert len(server.requests[2].body["messages"]) == 5


def test_many_documents_are_done_once_and_failed_ones_again_in_the_next_run(run: Run, tmp_path: Path) -> None:
    def answer(body: JsonObject) -> Reply | Failure:
        fails = "number 7 " in body["messages"][0]["content"] and len(server.requests) <= 300
        return Failure(400, "not today") if fails else Reply("A ship came in.")

    with LoopbackServer(answer) as server:
        run(server.url, "many_documents.py", "results.jsonl", "300")
        lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
        [failed] = [result for result in map(json.loads, lines) if result["error"]]
        run(server.url, "many_documents.py", "results.jsonl", "300")

    assert (len(lines), failed["id"], failed["error"][:14]) == (300, "doc-7", "InvalidRequest")
    assert len(server.requests) == 301
    again = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(again[300]) == {"id": "doc-7", "summary": "A ship came in.", "error": None}


def test_retrieval_finds_the_passage_and_gives_it_to_the_model(model_url: str, run: Run) -> None:
    shown = run(model_url, "retrieval.py", "When does the ferry to Oslo leave?")

    assert "[1] The ferry to Oslo leaves at 19:30 from pier 4." in shown
    assert shown.splitlines()[-1].startswith("found: [1] ")


def test_several_providers_see_one_conversation_each_on_its_wire(run: Run) -> None:
    with LoopbackServer([Reply("Sail away."), Reply("Too short."), Reply("Sail away with us.")]) as server:
        shown = run(server.url, "several_providers.py")

    assert [request.body["model"] for request in server.requests] == ["llama-4", "claude-sonnet-5", "llama-4"]
    assert [request.path for request in server.requests[:2]] == ["/v1/chat/completions", "/v1/messages"]
    assert [message["role"] for message in server.requests[2].body["messages"]] == [
        *("user", "assistant", "user", "assistant", "user")
    ]
    assert shown.splitlines()[3::2] == ["claude-sonnet-5: Too short.", "llama-4: Sail away with us."]


def test_the_tests_of_an_application_pass() -> None:
    program = COOKBOOK / "testing_an_application.py"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_lambda_handler_answers_two_events_of_one_conversation(run: Run) -> None:
    with LoopbackServer([Reply("Hello!"), Reply("Here I am.")]) as server:
        shown = run(server.url, "lambda_handler.py")

    assert shown == "Hello!\nHere I am.\n"
    assert [message["role"] for message in server.requests[1].body["messages"]] == [
        *("user", "assistant", "user")
    ]


def test_logging_and_otel_shows_the_http_request_below_the_answer(model_url: str, start: Start) -> None:
    with start(model_url, "logging_and_otel.py") as program:
        printed, logged = program.communicate(timeout=60)

    assert program.returncode == 0, logged
    http = re.search(r"span \w+ in (\w+): POST .*'http\.status_code': 200", printed)
    own = re.search(r"span (\w+) in no parent: chat llama-4 .*'gen_ai.usage.output_tokens': 5", printed)
    assert http is not None
    assert own is not None
    assert http[1] == own[1]
    assert re.fullmatch(r"INFO chat_completions: POST \S+: 200 in \d+\.\d\d s\n", logged)


def test_mcp_tools_run_and_what_changes_something_waits(model_url: str, run: Run) -> None:
    assert find_spec("mcp") is not None
    assert run(model_url, "mcp_tools.py").splitlines() == [
        "approved: borrow_book {'title': 'Emma'}",
        "You have Emma until Friday.",
    ], "the tools are those of mcp_server.py"
