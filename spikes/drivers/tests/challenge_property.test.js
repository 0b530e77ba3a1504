/**
 * Generated headers: what a generator wrote is what the parser reads, and whatever else arrives ends in a typed error
 * and in no payment. The expected value is worked out from the generator's own structure, never by the parser.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { L402Buyer } from '../l402/buyer.js';
import { parseChallenge } from '../l402/challenge.js';
import { l402Experiment } from '../l402/experiment.js';
import { errorTable } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { seeded } from './support/random.js';

const WELL_FORMED = 30_000;
const MUTILATED = 20_000;
const NOISE = 10_000;
const BOUGHT = 3_000;

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_';
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const TOKEN = "abcXYZ019!#$%&'*+.^_`|~-";
const QUOTABLE = 'abc XYZ,=;:/?()<>@[]{}"\\L402 macaroon invoice \t\u00e9';
const HOSTILE = '",=\\ \t(){}<>@:;/[]?\u0000\r\n\u00ffL402lsat';

/** @typedef {ReturnType<typeof seeded>} Random @typedef {{name: string, value: string}} Parameter */

/** @param {Random} random */
function credential(random) {
  const one = () => random.text(1 + random.integer(60), BASE64) + '='.repeat(random.integer(3));
  return random.integer(8) === 0 ? `${one()},${one()}` : one();
}

/** @param {Random} random */
const invoice = (random) => `lnbcrt${1 + random.integer(999)}n1${random.text(20 + random.integer(60), BECH32)}`;

/** Not of a kind that the parser looks for. @param {Random} random @returns {Parameter} */
function unknownParameter(random) {
  const name = random.pick(['realm', 'version', 'amount_msats', 'price', `x${random.text(3, TOKEN)}`]);
  return { name, value: random.text(random.integer(20), QUOTABLE) };
}

/** @param {Random} random @returns {Parameter[]} of a challenge that may be short of something */
function parameters(random) {
  const list = Array.from({ length: random.integer(3) }, () => unknownParameter(random));
  const dialect = random.integer(8);
  if (dialect !== 0) list.push({ name: dialect < 5 ? 'macaroon' : 'token', value: credential(random) });
  if (dialect === 7) list.push({ name: 'macaroon', value: credential(random) });
  if (random.integer(10) !== 0) list.push({ name: 'invoice', value: invoice(random) });
  if (random.integer(10) === 0) list.push({ name: random.pick(['macaroon', 'token', 'invoice']), value: 'not:usable' });
  return random.shuffled(list);
}

/** @param {Random} random */
function challenges(random) {
  return Array.from({ length: 1 + random.integer(3) }, () => ({
    scheme: random.pick(['L402', 'L402', 'LSAT', 'LSAT', 'Basic', 'Payment', 'Negotiate']),
    parameters: parameters(random),
  }));
}

/** @param {Random} random @param {string} text */
const anyCase = (random, text) => random.pick([text, text.toLowerCase(), text.toUpperCase()]);

