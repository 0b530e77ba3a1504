import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { ContractError, asContractError, errorText } from '../wallet/errors.js';
import { redact } from '../wallet/redaction.js';
import { isAuthorized } from '../wallet/auth.js';
import { errorTable, readJson } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';

const FOLDERS = ['wallet', 'l402', 'node', 'workerd'];
const sources = FOLDERS.flatMap((folder) => {
  const directory = new URL(`../${folder}/`, import.meta.url);
  const names = readdirSync(directory).filter((name) => name.endsWith('.js'));
  return names.map((name) => ({ name: `${folder}/${name}`, text: readFileSync(new URL(name, directory), 'utf8') }));
});

test('every code that is thrown is in the table, and every code of the table has its three facts', () => {
  const { codes } = readJson('wallet/errors.json');
  const thrown = sources.flatMap(({ text }) =>
    [...text.matchAll(/new ContractError\(\s*'([a-z_]+)'/g)].map((m) => m[1]),
  );
  assert.ok(thrown.length > 20, 'the search finds nothing: has the constructor been renamed?');
  assert.deepEqual(
    [...new Set(thrown)].filter((code) => !(code in codes)),
    [],
  );
  for (const [code, { http, definite, outcome, meaning }] of Object.entries(codes)) {
    assert.ok([400, 401, 403, 404, 409, 500, 501, 502, 504].includes(http), code);
    assert.equal(typeof definite, 'boolean', code);
    assert.ok(['failed', 'blocked', 'unsupported', 'unknown', 'paid'].includes(outcome), code);
    assert.ok(meaning.endsWith('.'), code);
  }
});

test('indefinite is always unknown, and only that is', () => {
  const { codes } = readJson('wallet/errors.json');
  for (const [code, { definite, outcome }] of Object.entries(codes)) {
    assert.equal(outcome === 'unknown', !definite, code);
  }
  const policy = Object.entries(codes).filter(([, { http }]) => http === 403);
  assert.deepEqual([...new Set(policy.map(([, { outcome }]) => outcome))], ['blocked']);
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
  for (const { name, text } of sources) {
    assert.ok(text.split('\n').length <= 201, `${name} has more than 200 lines`);
    for (const [, target] of text.matchAll(/^import .*from '([^']+)'/gm)) {
      const allowed = target.startsWith('.') || (name.startsWith('node/') && target.startsWith('node:'));
      assert.ok(allowed, `${name} imports ${target}: workerd could not embed it`);
    }
  }
});
