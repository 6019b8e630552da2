import { expect, test } from '@jest/globals';
import { readMessage, writeMessage } from '#core/event/kafka-message.ts';
import { decodeLetters } from '#store/dead-letters/decode-letters.ts';
import { applyEdits, editable, withEvent } from '#store/dead-letters/edit.ts';

const ENCODED = Buffer.of(0, 0, 0, 0, 7, 1);
const MESSAGE = { key: null, value: ENCODED, headers: {} };

function letter(more: object = {}, content: unknown = writeMessage(MESSAGE)) {
  const kafka = { topic: 't', partition: 0, offset: 0, timestamp: 0 };
  const facts = { holds: 'message', reason: 'undecodable', schema: 7, kafka, ...more };
  return { facts: facts as never, content };
}

/** A decoder that has the schema once it is loaded, if the registry answers. */
function decoder(answers: boolean) {
  const asked: unknown[] = [];
  let isLoaded = false;
  return {
    asked,
    decode: () => (isLoaded ? { event: { event: 'Lead' }, schema: 7 } : { needs: 7 }),
    missing: (messages: Iterable<unknown>) =>
      new Set([...messages].length === 0 || isLoaded ? [] : [7]),
    async load(keys: ReadonlySet<number | string>) {
      asked.push([...keys]);
      if (!answers) throw new Error('away');
      isLoaded = true;
    },
  };
}

test('a message that decodes by now has its JSON, which can be edited, and stays as Kafka has it', async () => {
  const registry = decoder(true);
  const [first, second] = await decodeLetters([letter(), letter()], registry);
  expect(registry.asked).toEqual([[7]]);
  expect(second).toEqual(first);
  const content = first?.content as Buffer;
  expect(editable('message', content)).toEqual({ event: 'Lead' });
  const edited = applyEdits({ event: 'Lead' }, [{ path: ['userId'], value: 'u' }]);
  const after = withEvent('message', content, edited as never);
  expect(readMessage(after)).toEqual({
    key: null,
    value: Buffer.from('{"event":"Lead","userId":"u"}'),
    headers: {},
    encoded: ENCODED,
  });
});

test('it stays as it is while the registry does not answer', async () => {
  const letters = [letter()];
  expect(await decodeLetters(letters, decoder(false))).toEqual(letters);
});

test.each([
  ['one without a schema', letter({ schema: undefined })],
  ['one that holds a server event', letter({ holds: 'record' })],
  ['one that is cut off', letter({ truncatedFrom: 9 })],
  ['one that does not open', letter({}, new Error('sealed'))],
  ['one that is damaged', letter({}, Buffer.from('damaged'))],
  ['one that was decoded', letter({}, writeMessage({ ...MESSAGE, encoded: ENCODED }))],
])('%s needs no registry', async (_, one) => {
  const registry = decoder(true);
  expect(await decodeLetters([one], registry)).toEqual([one]);
  expect(registry.asked).toEqual([]);
});
