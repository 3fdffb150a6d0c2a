"""Bugs in what providers have beside turns: files, sound, videos, decisions, counts, lists, explanations."""

from __future__ import annotations

from plant import Mutation

FILES = [
    Mutation(
        "the first page of a list of files is all of it",
        "TestOpenAI",
        "chat_core.client.form_files",
        'return last if body.get("has_more") is True and last else None',
        'return last if body.get("has_more") == "yes" and last else None',
        ("test_files_are_listed_page_by_page",),
    ),
    Mutation(
        "an id of a file leads to another address",
        "TestOpenAI",
        "chat_core.client.paths",
        'return quote(value, safe="")',
        "return value",
        ("test_an_id_stays_in_its_place_of_the_path",),
    ),
    Mutation(
        "a file of another provider is asked for here",
        "TestClaude",
        "chat_core.types.uploads",
        "    if owner.provider != origin.provider:\n        raise",
        "    if not owner.provider:\n        raise",
        ("test_a_file_of_another_provider_is_refused",),
    ),
    Mutation(
        "an error in the place of a list is an empty list",
        "TestMistral",
        "chat_core.wire.side_bodies",
        "if not page.keys() & set(fields) and is_error_object(page):",
        "if not page and is_error_object(page):",
        ("test_a_body_that_is_no_file_is_an_error",),
    ),
    Mutation(
        "a file that is processed counts as ready",
        "TestGemini",
        "chat_core.client.files",
        'while found.state == "processing":',
        'while found.state == "waiting":',
        ("test_waiting_ends_when_a_file_is_ready",),
    ),
    Mutation(
        "the name of a file is lost",
        "TestGemini",
        "chat_gemini.files",
        '            about["displayName"] = file.name',
        "            pass",
        ("test_the_bytes_of_a_file_are_sent",),
    ),
]
SOUND = [
    Mutation(
        "the end of the bytes counts as the end of a transcription",
        "TestOpenAI",
        "chat_core.wire.transcription",
        "        if self._end is None:\n            partial",
        "        if self._end is None and not self._pieces:\n            partial",
        ("test_a_cut_transcription_is_truncated",),
    ),
    Mutation(
        "a body without a text is an empty transcription",
        "TestGroq",
        "chat_core.wire.transcription",
        'if not isinstance(response.get("text"), str):',
        'if isinstance(response.get("text"), int):',
        ("test_a_body_without_a_text_is_an_error",),
    ),
    Mutation(
        "the language of a recording is dropped",
        "TestGroq",
        "chat_core.client.audio",
        '"language": language, "prompt"',
        '"language": None, "prompt"',
        ("test_the_recording_is_sent",),
    ),
    Mutation(
        "what is no recording is sent",
        "TestTogether",
        "chat_core.client.audio",
        "    if plain in _RECORDINGS or not plain:",
        "    if plain:",
        ("test_what_is_no_recording_is_not_transcribed",),
    ),
    Mutation(
        "the last piece of a sound takes the place of the others",
        "TestOpenAI",
        "chat_core.wire.speech",
        "self._pieces.append(data)",
        "self._pieces[:] = [data]",
        ("test_streamed_speech_is_whole",),
    ),
    Mutation(
        "a format that there is not is another one",
        "TestMistral",
        "chat_core.client.audio",
        "if format is not None and format not in formats:",
        "if format is not None and not formats:",
        ("test_a_format_that_there_is_not_is_refused",),
    ),
    Mutation(
        "a body without sound is silence",
        "TestTogether",
        "chat_core.wire.speech",
        "    if not body:\n",
        "    if body is None:\n",
        ("test_a_body_without_sound_is_an_error",),
    ),
]
VIDEOS = [
    Mutation(
        "a video that failed is done",
        "TestTogether",
        "chat_together.videos",
        'return ended(job, state, as_text(as_object(found.get("error")).get("message")) or state)',
        "return ended(job, state)",
        ("test_a_video_that_failed_is_an_error",),
    ),
    Mutation(
        "a job of any server is asked for here",
        "TestGeminiOnVertex",
        "chat_core.client.videos",
        "if (job.provider, job.base_url) != (origin.provider, origin.endpoint):",
        "if not (job.provider and origin.provider):",
        ("test_a_video_of_another_server_is_refused",),
    ),
    Mutation(
        "the shape of a video is dropped",
        "TestGeminiOnVertex",
        "chat_gemini.videos",
        '"aspectRatio": aspect_ratio}',
        '"aspectRatio": None}',
        ("test_what_a_video_is_of_is_sent",),
    ),
]
DECISIONS = [
    Mutation(
        "what a choice means is not sent",
        "TestOpenAI",
        "chat_openai.decisions.encode",
        '**({"description": text} if text else {})',
        '**({"description": text} if text is value else {})',
        ("test_the_questions_and_the_conversation_are_sent",),
    ),
    Mutation(
        "a question without an answer was declined",
        "TestGemini",
        "chat_gemini.decisions.decode",
        "    if missing := questions.keys() - found.keys():\n        raise InvalidResponse",
        "    if missing := questions.keys() - found.keys():\n"
        "        return DecisionResponse(dict.fromkeys(questions, Declined()), model=model)\n"
        "        raise InvalidResponse",
        ("test_a_body_without_answers_is_an_error",),
    ),
]
COUNTS_AND_LISTS = [
    Mutation(
        "tools are not counted",
        "TestClaude",
        "chat_claude.client",
        "        request = ChatRequest(messages, tools)\n        encoded = encode_count",
        "        request = ChatRequest(messages)\n        encoded = encode_count",
        ("test_what_is_counted_is_what_would_be_sent",),
    ),
    Mutation(
        "a count that is missing is 0",
        "TestClaude",
        "chat_claude.decode.lists",
        "    if count is None:\n        raise InvalidResponse",
        "    if count is None:\n        return 0\n        raise InvalidResponse",
        ("test_a_body_without_a_count_is_an_error",),
    ),
    Mutation(
        "the first page of the models is all of them",
        "TestClaude",
        "chat_claude.decode.lists",
        'if page.get("has_more") is True else None',
        'if page.get("has_more") == "yes" else None',
        ("test_the_models_are_those_of_the_server",),
    ),
    Mutation(
        "a server that lists no models has none",
        "TestClaudeOnVertex",
        "chat_claude.client",
        '            raise ConfigurationError(f"{platform.name} does not list the models of Claude here")',
        "            return []",
        ("test_models_are_not_made_up",),
    ),
    Mutation(
        "inputs are claimed that are not sent",
        "TestOpenAI",
        "chat_openai.client",
        'return frozenset({"text", "tokens"})',
        'return frozenset({"text", "image"})',
        ("test_other_inputs_than_texts_are_sent_or_refused",),
    ),
]
LINES = [
    Mutation(
        "lines of JSON are read when all of them have come",
        "TestOllamaNative",
        "chat_core.transport.sse",
        'is_lines = content_type.partition(";")[0].strip() in _JSON_LINES',
        "is_lines = content_type in ()",
        ("test_lines_of_json_are_read",),
    ),
]
EXPLANATIONS = [
    Mutation(
        "an explanation shows the key",
        "TestClaude",
        "chat_core.types.explanation",
        "_hidden(value) if is_secret(name) else value for name, value in headers.items()",
        "value for name, value in headers.items()",
        ("test_an_explanation_shows_no_key",),
    ),
    Mutation(
        "more is sent than is explained",
        "TestAcme",
        "chat_acme.client",
        'return await self._send("POST", path, read, encoded.body)',
        'return await self._send("POST", path, read, {**encoded.body, "client": "acme"})',
        ("test_what_is_explained_is_what_is_sent", "test_the_body_of_a_request_is_what_is_sent"),
    ),
]
APPROVALS = [
    Mutation(
        "a client knows the conversations alone that it began",
        "TestAcme",
        "chat_acme.client",
        "        request = as_request(given)\n"
        "        path, encoded, _ = self._prepare(request, stream=False)",
        "        request = as_request(given)\n"
        "        if len(request.messages) > 1 and '_begun' not in self.__dict__:\n"
        "            request = ChatRequest(type(request.messages)(list(request.messages)[-1:]))\n"
        "        self.__dict__['_begun'] = True\n"
        "        path, encoded, _ = self._prepare(request, stream=False)",
        ("test_an_approved_call_runs_in_another_process",),
    ),
    Mutation(
        "why a call was denied is not sent",
        "TestAcme",
        "chat_acme.encode",
        '"text": outcome}',
        '"text": "" if call.status.type == "rejected" else outcome}',
        ("test_a_denied_call_does_not_run",),
    ),
    Mutation(
        "a part holds what is no JSON",
        "TestAcme",
        "chat_acme.decode",
        'return tool_call(ids.claim(as_text(call.get("id"))), name, arguments)',
        'made = tool_call(ids.claim(as_text(call.get("id"))), name, arguments)\n'
        '    made.arguments["seen"] = object()\n'
        "    return made",
        ("test_a_call_waits_and_can_be_stored",),
    ),
    Mutation(
        "any seal is taken",
        "TestAcme",
        "chat_core.types.seals",
        "if not hmac.compare_digest(call.seal, self._mac(call)):",
        "if not call.seal:",
        ("test_an_approval_with_another_key_is_refused", "test_a_call_that_was_changed_is_refused"),
    ),
]
MUTATIONS = [*FILES, *SOUND, *VIDEOS, *DECISIONS, *COUNTS_AND_LISTS, *LINES, *EXPLANATIONS, *APPROVALS]
