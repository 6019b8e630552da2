import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { expressionFaults } from '#test/observability/expression-faults.ts';
import { knownMetrics } from '#test/observability/known-metrics.ts';
import { ALERT_RULES, GROUPS } from '#test/observability/rule-files.ts';
import { CHART, PROCESSES, VALUE_SETS } from '../chart-files.ts';
import { createValidator, helm, type KubernetesObject, RELEASE_FLAGS, render } from './helm.ts';

/** The oldest release that the chart supports, and the newest whose schemas there are. */
const RELEASES = ['1.27', '1.37'];

/** Kinds of operators: what is checked of them is said below. */
const OF_OPERATORS = ['PodMonitor', 'PrometheusRule', 'ScaledObject'];

const rendered = new Map<string, KubernetesObject[]>();
beforeAll(async () => {
  for (const name of VALUE_SETS.keys()) rendered.set(name, await render(name));
});

const objectsOf = (set: string, kind: string): KubernetesObject[] =>
  (rendered.get(set) ?? []).filter((each) => each.kind === kind);

function objectOf(set: string, kind: string, name: string): KubernetesObject {
  const found = objectsOf(set, kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`${set} renders no ${kind} ${name}`);
  return found;
}

const containerSchema = z.looseObject({
  args: z.array(z.string()),
  image: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  ports: z.tuple([z.object({ name: z.literal('admin'), containerPort: z.number() })]),
  livenessProbe: z.record(z.string(), z.unknown()),
  readinessProbe: z.record(z.string(), z.unknown()),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().optional(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
      }),
      spec: z.looseObject({
        terminationGracePeriodSeconds: z.number(),
        automountServiceAccountToken: z.boolean(),
        securityContext: z.unknown(),
        containers: z.tuple([containerSchema]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

function deployment(set: string, process: string) {
  const { spec } = deploymentSchema.parse(
    objectOf(set, 'Deployment', `relay-capi-relay-${process}`),
  );
  const { metadata, spec: pod } = spec.template;
  return { ...spec, metadata, pod, container: pod.containers[0] };
}

describe.each([...VALUE_SETS.keys()])('with the values %s', (set) => {
  test('helm finds nothing to complain about', async () => {
    const values = join(CHART, `ci/${set}-values.yaml`);
    expect(await helm(['lint', '--strict', ...RELEASE_FLAGS, '--values', values, CHART])).toContain(
      '0 chart(s) failed',
    );
  });

  test.each(RELEASES)('every object is one of Kubernetes %s', (release) => {
    const faultsOf = createValidator(release);
    const all = rendered.get(set) ?? [];
    expect(all.length).toBeGreaterThan(5);
    for (const object of all) {
      const expected = OF_OPERATORS.includes(object.kind) ? null : [];
      expect([object.kind, faultsOf(object)]).toEqual([object.kind, expected]);
    }
  });

  test('no two objects have one name, and everything selects pods that exist', () => {
    const all = rendered.get(set) ?? [];
    const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    const pods = objectsOf(set, 'Deployment').map((each) => {
      const { spec } = deploymentSchema.parse(each);
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      return JSON.stringify(spec.selector.matchLabels);
    });
    const kinds = ['Service', 'PodDisruptionBudget', 'NetworkPolicy', 'PodMonitor'];
    for (const { kind, ...rest } of all.filter((each) => kinds.includes(each.kind))) {
      const spec = z.record(z.string(), z.unknown()).parse(rest['spec']);
      const selector = z
        .record(z.string(), z.unknown())
        .parse(spec['selector'] ?? spec['podSelector']);
      expect([kind, pods.includes(JSON.stringify(selector['matchLabels'] ?? selector))]).toEqual([
        kind,
        true,
      ]);
    }
  });

  test('a pod is killed later than it stops, writes nowhere but to its volumes, and is not root', () => {
    for (const each of objectsOf(set, 'Deployment')) {
      const { spec: pod } = deploymentSchema.parse(each).spec.template;
      const [container] = pod.containers;
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(
        pod.volumes.map(({ name }) => name).sort(),
      );
    }
  });
});

describe('the program', () => {
  test('gets the configuration of the values, numbers and all', () => {
    const { data } = z
      .looseObject({ data: z.record(z.string(), z.string()) })
      .parse(objectOf('everything', 'ConfigMap', 'relay-capi-relay'));
    const given = z
      .record(z.string(), z.unknown())
      .parse(VALUE_SETS.get('everything')?.['configuration']);
    const control = z.record(z.string(), z.unknown()).parse(given['control']);
    expect(parse(data['capi-relay.yaml'] ?? '')).toEqual({
      ...given,
      control: { ...control, backupFolder: '/var/lib/capi-relay/backups' },
    });
    const own = objectOf('no-network-policy', 'ConfigMap', 'relay-capi-relay');
    expect(JSON.stringify(own)).toContain('backupFolder: /tmp/backups');
  });

  test('is probed on the ports of its configuration', () => {
    const ports = { ingest: 8101, worker: 8102, control: 8103 };
    for (const process of PROCESSES) {
      const { container } = deployment('everything', process);
      expect(container.ports[0].containerPort).toBe(ports[process]);
      expect(container.args).toEqual([process]);
      const reached = { path: '/livez', port: 'admin' };
      expect(container.livenessProbe['httpGet']).toEqual(reached);
      expect(container.readinessProbe['httpGet']).toEqual({ ...reached, path: '/readyz' });
    }
  });

  test('is probed from within where control listens on its own machine alone', () => {
    const { container } = deployment('smallest', 'control');
    expect(container.livenessProbe).not.toHaveProperty('httpGet');
    expect(JSON.stringify(container.livenessProbe['exec'])).toContain('127.0.0.1:9103/livez');
    expect(objectsOf('smallest', 'Service').map(({ metadata }) => metadata.name)).toEqual([
      'relay-capi-relay-ingest',
      'relay-capi-relay-worker',
    ]);
  });

  test('has more time to stop than its configuration says', () => {
    const grace = (set: string, process: string): number =>
      deployment(set, process).pod.terminationGracePeriodSeconds;
    expect(PROCESSES.map((process) => grace('smallest', process))).toEqual([45, 45, 45]);
    // 45 s and 15.5 s of scraping, 60 s and 15 s, 30 s; each with a margin of 15 s.
    expect(PROCESSES.map((process) => grace('everything', process))).toEqual([76, 90, 45]);
  });

  test('is restarted by changes that it does not apply by itself, and by no other', async () => {
    const checksum = async (change: string): Promise<string | undefined> => {
      const all = await render('smallest', [change]);
      const found = all.find(({ kind }) => kind === 'Deployment');
      return deploymentSchema.parse(found).spec.template.metadata.annotations[
        'checksum/read-at-start'
      ];
    };
    const before = deployment('smallest', 'ingest').metadata.annotations['checksum/read-at-start'];
    expect(await checksum('configuration.pixels[0].pixelId=77')).toBe(before);
    expect(await checksum('configuration.log.level=debug')).toBe(before);
    expect(await checksum('configuration.worker.batch.maxEvents=10')).not.toBe(before);
  });
});

test('autoscaling leaves the number of replicas to the autoscaler', () => {
  for (const process of ['ingest', 'worker']) {
    expect(deployment('cpu-scaling', process).replicas).toBeUndefined();
    expect(deployment('everything', process).replicas).toBeUndefined();
  }
  expect(deployment('cpu-scaling', 'control').replicas).toBe(2);
  expect(objectsOf('cpu-scaling', 'HorizontalPodAutoscaler')).toHaveLength(2);
  expect(objectsOf('everything', 'HorizontalPodAutoscaler')).toEqual([]);
});

const scaledSchema = z.looseObject({
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ name: z.string() }),
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    pollingInterval: z.number(),
    advanced: z.strictObject({
      horizontalPodAutoscalerConfig: z.strictObject({ behavior: z.looseObject({}) }),
    }),
    triggers: z.array(
      z.strictObject({
        type: z.string(),
        metricType: z.string().optional(),
        metadata: z.record(z.string(), z.string()),
        authenticationRef: z.strictObject({ name: z.string() }),
      }),
    ),
  }),
});

