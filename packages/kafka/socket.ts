import { connect, isIP } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { tlsFault } from '#core/text/tls-fault.ts';

const KEEP_ALIVE_MS = 60_000;

const TLS_KEYS = {
  ca: 'kafka.ssl.caFile',
  cert: 'kafka.ssl.certFile',
  serverName: 'kafka.ssl.serverName',
  without: 'set kafka.ssl to false',
};

/**
 * Connects to a broker as kafkajs does by itself, and says of a failure of TLS what it means and what
 * to do: kafkajs hands on only the message.
 */
export const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl
    ? connectSecurely({ host, port, ...name, ...ssl }, onConnect)
    : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  // Before the listener of kafkajs, which reads the message.
  socket.prependListener('error', (error: Error & { code?: unknown }) => {
    const fault = tlsFault(error.code, TLS_KEYS);
    if (fault !== null) error.message = `${fault.problem} → ${fault.fix}`;
  });
  return socket;
};
