"""The suites themselves: what a failure says, what is skipped, and the command that runs them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from unittest import SkipTest

import anyio
import pytest
from chat_core import (
    ChatResponse,
    Citation,
    ConfigurationError,
    Failed,
    JsonObject,
    Message,
    Part,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.testing import Call, Failure, LoopbackServer, Reply, Tape, conformance
from chat_core.testing.conformance import (
    ChatProviderSuite,
    ConformanceFailure,
    Suite,
    check,
    checks_of,
    tapes_of,
)
from chat_core.testing.conformance.checks import require, skip
from chat_core.testing.conformance.command import main
from chat_core.testing.conformance.expected import checked_expectation, differences
from chat_core.testing.conformance.record_tapes import main as record

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/chat_acme"
TESTS = str(EXAMPLE / "tests")


class Sample(Suite):
    absent = {"test_left_out": "there is none"}

    def __init__(self) -> None:
        self.ran: list[str] = []

    @check
    async def test_holds(self) -> None:
        """It holds."""
        import sniffio

        self.ran.append(sniffio.current_async_library())

    @check
    async def test_does_not_hold(self) -> None:
        """Two and two are four: add them."""
        require(2 + 2 == 5, "They are 5.")

    @check
    async def test_raises(self) -> None:
        """Nothing is raised."""
        raise KeyError("text")

    @check
    async def test_hangs(self) -> None:
        """It comes back."""
        await anyio.sleep_forever()

    @check
    async def test_left_out(self) -> None:
        """It is left out."""
        raise AssertionError

    @check
    async def test_skips(self) -> None:
        """It skips."""
        skip("for a reason")


def test_a_check_runs_on_asyncio_and_on_trio() -> None:
    sample = Sample()
    sample.test_holds()
    assert sample.ran == ["asyncio", "trio"]


def test_a_failure_begins_with_what_has_to_hold_and_says_what_came() -> None:
    with pytest.raises(ConformanceFailure) as caught:
        Sample().test_does_not_hold()
    assert str(caught.value) == "Two and two are four: add them.\n  They are 5."


def test_an_exception_is_a_failure_with_its_cause() -> None:
    with pytest.raises(ConformanceFailure, match="It raised KeyError: 'text'") as caught:
        Sample().test_raises()
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_client_that_hangs_fails_at_once() -> None:
    with pytest.raises(ConformanceFailure, match="The client never came back"):
        Sample().test_hangs()


def test_what_is_absent_is_skipped_with_its_reason() -> None:
    with pytest.raises(SkipTest, match="there is none"):
        Sample().test_left_out()
    with pytest.raises(SkipTest, match="for a reason"):
        Sample().test_skips()


def test_every_check_says_in_a_sentence_what_has_to_hold() -> None:
    suites = [getattr(conformance, name) for name in conformance.__all__ if name.endswith("Suite")]
    checks = [each for suite in suites for each in checks_of(suite)]
    assert len({each.name for each in checks}) > 240
    for each in checks:
        assert each.sentence.endswith("."), each.name
        assert len(each.sentence) >= 40, each.name


def test_no_two_suites_have_a_name_in_common() -> None:
    """A test inherits several suites: the one would take the place of the other's helper."""
    bases = (Suite, conformance.ProviderSuite)
    suites = [getattr(conformance, name) for name in conformance.__all__ if name.endswith("Suite")]
    owners: dict[str, list[str]] = {}
    for suite in suites:
        for name in vars(suite).keys() - set(dir(Suite)):
            owners.setdefault(name, []).append(suite.__name__)
    assert {name: names for name, names in owners.items() if len(names) > 1} == {}
    assert len(suites) - len(bases) >= 27


def test_an_expectation_with_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"the tape text expects txet, usage\.in; names are"):
        checked_expectation({"txet": "Hi", "usage": {"in": 3}}, "text")


def test_a_tape_keeps_its_expectation(tmp_path: Path) -> None:
    Tape([], {"text": "Zürich"}).save(tmp_path / "text.tape")
    assert Tape.load(tmp_path / "text.tape").expected == {"text": "Zürich"}
    assert (tmp_path / "text.tape").read_text() == '{"tape": 1, "expected": {"text": "Zürich"}}\n'


def test_the_tapes_of_the_shared_wires_are_there() -> None:
    for wire in ("chat_completions", "responses"):
        assert (tapes_of(wire) / "text.tape").is_file()
    with pytest.raises(ConfigurationError, match="only of chat_completions and responses"):
        tapes_of("telex")


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE / "src"))


