/** The drivers as processes: the real Node program, the real workerd binary. No Spark network is needed. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { DEAD_NETWORK } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { serve, startDriver } from './support/servers.js';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const TOKEN = 'token-of-the-test';
// npm installs the one package whose platform is this machine's; the name of the platform is in the package's.
const [PLATFORM] = readdirSync(join(HERE, 'node_modules/@cloudflare')).filter((name) => name.startsWith('workerd-'));
const WORKERD = join(HERE, `node_modules/@cloudflare/${PLATFORM}/bin/workerd`);
const directory = mkdtempSync(join(tmpdir(), 'sparkgate-'));
const compiled = (/** @type {string} */ host) => join(directory, `${host}.bin`);
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** @param {string} runtime @param {Record<string, string>} [changes] */
const environment = (runtime, changes = {}) => ({
  SPARKGATE_RUNTIME: runtime,
  SPARKGATE_TOKEN: TOKEN,
  SPARKGATE_MNEMONIC: MNEMONIC,
  SPARKGATE_NETWORK: JSON.stringify(DEAD_NETWORK),
  SPARKGATE_LIFELINE: '1',
  ...changes,
});
/** @param {any} t @param {Record<string, string>} [changes] */
const startNode = (t, changes) =>
  startDriver(t, {
    command: process.execPath,
    args: [join(HERE, 'node/server.js')],
    env: environment('node', changes),
    announceOn: 1,
  });
/** @param {any} t @param {Record<string, string>} [changes] */
const startWorkerd = (t, changes) =>
  startDriver(t, {
    command: WORKERD,
    args: ['serve', '-b', compiled('workerd'), '--control-fd=3'],
    env: environment('workerd', changes),
    announceOn: 3,
  });
/** @param {any} t @param {Record<string, string>} [changes] @param {string} [storage] */
const startObject = (t, changes, storage = mkdtempSync(join(directory, 'object-'))) =>
  startDriver(t, {
    command: WORKERD,
    args: ['serve', '-b', compiled('durable_object'), '--control-fd=3', `--directory-path=state=${storage}`],
    env: environment('durable_object', changes),
    announceOn: 3,
  });

before(() => {
  for (const host of ['workerd', 'durable_object']) {
    const config = join(HERE, host, 'config.capnp');
    const args = ['compile', config, '--config-only'];
    writeFileSync(compiled(host), execFileSync(WORKERD, args, { maxBuffer: 2 ** 26 }));
  }
});

test('the script embeds every module of wallet and l402, and lets nothing out but loopback', () => {
  const script = readFileSync(join(HERE, 'workerd/script.capnp'), 'utf8');
  for (const folder of ['wallet', 'l402']) {
    for (const name of readdirSync(join(HERE, folder)).filter((file) => /\.js(on)?$/.test(file))) {
      assert.ok(script.includes(`"${folder}/${name}"`), `${folder}/${name} is missing in script.capnp`);
    }
  }
  assert.match(script, /network = \(allow = \["127\.0\.0\.1\/32"\]\)/);
  for (const host of ['workerd', 'durable_object']) {
    const config = readFileSync(join(HERE, host, 'config.capnp'), 'utf8');
    assert.match(config, /services = \[[^\]]*Script\.loopback/, host);
    assert.match(config, /globalOutbound = "loopback"/, host);
    assert.doesNotMatch(config, /embed|network/, `${host}: what goes in and what goes out is the script's`);
  }
});

for (const [runtime, start] of /** @type {[string, any][]} */ ([
  ['node', startNode],
  ['workerd', startWorkerd],
  ['durable_object', startObject],
])) {
  test(`${runtime}: serves the contract, and says what it cannot reach`, async (t) => {
    const { ask, child, exited, output } = await start(t);
    assert.deepEqual((await ask('/healthz', null, '')).body, {
      ok: true,
      runtime,
      sdk: '@breeztech/breez-sdk-spark 0.19.2',
    });
    assert.equal((await ask('/status', null, 'wrong')).status, 401);
    const status = await ask('/status');
    assert.deepEqual([status.body.balanceSats, status.body.walletState], [0, 'unsynced']);
    assert.ok(status.body.wasmMemoryBytes > 1_000_000);
    assert.deepEqual(
      status.body.phases.map((/** @type {any} */ { name }) => name),
      ['unseal', 'load', 'build'],
    );
    assert.equal((await ask('/experiments/sync', { input: {} })).body.code, 'connect_failed');
    assert.equal((await ask('/experiments/made-up', { input: {} })).body.outcome, 'unsupported');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, { code: 0, signal: null });
    for (const hidden of [TOKEN, MNEMONIC]) assert.equal((output.stdout + output.stderr).includes(hidden), false);
  });

  test(`${runtime}: without a token it answers nothing but its health`, async (t) => {
    const { ask } = await start(t, { SPARKGATE_TOKEN: '' });
    assert.equal((await ask('/healthz')).status, 200);
    for (const token of ['', 'undefined', 'null']) {
      const { status, body } = await ask('/status', null, token);
      assert.deepEqual([status, body.error.code], [500, 'config_error']);
    }
  });

  test(`${runtime}: without or with a wrong mnemonic the error is typed`, async (t) => {
    assert.equal(
      (await (await start(t, { SPARKGATE_MNEMONIC: '' })).ask('/status')).body.error.code,
      'mnemonic_missing',
    );
    assert.equal(
      (await (await start(t, { SPARKGATE_MNEMONIC: 'x' })).ask('/status')).body.error.code,
      'mnemonic_invalid',
    );
  });
}

