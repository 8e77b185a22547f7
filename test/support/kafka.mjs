/**
 * A real Kafka broker for tests: one node, KRaft, data deleted at the end.
 *
 *   node test/support/kafka.mjs -- COMMAND …   runs COMMAND with KAFKA_BROKERS set, then stops the broker and
 *                                              exits with COMMAND's code. KAFKA_IAM_BROKERS is the same broker by TLS and
 *                                              SASL/OAUTHBEARER, like MSK's IAM listener. A token without a
 *                                              signature names the principal (`sub`). Without an ACL it has no
 *                                              permissions. NODE_EXTRA_CA_CERTS makes COMMAND trust the certificate.
 *   node test/support/kafka.mjs                prints KAFKA_BROKERS=host:port once the broker is up, and serves
 *                                              until it is stopped (Ctrl-C, SIGTERM). Reads two commands on standard
 *                                              input: `kill` kills the broker and prints `down`,
 *                                              `start` restarts it with the same port and data and prints `up`.
 *
 * Needs Java 17 and Maven. The jars come from Maven Central once, into $XDG_CACHE_HOME/gatehouse (or ~/.cache/gatehouse).
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const version = '4.1.1';
const startSeconds = 180;

const dependency = (group, artifact, is) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${is}</version></dependency>`;

const pom = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>gatehouse</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', version)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>`;

function fail(text) {
  console.error(text);
  process.exit(1);
}

function run(program, args, remedy) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0)
    fail(`${program} failed. ${remedy}\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`);
  return stdout;
}

/** The folder of jars. It is renamed to its final name only after Maven has finished. */
async function jars() {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gatehouse');
  const folder = join(cache, `kafka-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, 'kafka-draft-'));
  await writeFile(join(draft, 'pom.xml'), pom);
  run(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      join(draft, 'pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(draft, 'lib')}`,
    ],
    'Install Maven and let it reach Maven Central.',
  );
  await rename(join(draft, 'lib'), folder);
  await rm(draft, { recursive: true });
  return folder;
}

/** Free ports. All are bound at the same time, so that they differ. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Password of a key that is created for one run and deleted after it. */
const keystorePassword = 'for-this-run';

/** Creates a key and a self-signed certificate with Java's keytool. */
function makeCertificate(folder) {
  const keystore = join(folder, 'keystore.p12');
  const pem = join(folder, 'certificate.pem');
  const common = [
    '-alias',
    'broker',
    '-keystore',
    keystore,
    '-storetype',
    'PKCS12',
    '-storepass',
    keystorePassword,
  ];
  const remedy = 'keytool is part of Java.';
  const subject = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1', '-validity', '30'];
  run('keytool', ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', ...subject, ...common], remedy);
  run('keytool', ['-exportcert', '-rfc', '-file', pem, ...common], remedy);
  return { keystore, pem };
}

/** A broker that is configured but not started. */
async function prepareBroker(folder) {
  const [port, controllerPort, iamPort] = await freePorts(3);
  const certificate = makeCertificate(folder);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort},IAM://127.0.0.1:${iamPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,IAM:SASL_SSL',
    'listener.name.iam.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.iam.oauthbearer.sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
    'listener.name.iam.ssl.keystore.location': certificate.keystore,
    'listener.name.iam.ssl.keystore.type': 'PKCS12',
    'listener.name.iam.ssl.keystore.password': keystorePassword,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'log.dirs': join(folder, 'data'),
    'num.partitions': 3,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  const file = join(folder, 'server.properties');
  await writeFile(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );

  const java = ['-Xmx512m', '-cp', join(await jars(), '*')];
  const remedy = 'Kafka 4 needs Java 17 or later.';
  const id = run('java', [...java, 'kafka.tools.StorageTool', 'random-uuid'], remedy)
    .trim()
    .split('\n')
    .at(-1);
  run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', file], remedy);

  let broker;
  process.prependOnceListener('exit', () => broker?.kill('SIGKILL'));
  return {
    brokers: `127.0.0.1:${port}`,
    iamBrokers: `127.0.0.1:${iamPort}`,
    certificate: certificate.pem,
    async start() {
      broker = spawn('java', [...java, 'kafka.Kafka', file], { stdio: ['ignore', 'pipe', 'pipe'] });
      await untilUp(broker);
    },
    async kill() {
      const ended = once(broker, 'exit');
      broker.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilUp(broker) {
  const lines = [];
  const isUp = new Promise((resolve) => {
    for (const stream of [broker.stdout, broker.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > 40) lines.shift();
        if (line.includes('Kafka Server started')) resolve('up');
      });
    }
  });
  const outcome = await Promise.race([
    isUp,
    once(broker, 'exit').then(() => 'ended'),
    new Promise((resolve) => setTimeout(() => resolve('late'), startSeconds * 1000).unref()),
  ]);
  if (outcome !== 'up') {
    fail(`The broker is not up (${outcome}). Its last lines:\n${lines.join('\n')}`);
  }
}

/** Returns the command's exit code. Without a command, serves until it is stopped. */
async function serve([program, ...args], { brokers, iamBrokers, certificate, start, kill }) {
  if (program === undefined) {
    console.log(`KAFKA_BROKERS=${brokers}`);
    for await (const word of createInterface({ input: process.stdin })) {
      if (word === 'kill') await kill().then(() => console.log('down'));
      if (word === 'start') await start().then(() => console.log('up'));
    }
    return new Promise(() => {});
  }
  const env = { KAFKA_BROKERS: brokers, KAFKA_IAM_BROKERS: iamBrokers, NODE_EXTRA_CA_CERTS: certificate };
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  process.once('exit', () => child.kill());
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

const separator = process.argv.indexOf('--');
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-kafka-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
const broker = await prepareBroker(folder);
await broker.start();
process.exit(await serve(separator < 0 ? [] : process.argv.slice(separator + 1), broker));
