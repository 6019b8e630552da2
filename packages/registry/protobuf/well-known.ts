import { isoText } from '../avro/logical.ts';
import { decimalOf, MOST_DECIMAL_BYTES } from '../decimal.ts';
import { type ProtoFile, parseProto } from './parse.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Types that a file may import without its registry having them. */
const SOURCES: readonly string[] = [
  `package google.protobuf;
   message Timestamp { int64 seconds = 1; int32 nanos = 2; }
   message Duration { int64 seconds = 1; int32 nanos = 2; }
   message Struct { map<string, Value> fields = 1; }
   message Value { NullValue null_value = 1; double number_value = 2; string string_value = 3;
     bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6; }
   enum NullValue { NULL_VALUE = 0; }
   message ListValue { repeated Value values = 1; }
   message DoubleValue { double value = 1; } message FloatValue { float value = 1; }
   message Int64Value { int64 value = 1; } message UInt64Value { uint64 value = 1; }
   message Int32Value { int32 value = 1; } message UInt32Value { uint32 value = 1; }
   message BoolValue { bool value = 1; } message StringValue { string value = 1; }
   message BytesValue { bytes value = 1; } message Empty {}
   message Any { string type_url = 1; bytes value = 2; }
   message FieldMask { repeated string paths = 1; }`,
  'package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
  `package google.type;
   message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }
   message Date { int32 year = 1; int32 month = 2; int32 day = 3; }
   message Decimal { string value = 1; }
   message LatLng { double latitude = 1; double longitude = 2; }`,
];

export const WELL_KNOWN: readonly ProtoFile[] = SOURCES.map(parseProto);

const NANO_PLACES = 9;

/**
 * Full name → what a message of a well-known type is in JSON, of its fields by their own names.
 * Source: protobuf.dev/programming-guides/json.
 */
export const CONVERSIONS: ReadonlyMap<string, (fields: Fields) => unknown> = new Map<
  string,
  (fields: Fields) => unknown
>([
  ['google.protobuf.Timestamp', (fields) => timestampOf(fields)],
  [
    'google.protobuf.Duration',
    ({ seconds = 0, nanos = 0 }) => Number(seconds) + Number(nanos) / 1e9,
  ],
  ['google.protobuf.Struct', ({ fields = {} }) => fields],
  ['google.protobuf.Value', (fields) => oneOf(fields)],
  ['google.protobuf.ListValue', ({ values = [] }) => values],
  ...['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32'].map(
    (name) => [`google.protobuf.${name}Value`, ({ value = 0 }: Fields) => value] as const,
  ),
  ['google.protobuf.BoolValue', ({ value = false }) => value],
  ['google.protobuf.StringValue', ({ value = '' }) => value],
  ['google.protobuf.BytesValue', ({ value = '' }) => value],
  ['confluent.type.Decimal', (fields) => decimal(fields)],
]);

function timestampOf({ seconds = 0, nanos = 0 }: Fields): unknown {
  const text = isoText(Number(seconds), String(nanos).padStart(NANO_PLACES, '0'));
  return text === null ? seconds : `${text}Z`;
}

/** The one member that it has; of several, the last. */
function oneOf(fields: Fields): unknown {
  const [[name, value] = ['', null]] = Object.entries(fields).toReversed();
  return name === 'null_value' ? null : value;
}

function decimal({ value = '', scale = 0 }: Fields): unknown {
  const bytes = Buffer.from(String(value), 'base64');
  return bytes.length > MOST_DECIMAL_BYTES ? value : (decimalOf(bytes, Number(scale)) ?? value);
}
