import { SchemaFault } from '../schema-fault.ts';
import { Tokens } from './tokens.ts';

/*
 * Reads of a .proto file what decoding takes: messages, their fields, and enums. The rest is skipped.
 * Source: protobuf.dev/reference/protobuf/proto3-spec, proto2-spec and edition-2023-spec.
 */

/** A field as it is declared. */
export interface ProtoField {
  readonly name: string;
  /** Null where no option gives one. */
  readonly jsonName: string | null;
  readonly number: number;
  /** A scalar, or a name to be resolved from the message that has the field. */
  readonly type: string;
  readonly isRepeated: boolean;
  /** The type of the keys of a map, whose values have `type`. */
  readonly keys: string | null;
}

export interface ProtoMessage {
  readonly kind: 'message';
  readonly name: string;
  readonly fields: ProtoField[];
  /** In their order, by which a message in Kafka names its type. */
  readonly messages: ProtoMessage[];
  readonly enums: ProtoEnum[];
}

export interface ProtoEnum {
  readonly kind: 'enum';
  readonly name: string;
  /** Number → symbol, the first of several. */
  readonly symbols: ReadonlyMap<number, string>;
}

/** The declarations of a file; `messages` are its own, in their order. */
export interface ProtoFile {
  readonly package: string;
  readonly imports: readonly string[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
}

const MOST_LEVELS = 100;
const LABELS: readonly string[] = ['optional', 'required', 'repeated'];

/** @throws SchemaFault */
export function parseProto(text: string): ProtoFile {
  const tokens = new Tokens(text);
  const [imports, top] = [[] as string[], newMessage('')];
  let packageName = '';
  while (!tokens.isOver) {
    if (tokens.takes(';')) continue;
    const word = tokens.word();
    if (word === 'package') {
      packageName = tokens.word();
      tokens.expect(';');
    } else if (word === 'import') {
      if (!tokens.takes('public')) tokens.takes('weak');
      imports.push(tokens.take().value);
      tokens.expect(';');
    } else if (word === 'message') top.messages.push(readMessage(tokens, 0));
    else if (word === 'enum') top.enums.push(readEnum(tokens));
    else tokens.skipStatement();
  }
  const { messages, enums } = top;
  return { package: packageName, imports, messages, enums };
}

function newMessage(name: string): ProtoMessage {
  return { kind: 'message', name, fields: [], messages: [], enums: [] };
}

function readMessage(tokens: Tokens, level: number): ProtoMessage {
  const message = newMessage(tokens.word());
  readBody(tokens, message, level);
  return message;
}

function readBody(tokens: Tokens, message: ProtoMessage, level: number): void {
  if (level > MOST_LEVELS) throw new SchemaFault(`is nested over ${MOST_LEVELS} levels`);
  tokens.expect('{');
  while (!tokens.takes('}')) readMember(tokens, message, level);
}

/** A member of a message, or of a `oneof` in it. */
function readMember(tokens: Tokens, message: ProtoMessage, level: number): void {
  if (tokens.takes(';')) return;
  const word = tokens.word();
  switch (word) {
    case 'message':
      message.messages.push(readMessage(tokens, level + 1));
      return;
    case 'enum':
      message.enums.push(readEnum(tokens));
      return;
    case 'oneof':
      tokens.word();
      readBody(tokens, message, level + 1);
      return;
    case 'option':
    case 'reserved':
    case 'extensions':
    case 'extend':
      tokens.skipStatement();
      return;
    default:
      readField(tokens, message, word, level);
  }
}

function readField(tokens: Tokens, message: ProtoMessage, first: string, level: number): void {
  let type = LABELS.includes(first) ? tokens.word() : first;
  let keys: string | null = null;
  if (type === 'map' && tokens.takes('<')) {
    keys = tokens.word();
    tokens.expect(',');
    type = tokens.word();
    tokens.expect('>');
  }
  const name = tokens.word();
  tokens.expect('=');
  const number = tokens.number();
  const jsonName = readJsonName(tokens);
  const isRepeated = first === 'repeated';
  if (type !== 'group') {
    tokens.expect(';');
    message.fields.push({ name, jsonName, number, type, isRepeated, keys });
    return;
  }
  const group = newMessage(name);
  readBody(tokens, group, level + 1);
  message.messages.push(group);
  const own = { name: name.toLowerCase(), jsonName, number, type: name };
  message.fields.push({ ...own, isRepeated, keys });
}

/** Reads the options of a field, of which only its name in JSON matters. */
function readJsonName(tokens: Tokens): string | null {
  if (!tokens.takes('[')) return null;
  let [named, found, open] = ['', null as string | null, 1];
  while (open > 0) {
    const { kind, value } = tokens.take();
    if (kind === 'text' && named === 'json_name=' && open === 1) found = value;
    if (kind === 'sign' && (value === '{' || value === '[')) open += 1;
    if (kind === 'sign' && (value === '}' || value === ']')) open -= 1;
    named =
      kind === 'sign' && value === ',' ? '' : `${named}${value}`.slice(0, 'json_name='.length);
  }
  return found;
}

function readEnum(tokens: Tokens): ProtoEnum {
  const name = tokens.word();
  const symbols = new Map<number, string>();
  tokens.expect('{');
  while (!tokens.takes('}')) {
    if (tokens.takes(';')) continue;
    const word = tokens.word();
    if (word === 'option' || word === 'reserved' || !tokens.takes('=')) {
      tokens.skipStatement();
      continue;
    }
    const sign = tokens.takes('-') ? -1 : 1;
    const number = sign * tokens.number();
    if (!symbols.has(number)) symbols.set(number, word);
    tokens.skipStatement();
  }
  return { kind: 'enum', name, symbols };
}
