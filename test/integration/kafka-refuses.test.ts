import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs, { type AclEntry, type Admin } from 'kafkajs';
import { checkKafka } from '#cli/check/check-kafka.ts';
import { runCheck } from '#cli/check/finding.ts';
import { loadConfiguration } from '#config/load.ts';
import { AssignedPartitions } from '#ingest/kafka/partitions.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { KafkaWork } from '#kafka/fault.ts';
import { observeKafka } from '#kafka/observer.ts';
import { LogReader } from '#kafka/sample/log-reader.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { uniqueName } from '#test/support/names.ts';
import { noParking } from '#test/support/no-parking.ts';
import { createTraffic } from '#test/support/traffic.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const OFTEN = { everyMs: 250 };
const MESSAGES = 50;
let folder = '';
let server: LocalServer;
let kafka: KafkaClient;
let admin: Admin;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-kafka-refuses-'));
  const properties = {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'true',
  };
  server = await startKafka({ folder, port: await freePort(), properties }, () => {});
  kafka = createKafka({ brokers: [server.address], clientId: 'test', ssl: false, sasl: null });
  admin = kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Every client may read with the group, and not describe it; brokers then hide its coordinator. */
async function forbid(groupId: string): Promise<void> {
  const entry = (operation: number, permissionType: number): AclEntry => ({
    resourceType: AclResourceTypes.GROUP,
    resourceName: groupId,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation,
    permissionType,
  });
  const { READ, DESCRIBE } = AclOperationTypes;
  const acl = [entry(READ, AclPermissionTypes.ALLOW), entry(DESCRIBE, AclPermissionTypes.DENY)];
  await admin.createAcls({ acl });
}

async function allow(groupId: string): Promise<void> {
  const { ANY: operation } = AclOperationTypes;
  const filter = {
    resourceType: AclResourceTypes.GROUP,
    resourceName: groupId,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    permissionType: AclPermissionTypes.ANY,
  };
  await admin.deleteAcls({ filters: [{ ...filter, operation }] });
}

test('what a group has committed is asked until Kafka allows it, which is told and seen meanwhile', async () => {
  const [topic, groupId] = [uniqueName('topic'), uniqueName('group')];
  await ensureTopics(kafka, [topic], 1);
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] });
  const observer = await observeKafka(kafka);
  const failures = new Set<string>();
  let count = 0;
  const kafkaWork = new KafkaWork({
    onFailure(operation, fault) {
      failures.add(`${operation} ${fault}`);
      count += 1;
    },
  });
  const store = { watermarks: async () => [null] } as unknown as IntakeStore;
  const partitions = new AssignedPartitions(store, {
    ...noParking(),
    kafkaWork,
    committed: async () => (await observer.progress(groupId, [topic]))[0]?.next ?? -1,
  });
  try {
    await forbid(groupId);
    await eventually(() => expect(observer.progress(groupId, [topic])).rejects.toThrow(), OFTEN);
    const asked = partitions.floor(topic, 0);
    await eventually(() => expect(count).toBeGreaterThan(1), OFTEN);
    expect([...failures]).toEqual(['committed no_coordinator']);
    expect(kafkaWork.fault()).toContain('committed');
    await allow(groupId);
    expect(await asked).toBe(0);
    expect(kafkaWork.fault()).toBeNull();
  } finally {
    await allow(groupId);
    partitions.reassign();
    await observer.close();
  }
});

test('a sample of a topic that a client may not read names the topic and the ACL', async () => {
  const topic = uniqueName('topic');
  await ensureTopics(kafka, [topic], 1);
  const denied: AclEntry = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.DENY,
  };
  const seen = { ...denied, operation: AclOperationTypes.DESCRIBE };
  const allowed = { ...seen, permissionType: AclPermissionTypes.ALLOW };
  await admin.createAcls({ acl: [denied, allowed] });
  const producer = kafka.producer();
  await producer.connect();
  const written = { ...allowed, operation: AclOperationTypes.WRITE };
  await admin.createAcls({ acl: [written] });
  await eventually(async () => {
    await producer.send({ topic, messages: [{ value: 'x' }] });
  }, OFTEN);
  await producer.disconnect();
  const options = { brokers: [server.address], clientId: 'test', ssl: false, sasl: null };
  const reader = new LogReader(options, 240_000);
  try {
    await reader.connect([topic]);
    expect(await reader.ends(topic)).toEqual(new Map([[0, { low: 0, high: 1 }]]));
    await expect(reader.fetch(topic, new Map([[0, 0]]))).rejects.toThrow(
      `Kafka at ${server.address} does not let this user read topic ${topic} (TOPIC_AUTHORIZATION_FAILED) → give the user of kafka.sasl the ACL: kafka-acls --add --allow-principal User:NAME --operation Read --topic ${topic}`,
    );
  } finally {
    await reader.close();
  }
});

