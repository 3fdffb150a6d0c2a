// Reads a stored conversation, decides about the calls that wait, and writes it back: node reader.js SCHEMAS IN OUT
//
// `messages.ts` and `events.ts` are made from docs/schema by json-schema-to-typescript; README.md has the command. What the
// schema does not know is kept: a newer version of the library may have written it.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { DoneJson, TextChunkJson } from "./events.js";
import type { StoredConversation, ToolCall } from "./messages.js";

const VERSION = 1;

export function schema(folder: string, name: string): (value: unknown) => void {
  const check = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(path.join(folder, name), "utf8")));
  return (value) => {
    if (!check(value)) throw new Error(`${name}: ${JSON.stringify(check.errors)}`);
  };
}

export function load(text: string, check: (value: unknown) => void): StoredConversation {
  const stored = JSON.parse(text);
  check(stored);
  if (stored.version !== VERSION) throw new Error(`a conversation of version ${stored.version}, not ${VERSION}`);
  return stored;
}

export function* calls(conversation: StoredConversation): Generator<ToolCall> {
  for (const message of conversation.messages)
    for (const part of message.parts ?? []) if (part.type === "tool_call") yield part;
}

/** What a person would decide: letters go out, nothing is deleted, and the courier has come. */
function decide(call: ToolCall): void {
  const waits = call.status?.type;
  if (waits === "awaiting_approval" && call.name === "send") {
    call.status = { type: "approved" };
    call.edited = { ...call.arguments, to: "Grace" };
    call.approved_by = "typescript";
  } else if (waits === "awaiting_approval") {
    call.status = { type: "rejected", reason: "Nothing is deleted." };
  } else if (waits === "awaiting_result") {
    call.status = { type: "completed", result: { signed: true } };
  }
}

/** The text of a stream of events, one JSON object a line, and whether it ended. */
export function textOf(lines: string, check: (value: unknown) => void): { text: string; whole: string | null } {
  let text = "";
  let whole: string | null = null;
  for (const line of lines.split("\n").filter(Boolean)) {
    const event: TextChunkJson | DoneJson = JSON.parse(line);
    check(event);
    if (event.type === "text_chunk") text += event.text;
    if (event.type === "done") whole = event.response.text;
  }
  return { text, whole };
}

const [schemas, input, output] = process.argv.slice(2);
if (schemas && input && output) {
  if (input.endsWith(".jsonl")) {
    const found = textOf(readFileSync(input, "utf8"), schema(schemas, "events.json"));
    writeFileSync(output, JSON.stringify(found));
  } else {
    const conversation = load(readFileSync(input, "utf8"), schema(schemas, "messages.json"));
    for (const call of calls(conversation)) decide(call);
    writeFileSync(output, JSON.stringify(conversation));
  }
}