test('how long each remembers is told in its status', async (t) => {
  const stateDir = join(directory, 'node-state');
  const inMemory = await startNode(t);
  const onDisk = await startNode(t, { SPARKGATE_STATE_DIR: stateDir });
  const worker = await startWorkerd(t);
  const object = await startObject(t);
  const told = [inMemory, onDisk, worker, object].map(async ({ ask }) => (await ask('/status')).body.durability);
  assert.deepEqual(await Promise.all(told), ['isolate', 'disk', 'isolate', 'object']);
});

test('node: a state directory that cannot be used is a typed error, and one line', async (t) => {
  const { ask } = await startNode(t, { SPARKGATE_STATE_DIR: join(HERE, 'package.json') });
  assert.equal((await ask('/healthz', null, '')).status, 200);
  const { status, body } = await ask('/status');
  assert.deepEqual([status, body.error.code], [500, 'config_error']);
  assert.match(body.error.message, /^SPARKGATE_STATE_DIR: wallet\.sqlite cannot be used \(EEXIST on mkdir\)/);
});

test('durable object: evicted only for those who may ask; the next instance serves the same wallet', async (t) => {
  const { ask } = await startObject(t);
  const { identityPublicKey } = (await ask('/status')).body;
  assert.equal((await ask('/experiments/evict', { input: {} }, 'wrong')).status, 401);
  assert.deepEqual((await ask('/status')).body.phases, [], 'the same instance');
  assert.equal((await ask('/experiments/evict', { input: {} })).body.outcome, 'evicted');
  const { body } = await ask('/status');
  assert.deepEqual(
    [body.identityPublicKey, body.phases.map((/** @type {any} */ { name }) => name)],
    [identityPublicKey, ['unseal', 'load', 'build']],
  );
});

test('durable object: another wallet finds a state that is not its own', async (t) => {
  const storage = mkdtempSync(join(directory, 'object-'));
  const first = await startObject(t, {}, storage);
  assert.equal((await first.ask('/status')).status, 200);
  first.child.kill('SIGKILL');
  await first.exited;
  const other = { SPARKGATE_MNEMONIC: `${'abandon '.repeat(11)}about` };
  const { ask } = await startObject(t, other, storage);
  assert.equal((await ask('/status')).body.error.code, 'config_error');
});

test('node: stdout is the ready line and nothing else; the process ends with its parent', async (t) => {
  const { ask, child, exited, output } = await startNode(t);
  await ask('/status');
  child.stdin.end();
  assert.deepEqual(await exited, { code: 0, signal: null });
  assert.match(output.stdout, /^\{"event":"listen","port":\d+\}\n$/);
});

test('workerd: an orchestrating Worker builds no SDK, judges offers itself and never calls a lost answer failed', async (t) => {
  const invoice = writeInvoice({ paymentHash: secret('coffee').paymentHash });
  const challenge = { status: 402, headers: { 'www-authenticate': `L402 macaroon="AgEL", invoice="${invoice}"` } };
  const seller = await serve(t, async () => new Response('', challenge));
  const { ask } = await startWorkerd(t, {
    SPARKGATE_EXECUTOR_URL: 'http://127.0.0.1:9',
    SPARKGATE_EXECUTOR_TOKEN: 'x',
    SPARKGATE_NETWORK: '',
  });
  assert.equal((await ask('/healthz')).body.sdk, null);
  assert.equal((await ask('/experiments/sync', { input: {} })).body.outcome, 'unsupported');
  assert.equal((await ask('/status')).body.error.code, 'connect_failed');
  /** @param {object} policy */
  const fetch = async (policy) => {
    const input = {
      url: `${seller}/item`,
      policy: { maxAmountMsats: 10_000, hostAllowlist: ['127.0.0.1'], ...policy },
    };
    const { outcome, code } = (await ask('/experiments/l402_fetch', { input })).body;
    return `${outcome}/${code}`;
  };
  assert.equal(await fetch({ hostAllowlist: [] }), 'blocked/host_not_allowed');
  assert.equal(await fetch({ maxAmountMsats: 9_999 }), 'blocked/quoted_amount_exceeds_cap');
  assert.equal(await fetch({}), 'unknown/payment_pending');
});
