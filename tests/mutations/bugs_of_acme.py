"""Bugs that authors of providers make, in the example package."""

from __future__ import annotations

from plant import Mutation


def bug(what: str, file: str, old: str, new: str, *caught_by: str) -> Mutation:
    return Mutation(what, "TestAcme", f"chat_acme.{file}", old, new, caught_by)


READ = "        frame = self._frames.read(event)\n        if frame is None:\n            return ()\n"
COMPLETE = """        return await self._send("POST", path, read, encoded.body)"""
STREAM = '''    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield one turn as it arrives, ending with `Done`. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, _ = self._prepare(request, stream=True)
        decoder = AcmeStreamDecoder(ids=CallIds(request.messages), notices=encoded.notices)
        return self._stream_response(path, decoder, encoded.body)'''
TEMPERATURE = '        body["temperature"] = options.temperature'
END = "        reason,\n        word,\n"


def streaming(*lines: str) -> str:
    """Return the method `stream` with a generator of these lines around its `events`."""
    begun = STREAM.replace("return self", "events = self")
    inner = "".join(f"            {line}\n" for line in lines)
    return f"{begun}\n\n        async def changed():\n{inner}\n        return changed()"


DECODING = [
    bug(
        "calls are assembled by their place, whatever their ids",
        "stream",
        "self._calls.get(wire_id) if wire_id else None",
        "next(iter(self._calls.values()), None)",
        "test_parallel_calls_come_in_order",
        "test_interleaved_calls_stay_apart",
    ),
    bug(
        "ids of a stream are taken as the server sends them",
        "stream",
        "_Call(self._ids.claim(wire_id),",
        "_Call(wire_id,",
        "test_calls_have_ids_that_differ",
    ),
    bug(
        "ids of a whole turn are taken as the server sends them",
        "decode",
        'ids.claim(as_text(call.get("id")))',
        'as_text(call.get("id"))',
        "test_calls_have_ids_that_differ",
    ),
    bug(
        "a finish reason that is not known counts as stop",
        "decode",
        'finish_reason(end.get("end"), END_WORDS)',
        '(END_WORDS.get(as_text(end.get("end")), "stop"), as_text(end.get("end")))',
        "test_an_unknown_reason_is_other",
    ),
    bug(
        "the server's own word is lost",
        "decode",
        END,
        "        reason,\n        None,\n",
        "test_an_unknown_reason_is_other",
    ),
    bug(
        "the token limit counts as stop",
        "decode",
        END,
        '        "stop" if reason == "length" else reason,\n        word,\n',
        "test_a_turn_that_ended_at_the_token_limit_says_so",
        "test_a_call_of_a_cut_turn_does_not_run",
    ),
    bug(
        "an error frame in a stream is swallowed",
        "stream",
        "        check_frame(frame)\n",
        '        if "error" in frame:\n            return ()\n',
        "test_an_error_frame_raises_its_error",
    ),
    bug(
        "an error under status 200 is taken for a turn",
        "decode",
        "    check_frame(frame)\n    if",
        '    frame.setdefault("end", "stop")\n    if',
        "test_an_error_under_status_200_is_raised",
        "test_a_body_that_is_no_turn_is_an_error",
    ),
    bug(
        "any object is taken for a turn",
        "decode",
        '    if "end" not in frame:',
        "    if not isinstance(frame, dict):",
        "test_a_body_that_is_no_turn_is_an_error",
    ),
    bug(
        "broken arguments of a stream become {}",
        "stream",
        '"".join(call.pieces))',
        '"".join(call.pieces) if "".join(call.pieces).count(chr(34)) == 4 else "{}")',
        "test_broken_arguments_do_not_run",
    ),
    bug(
        "broken arguments of a whole turn become {}",
        "decode",
        'as_text(call.get("arguments"))',
        '(as_text(call.get("arguments")) if as_text(call.get("arguments")).count(\'"\') == 4 else "{}")',
        "test_broken_arguments_do_not_run",
    ),
    bug(
        "usage is added up twice",
        "decode",
        'as_count(used.get("out"))',
        '2 * (as_count(used.get("out")) or 0)',
        "test_a_turn_comes_out_as_it_came",
    ),
    bug(
        "the end of the bytes counts as the end of the turn",
        "stream",
        "        if not self._end:\n            raise",
        "        if not self._end and not self._texts:\n            raise",
        "test_a_cut_stream_is_truncated",
        "test_a_lost_connection_is_truncated",
    ),
    bug(
        "a stream has ended with its first text",
        "stream",
        "        return bool(self._end)",
        "        return bool(self._end or self._texts)",
        "test_a_streamed_turn_is_the_same_as_a_whole_one",
    ),
    bug(
        "the chunks of a stream are not in its turn",
        "stream",
        "            self._texts.append(text)\n",
        "            self._texts[:] = [text]\n",
        "test_the_events_keep_the_laws",
    ),
    bug(
        "a cut turn loses what has come",
        "stream",
        "        turn = turn_of(parts, self._end, self._notices)",
        "        turn = turn_of(parts if self._end else (), self._end, self._notices)",
        "test_what_arrived_before_the_cut_is_kept",
    ),
    bug(
        "a frame that cannot be read is skipped",
        "stream",
        READ,
        "        try:\n"
        "            frame = self._frames.read(event)\n"
        "        except Exception:\n"
        "            frame = None\n"
        "        self._frames.cut = None\n        if frame is None:\n            return ()\n",
        "test_a_broken_frame_is_an_error",
    ),
    bug(
        "a repeated call of a whole turn is a second call",
        "decode",
        "    return list(by_id.values())",
        "    return calls",
        "test_a_call_runs_once",
    ),
    bug(
        "an unknown frame fails the stream",
        "stream",
        '        if text := as_text(frame.get("text")):',
        '        if not frame.keys() & {"text", "call", "calls", "end"}:\n'
        '            raise KeyError("text")\n'
        '        if text := as_text(frame.get("text")):',
        "test_an_unknown_event_is_passed_over",
    ),
    bug(
        "the body is not kept",
        "decode",
        "    return replace(turn_of(parts, frame, notices), raw=frame)",
        "    return turn_of(parts, frame, notices)",
        "test_the_body_is_kept_as_received",
    ),
    bug(
        "all text so far is walked with each event",
        "stream",
        "            self._texts.append(text)\n",
        "            self._texts.append(text)\n"
        '            sum(len(each) for each in self._texts for _ in "ab")\n',
        "test_a_stream_costs_as_much_as_it_has_events",
    ),
    bug(
        "arguments are walked with each of their pieces",
        "stream",
        "        known.pieces.append(arguments)\n",
        "        known.pieces.append(arguments)\n"
        '        sum(len(each) for each in known.pieces for _ in "ab")\n',
        "test_arguments_cost_as_much_as_they_are_long",
    ),
]
SENDING = [
    bug(
        "a blank turn of the model is sent",
        "encode",
        "    if not text.strip() and not calls:\n"
        "        return []\n"
        '    turn: SentMessage = {"role": "model", "text": text if text.strip() else ""}',
        '    turn: SentMessage = {"role": "model", "text": text}',
        "test_a_blank_turn_is_not_sent",
    ),
    bug(
        "an option is dropped", "encode", TEMPERATURE, "        pass", "test_sampling_options_reach_the_wire"
    ),
    bug(
        "an option that the wire lacks is dropped",
        "encode",
        "        if getattr(options, name) is not None:\n            raise",
        "        if name == 1:\n            raise",
        "test_sampling_options_reach_the_wire",
        "test_reasoning_effort_reaches_the_wire",
    ),
    bug(
        "the token limit is dropped",
        "encode",
        '        body["max_tokens"] = options.max_tokens',
        "        pass",
        "test_the_token_limit_reaches_the_wire",
    ),
    bug(
        "the first of several stop sequences is sent alone",
        "encode",
        "else list(options.stop)",
        "else [options.stop[0]]",
        "test_stop_sequences_reach_the_wire",
    ),
    bug(
        "the choice of a tool is dropped",
        "encode",
        '        body["tool_choice"] = options.tool_choice',
        "        pass",
        "test_the_choice_of_a_tool_reaches_the_wire",
    ),
    bug(
        "the description of a tool is lost",
        "encode",
        '"about": tool.description',
        '"about": ""',
        "test_tools_are_sent",
    ),
    bug(
        "tools are dropped in silence",
        "encode",
        "    if request.tools:\n",
        "    if request.tools and not request.messages:\n",
        "test_tools_are_sent",
    ),
    bug(
        "typed output is dropped in silence",
        "encode",
        "    if request.output is not None:\n",
        "    if request.output is not None and not request.messages:\n",
        "test_typed_output_is_refused",
    ),
    bug(
        "a result has another id than its call",
        "encode",
        '"call": wire_id(call.id)',
        '"call": call.id',
        "test_ids_of_another_provider_are_mapped",
    ),
    bug(
        "results come in another order than their calls",
        "encode",
        "for call, outcome in message.outcomes()",
        "for call, outcome in reversed(message.outcomes())",
        "test_results_are_sent_in_the_order_of_the_calls",
    ),
    bug(
        "the model does not read what went wrong",
        "encode",
        '"text": outcome}',
        '"text": outcome if call.status.type == "completed" else ""}',
        "test_a_failure_is_sent_to_the_model",
    ),
    bug(
        "arguments are sent as Python shows them",
        "encode",
        '"arguments": call.arguments_as_text()',
        '"arguments": str(sorted(call.arguments))',
        "test_arguments_go_back_as_the_model_wrote_them",
    ),
    bug(
        "instructions are dropped",
        "encode",
        'joined_text(message.parts) if message.role == "system"',
        '"" if message.role == "system"',
        "test_instructions_and_questions_are_sent",
    ),
    bug(
        "the last message alone is sent",
        "encode",
        "    if not messages or messages[-1]",
        "    del messages[:-1]\n    if not messages or messages[-1]",
        "test_messages_are_sent_in_order",
        "test_turns_are_in_the_next_request",
    ),
    bug(
        "a file of the user's is dropped in silence",
        "encode",
        '                raise ConfigurationError(f"Acme reads no files',
        '                continue\n                raise ConfigurationError(f"Acme reads no files',
        "test_a_file_is_sent_or_refused",
    ),
    bug(
        "a block of another provider stops the conversation",
        "encode",
        "                notices[_unsent(native)] = None",
        '                raise ConfigurationError("this block is of another provider")',
        "test_a_conversation_of_another_provider_can_go_on",
    ),
    bug(
        "a block of another provider is sent to this one",
        "encode",
        "                notices[_unsent(native)] = None",
        "                texts.append(str(native.data) if native else part.text)",
        "test_what_another_provider_sealed_is_not_sent",
    ),
    bug(
        "what is left out is not noticed",
        "encode",
        "                notices[_unsent(native)] = None",
        "                pass",
        "test_what_is_left_out_is_noticed",
    ),
    bug(
        "typed values of the history are lost",
        "encode",
        "            case Text() | Structured():\n                texts.append(part_text(part))",
        "            case Text():\n                texts.append(part_text(part))",
        "test_what_came_from_elsewhere_is_sent",
    ),
    bug(
        "encoding mints ids anew each time",
        "encode",
        '    return {"id": wire_id(call.id)',
        '    return {"id": wire_id(f"{call.id} {__import__(\'os\').urandom(4)!r}")',
        "test_a_foreign_history_is_sent_the_same_way_each_time",
    ),
    bug(
        "encoding changes the history",
        "encode",
        '    text = "".join(texts)\n    if not text.strip()',
        '    message.interrupted = True\n    text = "".join(texts)\n    if not text.strip()',
        "test_a_foreign_history_stays_as_it_is",
    ),
    bug(
        "each message is looked for in all of them",
        "encode",
        "for sent in _messages(message, notices)]",
        "for sent in _messages(message, notices) if message in list(request.messages)]",
        "test_a_history_costs_as_much_as_it_has_messages",
    ),
]
CLIENT = [
    bug(
        "the key is in the URL",
        "client",
        'Prepared("/chat",',
        'Prepared("/chat?key=" + dict(self._settings.headers).get("authorization", "")[7:],',
        "test_the_key_is_not_in_the_url",
    ),
    bug(
        "the key is in the body",
        "builder",
        "extra=connection.extra)",
        'extra={**connection.extra, "key": server.api_key})',
        "test_the_key_is_not_in_the_body",
    ),
    bug(
        "the headers are logged",
        "client",
        "        defaults = self._settings.defaults\n",
        "        defaults = self._settings.defaults\n"
        '        self._logger.debug("%s", dict(self._settings.headers))\n',
        "test_no_log_shows_the_key",
    ),
    bug(
        "a stream goes on behind its reader",
        "client",
        STREAM,
        streaming(
            "self.__dict__.setdefault('_open', []).append(events)",
            "async for event in events:",
            "    yield event",
        ),
        "test_leaving_a_stream_frees_the_connection",
    ),
    bug(
        "a stream is collected before it is given out",
        "client",
        STREAM,
        streaming("for event in [event async for event in events]:", "    yield event"),
        "test_chunks_come_as_they_arrive",
    ),
    bug(
        "a cancel scope is held across a yield",
        "client",
        STREAM,
        streaming(
            "with __import__('anyio').CancelScope():",
            "    async for event in events:",
            "        yield event",
        ),
        "test_no_scope_is_open_across_a_yield",
    ),
    bug(
        "a cancellation is swallowed",
        "client",
        STREAM,
        streaming(
            "try:",
            "    async for event in events:",
            "        yield event",
            "except BaseException as exc:",
            "    if isinstance(exc, Exception):",
            "        raise",
        ),
        "test_cancelling_a_stalled_stream_frees_the_connection",
    ),
    bug(
        "a client retries by itself",
        "client",
        COMPLETE,
        '        try:\n            return await self._send("POST", path, read, encoded.body)\n'
        '        except Exception:\n            return await self._send("POST", path, read, encoded.body)',
        "test_a_client_retries_nothing",
    ),
    bug(
        "a client holds a conversation",
        "client",
        "        request = as_request(given)\n"
        "        path, encoded, _ = self._prepare(request, stream=False)",
        "        request = as_request(given)\n"
        "        held = self.__dict__.setdefault('_held', [])\n"
        "        held.extend(request.messages)\n"
        "        request = ChatRequest(type(request.messages)(held))\n"
        "        path, encoded, _ = self._prepare(request, stream=False)",
        "test_a_client_holds_no_conversation",
    ),
    bug(
        "a text is no request",
        "client",
        "        request = as_request(given)\n"
        "        path, encoded, _ = self._prepare(request, stream=False)",
        "        request = given\n        path, encoded, _ = self._prepare(request, stream=False)",
        "test_a_text_or_a_conversation_is_a_request",
    ),
    bug(
        "the address of the user is not used",
        "builder",
        "base_url=server.base_url,",
        'base_url=ACME.base_url or "",',
        "test_requests_go_to_the_address_of_the_user",
    ),
    bug(
        "the headers of the user are lost",
        "builder",
        ", **connection.headers}",
        "}",
        "test_a_header_of_the_user_is_sent",
    ),
    bug(
        "the time limits are lost",
        "builder",
        "                timeouts=connection.timeouts,\n",
        "",
        "test_time_limits_reach_the_request",
    ),
    bug(
        "the fields of the user are lost",
        "builder",
        "safe=choices.safe, extra=connection.extra",
        "safe=choices.safe",
        "test_fields_of_the_user_are_sent",
    ),
    bug(
        "the key of the environment goes to any address",
        "builder",
        '        key = {"authorization": f"Bearer {checked_key(server.api_key)}"} if server.api_key else {}',
        '        found = server.api_key or os.environ.get("ACME_API_KEY", "")\n'
        '        key = {"authorization": f"Bearer {found}"}',
        "test_a_key_of_the_environment_stays_with_its_server",
    ),
    bug(
        "any address is taken",
        "builder",
        "        choices, connection = self._choices, self._connection\n",
        "        choices, connection = self._choices, replace(self._connection, base_url=None)\n",
        "test_requests_go_to_the_address_of_the_user",
    ),
]
MUTATIONS = [*DECODING, *SENDING, *CLIENT]
