/**
 * Every error text of the SDK that a driver can meet has a reason in errors.json. The texts are those of the SDK's own
 * error types; that they are the texts of the package that is installed is checked against its wasm.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { PhaseClock } from '../wallet/phases.js';
import { loadSdk } from '../node/sdk.js';
import { UNMAPPED, errorText } from '../wallet/errors.js';
import { WalletSession } from '../wallet/session.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { DEAD_NETWORK, errorTable, readJson, wallet } from './support/drivers.js';

const vectors = readJson('tests/vectors/sdk_errors.json');
/** @type {[string, string, string | null][]} what wraps it, the text, its reason */
const texts = vectors.texts;
const PACKAGE = '../node_modules/@breeztech/breez-sdk-spark/';
// Its Node entry tells the console which databases are not installed; here nobody wants to know.
console.log = console.warn = () => {};

const { sdk: table } = readJson('wallet/errors.json');

/** @param {string} text */
const filled = (text) => text.replaceAll('{}', '17');

test('the texts are of the version that is installed', () => {
  assert.equal(readJson('node_modules/@breeztech/breez-sdk-spark/package.json').version, vectors.sdk);
  const wasm = readFileSync(new URL(`${PACKAGE}web/breez_sdk_spark_wasm_bg.wasm`, import.meta.url));
  const pieces = texts.flatMap(([, text]) => text.split('{}')).filter((piece) => piece.length > 3);
  assert.ok(pieces.length > 100);
  const missing = pieces.filter((piece) => !wasm.includes(Buffer.from(piece)));
  assert.deepEqual(missing, []);
});

test('each is mapped; a wrapper alone is not, so that what it wraps is looked at', () => {
  for (const [before, text, reason] of texts) {
    assert.equal(errorTable.sdkFailure(before + filled(text)).reason, reason ?? UNMAPPED, before + text);
  }
  const wrappers = texts.filter(([, , reason]) => reason === null);
  for (const [, text] of wrappers)
    assert.match(text, /^(SparkSdkError|Tree service error|(Service|[Gg]eneric) error|Error): \{\}$/);
});

test('no entry of the table is in vain', () => {
  const rest = new Map(table.map((/** @type {any} */ { reason, match }) => [match, reason]));
  const seen = [...texts.map(([before, text]) => before + filled(text)), ...PROVOKED.map(([text]) => text)];
  for (const text of seen) {
    const entry = table.find((/** @type {any} */ { match }) => new RegExp(match, 'i').test(text));
    if (entry) rest.delete(entry.match);
  }
  assert.deepEqual([...rest.values()], []);
});

const CONNECTION = 'SparkSdkError: Service error: service connection error: Connection error: status: ';
const PROVIDER = 'SparkSdkError: Service error: service provider error: network error: ';
const FETCH_FAILED = 'JsValue(TypeError: fetch failed TypeError: fetch failed)';

/** Texts that fault schedules and wrong settings have brought out of the real package. @type {[string, string][]} */
const PROVOKED = [
  [`${CONNECTION}Unknown, message: "js api error: TypeError: fetch failed"`, 'network_unreachable'],
  [`${CONNECTION}Unknown, message: "js api error: TypeError: terminated"`, 'network_unreachable'],
  [`${CONNECTION}Unavailable, message: "fault: error before commit"`, 'network_unreachable'],
  [`${CONNECTION}Internal, message: "fault: error before commit"`, 'operator_refused'],
  [`${CONNECTION}Unauthenticated, message: "the session has expired; log in again"`, 'session_refused'],
  [`${PROVIDER}Request error: error sending request : ${FETCH_FAILED} (code: None)`, 'network_unreachable'],
  [
    `${PROVIDER}Decode error: error decoding response body : JsValue(TypeError: terminated) (code: None)`,
    'provider_error',
  ],
  [`${PROVIDER}{"errors": [{"message": "fault: the provider is unavailable"}]} (code: Some(503))`, 'provider_error'],
  // The wallet held enough: a swap was cut off, and its leaves could not be used for the moment.
  ['SparkSdkError: Tree service error: insufficient funds', 'leaves_busy'],
  // A line of its log, from which a failed sync is known.
  [
    'sync_wallet_internal: Spark wallet sync failed in 282ms: TreeServiceError(RpcError(Connection(Status { code: Unknown, ' +
      'message: "js api error: TypeError: fetch failed" })))',
    'network_unreachable',
  ],
  ['Error: the mnemonic has an invalid checksum', 'mnemonic'],
  ['null pointer passed to rust', 'sdk_crashed'],
];

for (const [text, reason] of PROVOKED) {
  test(`provoked: ${text}`, () => assert.equal(errorTable.sdkFailure(text).reason, reason));
}

test('errors of the real package are mapped: nothing to pay, a dead network, a payment that it does not know', async () => {
  const session = new WalletSession({
    loadSdk,
    network: /** @type {any} */ (DEAD_NETWORK),
    errorTable,
    fetchMnemonic: async () => 'legal winner thank year wave sausage worth useful legal winner thank yellow',
    shelf: new MemoryShelf(),
  });
  const sdk = await session.ready(new PhaseClock());
  const { invoice } = readJson('tests/vectors/bolt11.json').invoices[0];
  const prepare = (/** @type {string} */ input) => sdk.prepareSendPayment({ paymentRequest: { type: 'input', input } });
  /** @type {[string, Promise<any>][]} */
  const calls = [
    ['input_refused', prepare('')],
    ['network_unreachable', prepare(invoice)],
    ['storage', sdk.getPayment({ paymentId: 'no such payment' })],
  ];
  for (const [reason, call] of calls) {
    const text = await call.then(() => assert.fail(`no ${reason}`), errorText);
    assert.equal(errorTable.sdkFailure(text).reason, reason, text);
  }
  await session.end();
});

test('the reason goes into the answer; a code of its own takes the place of the one of the step', async () => {
  const failing = (/** @type {string} */ text) => wallet({ send: async () => Promise.reject(new Error(text)) });
  const pay = (/** @type {any} */ made) => made.service.payBolt11(made.request, new PhaseClock());
  await assert.rejects(
    pay(failing('SparkSdkError: Service error: validation error: Fee exceeds maximum allowed fee 3 > 2')),
    {
      code: 'send_failed',
      message: /: fee_raised: SparkSdkError/,
      details: { reason: 'fee_raised' },
    },
  );
  await assert.rejects(pay(failing('SparkSdkError: Tree service error: insufficient funds')), {
    code: 'send_failed',
    details: { reason: 'leaves_busy' },
  });
  await assert.rejects(pay(failing('Insufficient funds')), { code: 'insufficient_funds' });
  await assert.rejects(pay(failing('Error: something new')), { code: 'send_failed', details: { reason: UNMAPPED } });
});