/** @param {Random} random @param {Parameter} parameter */
function written(random, { name, value }) {
  const needsQuotes = value === '' || /[\s",]/.test(value) || value.startsWith('=');
  const escaped = value.replace(/["\\]/g, '\\$&');
  const equals = random.pick(['=', '=', '=', ' =', '= ', ' = ']);
  return `${anyCase(random, name)}${equals}${needsQuotes || random.integer(3) ? `"${escaped}"` : value}`;
}

/** @param {Random} random @param {ReturnType<typeof challenges>} list */
function header(random, list) {
  const comma = () => random.pick([',', ', ', ' , ', ',\t', ', , ']);
  const texts = list.map(({ scheme, parameters: own }) => {
    const [first, ...rest] = own.map((parameter) => written(random, parameter));
    return `${anyCase(random, scheme)} ${[first ?? '', ...rest].reduce((text, next) => text + comma() + next)}`;
  });
  return texts.reduce((text, next) => text + comma() + next);
}

/** What the structure means, by the rules of challenge.js, in other words. @param {ReturnType<typeof challenges>} list */
function expected(list) {
  const usable = list.flatMap(({ scheme, parameters: own }) => {
    const first = (/** @type {string} */ name) => own.find((parameter) => parameter.name === name)?.value;
    const macaroon = [first('macaroon'), first('token')].find((value) => value && value !== 'not:usable');
    const bill = first('invoice');
    return macaroon && bill && ['L402', 'LSAT'].includes(scheme) ? [{ scheme, macaroon, invoice: bill }] : [];
  });
  return usable.find(({ scheme }) => scheme === 'L402') ?? usable[0] ?? null;
}

/** @param {string | null} text @returns {{challenge: any, error: any}} */
function attempt(text) {
  try {
    return { challenge: parseChallenge(text), error: null };
  } catch (error) {
    return { challenge: null, error };
  }
}

/** Whatever is read was there to be read; whatever is refused is refused in type. @param {string} text */
function requireSane(text) {
  const { challenge, error } = attempt(text);
  if (error) {
    assert.equal(error.code, 'challenge_malformed', `${error} for ${JSON.stringify(text)}`);
    assert.match(error.details.reason, /^(no_header|too_long|no_l402|incomplete|syntax)$/);
    return;
  }
  const plain = text.replace(/\\(.)/g, '$1');
  for (const value of [challenge.macaroon, challenge.invoice]) {
    assert.ok(text.includes(value) || plain.includes(value), JSON.stringify(text));
  }
  assert.match(challenge.macaroon, /^[A-Za-z0-9+/_=,-]+$/);
}

/** @param {Random} random @param {string} text */
function mutilated(random, text) {
  let result = text;
  for (let wounds = 1 + random.integer(3); wounds > 0; wounds -= 1) {
    const [at, length] = [random.integer(result.length + 1), random.integer(12)];
    const noise = random.text(random.integer(6), HOSTILE);
    const piece = result.slice(at, at + length);
    const healed = random.pick([noise, noise, '', piece + piece, [...piece].reverse().join('')]);
    result = result.slice(0, at) + healed + result.slice(at + length);
  }
  return result;
}

test(`${WELL_FORMED} generated headers are read as they were written`, () => {
  const random = seeded(402);
  let readable = 0;
  for (let round = 0; round < WELL_FORMED; round += 1) {
    const list = challenges(random);
    const text = header(random, list);
    const wanted = expected(list);
    const { challenge, error } = attempt(text);
    if (wanted) assert.deepEqual(challenge, wanted, text);
    else assert.equal(error?.code, 'challenge_malformed', text);
    readable += wanted ? 1 : 0;
  }
  assert.ok(readable > WELL_FORMED / 2 && readable < WELL_FORMED, `${readable} readable: the generator is one-sided`);
});

test('challenges in headers of their own are read like folded ones', () => {
  const random = seeded(21);
  for (let round = 0; round < 1_000; round += 1) {
    const list = challenges(random);
    const headers = new Headers();
    try {
      for (const one of list) headers.append('www-authenticate', header(random, [one]));
    } catch {
      continue; // a value that no header can have
    }
    const { challenge } = attempt(headers.get('www-authenticate'));
    assert.deepEqual(challenge, expected(list), String(headers.get('www-authenticate')));
  }
});

test(`${MUTILATED} mutilated headers and ${NOISE} of noise: no crash, typed errors only`, () => {
  const random = seeded(403);
  for (let round = 0; round < MUTILATED; round += 1) requireSane(mutilated(random, header(random, challenges(random))));
  for (let round = 0; round < NOISE; round += 1) requireSane(random.text(random.integer(80), HOSTILE + TOKEN));
});

test(`no payment on a malformed challenge: ${BOUGHT} mutilated offers of a real seller`, async () => {
  const random = seeded(404);
  const { paymentHash } = secret('coffee');
  const bolt11 = writeInvoice({ paymentHash });
  /** @type {string[]} */
  const paidFor = [];
  /** @type {any} */
  const service = {
    backendMode: 'runtime',
    execution: 'isolate',
    payBolt11: async (/** @type {any} */ order) => {
      paidFor.push(order.invoice);
      throw new Error('this wallet only listens');
    },
  };
  let bill = '';
  const send = async () => new Response('', { status: 402, headers: { 'www-authenticate': bill } });
  let refused = 0;
  for (let round = 0; round < BOUGHT; round += 1) {
    const offer = [{ scheme: 'L402', parameters: [{ name: 'macaroon', value: 'AgELc2VsbGVy' }] }];
    offer[0].parameters.push({ name: 'invoice', value: bolt11 });
    bill = mutilated(random, header(random, offer)).replace(/[^\t -~\u00a0-\u00ff]/g, '');
    const before = paidFor.length;
    const buyer = new L402Buyer({ service, errorTable, walletId: 'w', windowMs: 1_000, send });
    const policy = { maxAmountMsats: 10_000, hostAllowlist: ['seller.example'] };
    const { l402_fetch } = l402Experiment(buyer);
    const answer = /** @type {any} */ (await l402_fetch({ url: 'http://seller.example/', policy }));
    if (paidFor.length > before) continue;
    refused += 1;
    assert.deepEqual([answer.outcome, answer.code], ['failed', 'challenge_malformed'], bill);
    assert.equal(answer.receipt.settledAmountMsats, 0);
  }
  // A wound may miss what matters. Then the wallet is asked, and for nothing but the seller's own invoice.
  assert.deepEqual([...new Set(paidFor)], [bolt11]);
  assert.ok(refused > BOUGHT / 3, `only ${refused} were refused: the wounds are too light`);
});