@pytest.mark.usefixtures("acme")
def test_the_command_passes_a_package_that_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat_acme", "--tests", TESTS, "--only", "order", "-v"]) == 0
    printed = capsys.readouterr().out
    assert "passed  TestAcme.test_messages_are_sent_in_order" in printed
    assert "skipped TestAcme.test_parts_keep_their_order: order: the wire has one text" in printed
    assert printed.splitlines()[-1].startswith("chat_acme: 3 passed, 1 skipped in ")


@pytest.mark.usefixtures("acme")
def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tests = tmp_path / "test_it.py"
    source = (EXAMPLE / "tests/test_conformance.py").read_text()
    tests.write_text(source.replace("(ChatProviderSuite, ToolsSuite)", "(ChatProviderSuite)"))
    assert main(["chat_acme", "--tests", str(tests), "--only", "tools_are_refused"]) == 1
    printed = capsys.readouterr().out
    assert "FAILED  TestAcme.test_tools_are_refused\n  A provider without `ToolsSuite` refuses" in printed
    assert "There is no tape text.tape in" in printed


@pytest.mark.usefixtures("acme")
def test_the_command_says_what_it_misses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["chat_nix"]) == 2
    assert "there are no tests of chat_nix below" in capsys.readouterr().err
    assert main(["chat_nix", "--tests", TESTS]) == 2
    assert "has no class that inherits suites and builds chat_nix" in capsys.readouterr().err
    assert main(["chat_nix", "--tapes", TESTS]) == 2
    assert '[project.entry-points."chat_core.providers"]' in capsys.readouterr().err


BROKEN_TESTS = {
    "class X(:": "SyntaxError",
    "raise ValueError('boom')": "ValueError: boom",
    "raise SystemExit(3)": "SystemExit: 3",
    "class TestX(ChatProviderSuite):\n    def builder(self): return 1 / 0": "TestX in .* ZeroDivisionError",
    "class TestX(ChatProviderSuite):\n    def builder(self): return None": "builder\\(\\) returns None",
    "class TestX(ChatProviderSuite):\n    def __init__(self, name): ...": "TestX in .* TypeError",
}


