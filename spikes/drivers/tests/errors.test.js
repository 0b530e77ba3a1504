import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { ContractError, asContractError, errorText } from '../wallet/errors.js';
import { redact } from '../wallet/redaction.js';
import { isAuthorized } from '../wallet/auth.js';
import { errorTable, readJson } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';

const FOLDERS = ['wallet', 'l402', 'node', 'workerd', 'durable_object', 'convex', 'convex/shelf', 'native'];
const sources = FOLDERS.flatMap((folder) => {
  const directory = new URL(`../${folder}/`, import.meta.url);
  const names = readdirSync(directory).filter((name) => /\.(js|py)$/.test(name));
  return names.map((name) => ({ name: `${folder}/${name}`, text: readFileSync(new URL(name, directory), 'utf8') }));
});
const { codes, sdk, tellAfterPayment } = readJson('wallet/errors.json');
const THROWN =
  /(?:new ContractError|WalletError|sdkError|sdk_error|failing|definite)\(\s*(?:[\w.]+,\s*)*['"]([a-z0-9_]+)['"]/g;

test('every code that is thrown is in the table', () => {
  const thrown = sources.flatMap(({ text }) => [...text.matchAll(THROWN)].map((match) => match[1]));
  assert.ok(thrown.length > 60, 'the search finds too little: has something been renamed?');
  assert.deepEqual(
    [...new Set(thrown)].filter((code) => !(code in codes)),
    [],
  );
});

test('every code of the table is used, by a driver or for an error of the SDK', () => {
  const quoted = new Set(sources.flatMap(({ text }) => [...text.matchAll(/['"]([a-z0-9_]+)['"]/g)].map((m) => m[1])));
  const given = new Set(sdk.map((/** @type {any} */ { code }) => code));
  assert.deepEqual(
    Object.keys(codes).filter((code) => !quoted.has(code) && !given.has(code)),
    [],
  );
});

const CLASSES = {
  policy_denied: [403],
  bad_request: [400, 404, 409, 501, 502],
  configuration: [401, 500, 502],
  backend_unavailable: [502],
  insufficient_funds: [502],
  payment_failed: [502],
  payment_unknown: [409, 500, 502, 504],
  seller_fault: [502],
};

test('every code of the table has its facts, and its class fits them', () => {
  for (const [code, entry] of Object.entries(codes)) {
    const { http, definite, outcome, class: kind, meaning, tell, ...rest } = entry;
    assert.ok(CLASSES[/** @type {keyof CLASSES} */ (kind)]?.includes(http), `${code}: ${kind}, ${http}`);
    assert.equal(typeof definite, 'boolean', code);
    assert.ok(['failed', 'blocked', 'unsupported', 'unknown', 'paid'].includes(outcome), code);
    assert.deepEqual([meaning.endsWith('.'), tell.endsWith('.'), Object.keys(rest)], [true, true, []], code);
  }
  assert.deepEqual([...new Set(Object.values(codes).map((entry) => entry.class))].sort(), Object.keys(CLASSES).sort());
});

test('indefinite is always unknown and payment_unknown, and only that is; blocked is the policy', () => {
  for (const [code, { definite, outcome, class: kind, http }] of Object.entries(codes)) {
    assert.equal(outcome === 'unknown', !definite, code);
    assert.equal(kind === 'payment_unknown', !definite, code);
    assert.equal(outcome === 'blocked', kind === 'policy_denied', code);
    assert.equal(outcome === 'blocked', http === 403, code);
  }
});

test('nobody is told that no money was spent where it may have been', () => {
  for (const [code, { definite, outcome, tell }] of Object.entries(codes)) {
    if (!definite || outcome === 'paid') assert.doesNotMatch(tell, /No money/, code);
    else assert.match(tell, /No money was spent|money is back/, code);
    assert.equal(errorTable.tell(code, false), tell);
    assert.equal(errorTable.tell(code, true), outcome === 'paid' ? tell : tellAfterPayment);
    assert.doesNotMatch(
      `${tell}${tellAfterPayment}`,
      /[a-z]_[a-z]|HTTP|SDK|macaroon|preimage/,
      `${code}: words of ours`,
    );
  }
  assert.match(tellAfterPayment, /^You paid/);
});

/** The executor's contract, as its adopters know it: code by HTTP status. @type {Record<number, string>} */
const CONTRACT = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'host_not_allowed request_cap_exceeded quoted_amount_exceeds_cap window_cap_exceeded',
  404: 'not_found',
  409: 'idempotency_conflict idempotency_in_flight',
  500: 'config_error secret_error internal_error',
  502: `api_key_missing mnemonic_missing mnemonic_invalid connect_failed prepare_failed send_failed payment_failed
    payment_missing_preimage unsupported_payment_method`,
  504: 'payment_pending',
};

test('the codes of the contract keep their names and their status', () => {
  for (const [http, names] of Object.entries(CONTRACT)) {
    for (const code of names.split(/\s+/)) assert.equal(errorTable.httpStatus(code), Number(http), code);
  }
});

test('a code outside the table is a defect, not an answer', () => {
  for (const code of ['made_up', 'toString', '__proto__']) {
    assert.equal(errorTable.has(code), false);
    assert.throws(() => errorTable.httpStatus(code), /not in errors.json/);
  }
});

test('what nobody expected is an indefinite internal error', () => {
  const error = asContractError(new TypeError('x is not a function'));
  assert.equal(error.code, 'internal_error');
  assert.equal(errorTable.isDefinite(error.code), false);
  const known = new ContractError('not_found', 'x');
  assert.equal(asContractError(known), known);
});

test('messages lose their secrets and keep their sense', () => {
  const { preimageHex, paymentHash } = secret('coffee');
  const invoice = writeInvoice({ paymentHash });
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
  for (const hidden of [
    invoice,
    invoice.toUpperCase(),
    preimageHex,
    words,
    'Bearer abcdefgh12345',
    `L402 AgEL:${preimageHex}`,
  ]) {
    const text = redact(`<1> ${hidden} <2>`);
    assert.equal(text.includes(hidden), false, text);
    assert.match(text, /^<1> .* <2>$/);
  }
  const plain = 'the wallet holds less than amount plus fee; fund it, then try again with the same request id';
  assert.equal(redact(plain), plain);
  assert.ok(redact('x y '.repeat(1000)).length < 420);
});

test('an SDK error becomes one line without the headers of the gRPC answer', () => {
  const raw =
    'A: status: Unavailable, message: "m", details: [], metadata: MetadataMap { headers: {"date": "now"} } (B\nC)';
  assert.equal(errorText(new Error(raw)), 'A: status: Unavailable, message: "m" (B C)');
  assert.equal(errorText('text'), 'text');
  assert.equal(errorText(undefined), 'undefined');
  assert.equal(errorText({ type: 'notFound' }), '{"type":"notFound"}');
});

test('only the right bearer token is let in', async () => {
  const token = 'a-token';
  for (const header of ['Bearer a-token', 'bearer  a-token '])
    assert.equal(await isAuthorized(header, token), true, header);
  const wrong = [
    null,
    '',
    'a-token',
    'Bearer',
    'Bearer ',
    'Basic a-token',
    'Bearer a-toke',
    'Bearer a-token2',
    'Bearer a token',
  ];
  for (const header of wrong) assert.equal(await isAuthorized(header, token), false, String(header));
  for (const header of [null, '', 'Bearer ', 'Bearer x'])
    assert.equal(await isAuthorized(header, ''), false, 'no token');
});

test('files are small and never import outside themselves and the SDK', () => {
  for (const { name, text } of sources.filter((source) => /^(wallet|l402|node|workerd)\/.*js$/.test(source.name))) {
    assert.ok(text.split('\n').length <= 201, `${name} has more than 200 lines`);
    for (const [, target] of text.matchAll(/^import .*from '([^']+)'/gm)) {
      const allowed = target.startsWith('.') || (name.startsWith('node/') && target.startsWith('node:'));
      assert.ok(allowed, `${name} imports ${target}: workerd could not embed it`);
    }
  }
});