test('KEDA scales ingest by the lag of each topic', () => {
  const { spec } = scaledSchema.parse(
    objectOf('everything', 'ScaledObject', 'relay-capi-relay-ingest'),
  );
  expect(spec.scaleTargetRef.name).toBe('relay-capi-relay-ingest');
  expect(spec.triggers.map(({ metadata }) => metadata['topic'])).toEqual([
    'web-events',
    'app-events',
  ]);
  expect(spec.triggers[0]).toEqual({
    type: 'kafka',
    metadata: {
      bootstrapServers: 'kafka-1:9093,kafka-2:9093',
      consumerGroup: 'relay-eu',
      topic: 'web-events',
      lagThreshold: '20000',
      sasl: 'scram_sha512',
      tls: 'enable',
    },
    authenticationRef: { name: 'kafka' },
  });
});

test('KEDA scales workers by an expression of metrics that exist', async () => {
  const { spec } = scaledSchema.parse(
    objectOf('everything', 'ScaledObject', 'relay-capi-relay-worker'),
  );
  const [trigger] = spec.triggers;
  expect(trigger).toMatchObject({ type: 'prometheus', metricType: 'Value' });
  const query = trigger?.metadata['query'] ?? '';
  expect(query.match(/namespace="events"/g)).toHaveLength(5);
  const plain = query.replaceAll('namespace="events",', '');
  expect(expressionFaults(plain, await knownMetrics())).toEqual([]);
});