test('check says of which topic a client may not ask how long messages are kept, and what to grant', async () => {
  const [told, untold] = [uniqueName('topic'), uniqueName('topic')];
  await ensureTopics(kafka, [told, untold], 1);
  const ofTopic = (operation: number): AclEntry => ({
    resourceType: AclResourceTypes.TOPIC,
    resourceName: untold,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  });
  const file = join(folder, 'relay.json');
  const written = {
    kafka: { brokers: [server.address], topics: [told, untold] },
    redis: { url: 'redis://127.0.0.1:1' },
    sealing: 'off',
    pixels: [{ pixelId: '101', accessToken: 'token' }],
  };
  await writeFile(file, JSON.stringify(written));
  const { kafka: options } = await loadConfiguration(file, {});
  const found = async (parks = true) => {
    const check = checkKafka({ ...options, groupId: uniqueName('group') }, null, parks);
    const findings = await runCheck(check, 240_000);
    expect(findings).toContainEqual(expect.objectContaining({ message: `topic ${untold} exists` }));
    return findings.filter(({ level }) => level !== 'ok').map(({ fix }) => fix);
  };
  // With an access list of its own, what it does not list is refused.
  await admin.createAcls({ acl: [ofTopic(AclOperationTypes.DESCRIBE)] });
  const fix = `give the user of kafka.sasl the ACL: kafka-acls --add --allow-principal User:NAME --operation DescribeConfigs --topic ${untold}`;
  await eventually(async () => expect(await found()).toEqual([fix]), OFTEN);
  expect(await found(false)).toEqual([]);
  await admin.createAcls({ acl: [ofTopic(AclOperationTypes.DESCRIBE_CONFIGS)] });
  await eventually(async () => expect(await found()).toEqual([]), OFTEN);
});

async function queued(fleet: Fleet): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, each) => sum + each.queued, 0);
}

async function readiness({ url }: RelayProcess) {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, body: await answer.text() };
}

test('an ingest that may not see its group says so, is not ready, reads on, and is ready once it may', async () => {
  const fleet = await Fleet.prepare({
    withSandbox: false,
    brokers: [server.address],
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    partitions: 1,
    // A member that a busy machine keeps from its heartbeats would not find its group again.
    sections: { ingest: { port: 0, sessionTimeoutMs: 300_000 } },
  });
  try {
    const ingest = await fleet.start('ingest');
    await eventually(async () => expect((await readiness(ingest)).status).toBe(200), OFTEN);
    // Where a partition starts is asked of the group: once it is known, reading does not depend on it.
    await fleet.send(createTraffic('allowed', MESSAGES).messages);
    await eventually(async () => expect(await queued(fleet)).toBe(MESSAGES), OFTEN);
    await forbid(fleet.topic);
    await eventually(async () => {
      const page = await scrape([ingest.url]);
      const refused = { operation: 'group', fault: 'no_coordinator' };
      expect(page.sum('capi_kafka_failures_total', refused)).toBeGreaterThan(0);
      const { status, body } = await readiness(ingest);
      expect(status).toBe(503);
      expect(body).toContain('group: ');
    }, OFTEN);
    expect(ingest.log()).toContain('"operation":"group","fault":"no_coordinator"');
    await fleet.send(createTraffic('forbidden', MESSAGES).messages);
    await eventually(async () => expect(await queued(fleet)).toBe(2 * MESSAGES), OFTEN);
    await allow(fleet.topic);
    await eventually(async () => expect((await readiness(ingest)).status).toBe(200), OFTEN);
  } finally {
    await allow(fleet.topic);
    await fleet.stop();
  }
});
