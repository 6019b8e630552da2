import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * Stands for Meta where speed is measured: accepts everything, and costs the same whoever sends. It
 * parses nothing; it counts events by a key that each of them has once. GET tells how many it received.
 */
const KEY = '"event_name"';

let received = 0;

function eventsIn(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(KEY); at >= 0; at = body.indexOf(KEY, at + KEY.length)) count += 1;
  return count;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const events = request.method === 'POST' ? eventsIn(Buffer.concat(chunks)) : 0;
    received += events;
    const answer =
      request.method === 'POST'
        ? { events_received: events, messages: [], fbtrace_id: 'bench' }
        : { received };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'listening', port }));
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