test('the operator of Prometheus gets every rule, with links, and jobs under their names', () => {
  const ruleSchema = z.looseObject({ spec: z.strictObject({ groups: z.array(z.unknown()) }) });
  const { spec } = ruleSchema.parse(objectOf('everything', 'PrometheusRule', 'relay-capi-relay'));
  const linked = JSON.stringify(GROUPS)
    .replaceAll('{{ $externalLabels.runbooks }}', 'https://example.com/capi-relay/runbooks.md')
    .replaceAll('{{ $externalLabels.grafana }}', 'https://grafana.example.com');
  expect(spec.groups).toEqual(JSON.parse(linked));
  expect(linked.match(/runbooks\.md#/g)).toHaveLength(ALERT_RULES.length);
  expect(linked).not.toContain('externalLabels');
  const monitors = JSON.stringify(objectsOf('everything', 'PodMonitor'));
  for (const process of PROCESSES) {
    expect(monitors).toContain(`{"targetLabel":"job","replacement":"capi-${process}"}`);
  }
  expect(JSON.stringify(objectsOf('pipeline-only', 'PodMonitor'))).not.toContain('capi-control');
});

test('each dashboard is in a ConfigMap that Kubernetes has room for', () => {
  const maps = objectsOf('everything', 'ConfigMap').filter(
    ({ metadata }) => metadata.labels['grafana_dashboard'] === '1',
  );
  expect(maps).toHaveLength(5);
  for (const map of maps) {
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(map);
    const [text = ''] = Object.values(data);
    expect(JSON.parse(text)).toHaveProperty('uid');
    // Source: https://kubernetes.io/docs/concepts/configuration/configmap/
    expect(text.length).toBeLessThan(1_000_000);
  }
});

describe('the network', () => {
  const ports = (process: string, direction: 'ingress' | 'egress', set = 'everything'): unknown => {
    const policy = objectOf(set, 'NetworkPolicy', `relay-capi-relay-${process}`);
    const rule = z.looseObject({ ports: z.array(z.looseObject({ port: z.unknown() })) });
    const spec = z
      .looseObject({ ingress: z.array(rule), egress: z.array(rule) })
      .parse(policy['spec']);
    return spec[direction].flatMap((each) => each.ports.map(({ port }) => port));
  };

  test('gives each process the ways that it needs, and no other', () => {
    expect(ports('ingest', 'egress')).toEqual([53, 53, 9093, 6380, 4318]);
    expect(ports('worker', 'egress')).toEqual([53, 53, 6380, 443, 4318]);
    expect(ports('control', 'egress')).toEqual([53, 53, 9093, 6380, 443, 4318]);
    for (const process of PROCESSES) expect(ports(process, 'ingress')).toEqual(['admin']);
  });

  test('leads to Redis by Sentinels, and to every node of a cluster', () => {
    expect(ports('worker', 'egress', 'pipeline-only')).toEqual([53, 53, 26_379, 6379, 443]);
    expect(ports('worker', 'egress', 'cpu-scaling')).toEqual([53, 53, 7000, 7001, 443]);
  });

  test('lets no one reach a control that listens on its own machine alone', () => {
    const policy = objectOf('smallest', 'NetworkPolicy', 'relay-capi-relay-control');
    expect(policy['spec']).toMatchObject({ ingress: [] });
  });
});

describe('the chart refuses', () => {
  test.each([
    ['smallest', 'configuration.pixels=null', /configuration\.pixels is missing: write it as/],
    ['smallest', 'configuration.ingest.port=0', /ingest\.port is 0, a free port/],
    ['smallest', 'ingest.replica=3', /[Aa]dditional propert/],
    ['smallest', 'configuration.kafka.brokers={kafka}', /kafka has no port/],
    ['no-network-policy', 'networkPolicy.enabled=true', /set networkPolicy\.redisPort/],
    ['everything', 'keda.prometheusAddress=null', /keda\.prometheusAddress is missing/],
    ['everything', 'podMonitor.tokenSecret=null', /podMonitor\.tokenSecret is missing: control/],
    ['everything', 'configuration.control.host=127.0.0.1', /needs control's gauges/],
  ])('%s with %s, and says what to do', async (set, change, message) => {
    await expect(render(set, [change])).rejects.toThrow(message);
  });
});