@pytest.mark.parametrize(("text", "shown"), BROKEN_TESTS.items(), ids=BROKEN_TESTS.values())
def test_tests_that_cannot_be_used_are_named(
    text: str, shown: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "test_acme.py"
    file.write_text(f"from chat_core.testing.conformance import ChatProviderSuite\n{text}\n")
    assert main(["chat_acme", "--tests", str(file)]) == 2
    error = capsys.readouterr().err
    assert re.search(shown, error)
    assert "test_acme.py" in error
    assert "Traceback" not in error


ODD_CLIENTS = {
    "complete": {
        "return None": "complete(request) returned None: return a ChatResponse.",
        "raise SystemExit(3)": "It raised SystemExit: 3",
        "raise asyncio.CancelledError()": "It raised CancelledError",
        "return await asyncio.sleep(1e9)": "The client never came back.",
        "time.sleep(60)": "it has not ended within 1 s of real time",
    },
    "stream": {
        "return 5": "stream(request) returned a coroutine, which is no async generator",
        "yield 5": "The stream ended without Done.",
    },
}


@pytest.mark.parametrize(
    ("method", "line", "shown"),
    [(method, line, shown) for method, lines in ODD_CLIENTS.items() for line, shown in lines.items()],
)
def test_whatever_a_client_does_is_a_sentence(
    method: str,
    line: str,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(EXAMPLE / "src")
    monkeypatch.setattr("chat_core.testing.conformance.command._SECONDS", 1)
    file = tmp_path / "test_acme.py"
    file.write_text(
        "import asyncio, time\n"
        "from chat_acme import AcmeBuilder\n"
        "from chat_core.testing.conformance import ChatProviderSuite\n"
        "class TestAcme(ChatProviderSuite):\n"
        f"    tapes = {str(EXAMPLE / 'tests/tapes')!r}\n"
        "    backends = ('asyncio',)\n"
        "    def builder(self): return AcmeBuilder().with_model('acme-1')\n"
        "    def client(self, transport):\n"
        "        client = super().client(transport)\n"
        f"        async def {method}(request):\n"
        f"            {line}\n"
        f"        client.{method} = {method}\n"
        "        return client\n"
    )
    assert main(["chat-acme", "--tests", str(file), "--only", "it_came"]) == 1
    printed = capsys.readouterr()
    assert shown in printed.out
    assert "Traceback" not in printed.out + printed.err


def test_a_tape_without_an_exchange_proves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(EXAMPLE / "src")
    (tmp_path / "text.tape").write_text('{"tape": 1, "expected": {"text": "Hello."}}\n')

    class Sample(ChatProviderSuite):
        tapes = tmp_path

    with pytest.raises(ConformanceFailure, match=r"text\.tape has no exchange"):
        Sample().test_a_turn_comes_out_as_it_came()
    with pytest.raises(ConformanceFailure, match="Untaped has no `tapes`"):
        type("Untaped", (ChatProviderSuite,), {})().test_a_turn_comes_out_as_it_came()


def test_what_there_are_tapes_of_is_claimed_where_there_are_no_tests(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tapes = str(tapes_of("chat_completions"))
    assert main(["chat_groq", "--tapes", tapes, "--only", "tools", "-v"]) == 0
    assert "passed  Test_chat_groq.test_tools_are_sent" in capsys.readouterr().out


def test_the_module_runs_the_command_without_pytest() -> None:
    code = (
        "import sys; sys.modules['pytest'] = sys.modules['_pytest'] = None\n"
        f"sys.path.insert(0, {str(EXAMPLE / 'src')!r})\n"
        "from chat_core.testing.__main__ import main\n"
        f"try: main(['check', 'chat_acme', '--tests', {TESTS!r}, '--only', 'builder'])\n"
        "except SystemExit as left: assert left.code == 0, left.code"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_tapes_are_recorded_with_what_came_of_them_and_then_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_canary_4Zx81QpLr7_canary")
    calls = (Call("weather", {"city": "Bern"}),)

    def answer(body: JsonObject) -> Reply | Failure:
        if body.get("response_format"):
            return Failure(400, "there is no typed output")
        return Reply("I look.", calls=calls) if body.get("tools") else Reply("Water.", reasoning="Hm")

    tapes = tmp_path / "tapes"
    with LoopbackServer(answer) as server:
        options = ["chat_groq", "--model", "m", "--base-url", server.url, "--into", str(tapes)]
        assert record(options) == 0
        assert "structured: InvalidRequest: there is no typed output" in capsys.readouterr().out
    assert sorted(path.stem for path in tapes.iterdir()) == [
        *("length", "parallel_calls", "reasoning", "text", "tool_call"),
    ]
    tape = Tape.load(tapes / "tool_call.tape")
    assert tape.expected["whole"] == {
        "text": "I look.",
        "finish_reason": "tool_calls",
        "raw_finish_reason": "tool_calls",
        "calls": [{"name": "weather", "arguments": {"city": "Bern"}}],
        "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 0, "reasoning_tokens": 0},
    }
    assert "canary" not in (tapes / "text.tape").read_text()
    assert main(["chat_groq", "--tapes", str(tapes), "--only", "a_turn_comes_out"]) == 0
    assert main(["chat_groq", "--tapes", str(tapes), "--only", "as_the_model_made_it"]) == 0


def turn_with(*parts: Part) -> ChatResponse:
    turn = Turn("stop", "end", Usage(3, 2, total_tokens=5), "m", "r1")
    return ChatResponse(Message("model", list(parts), turn=turn))


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"text": "Hello"}, "text is 'Hi'; the tape expects 'Hello'."),
        ({"raw_finish_reason": "stop"}, "raw_finish_reason is 'end'; the tape expects 'stop'."),
        ({"parts": ["text"]}, "the parts are ['text', 'tool_call']; the tape expects ['text']."),
        ({"files": 1}, "there are 0 files; the tape expects 1."),
        ({"citations": ["https://b"]}, "the citations are of ['https://a']; the tape expects ['https://b']."),
        ({"usage": {"input_tokens": 3}}, "usage.output_tokens is 2; the tape expects None."),
        ({"calls": []}, "there are 1 calls, ['weather']; the tape expects 0."),
        ({"calls": [{"id": "t2"}]}, "calls[0].id is 't1'; the tape expects 't2'."),
        ({"calls": [{"arguments": {}}]}, "calls[0].arguments are {'city': 'Bern'}; the tape expects {}."),
        ({"calls": [{"failed": True}]}, "calls[0] is pending; a call that cannot run comes as failed."),
    ],
)
def test_a_turn_is_compared_with_what_is_expected(expected: JsonObject, difference: str) -> None:
    cited = Text("Hi", (Citation(url="https://a"),))
    response = turn_with(cited, ToolCall("t1", "weather", {"city": "Bern"}))
    assert list(differences(response, expected)) == [difference]


def test_what_is_not_named_is_not_compared_and_a_failed_call_is_reported() -> None:
    assert list(differences(turn_with(Text("Hi")), {"usage": {"input_tokens": 3, "output_tokens": 2}})) == []
    failed = ToolCall("t1", "weather", {}, Failed("no JSON"))
    assert list(differences(turn_with(failed), {"calls": [{"failed": True}]})) == []
    [difference] = differences(turn_with(failed), {"calls": [{"name": "weather"}]})
    assert "calls[0] is failed" in difference
    assert "no JSON" in difference
