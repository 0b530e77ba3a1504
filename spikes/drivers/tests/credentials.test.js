/** What was paid for is kept as long as it is good, and goes to nobody else. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CredentialCache } from '../l402/credentials.js';
import { boundPaymentHash, validUntilMs } from '../l402/macaroon.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { secret } from './support/invoices.js';
import { writeMacaroon } from './support/macaroons.js';
import { seeded } from './support/random.js';
import { honest, shop } from './support/shop.js';

const { paymentHash, preimageHex } = secret('coffee');
const TTL_MS = 600_000;

/** @param {string} [macaroon] @returns {import('../l402/credentials.js').Credential} */
const credential = (macaroon = 'AgEL') => ({ scheme: 'L402', macaroon, preimageHex, paymentHash });

test('kept for ten minutes, or as long as its own caveats say', async () => {
  /** @type {[string, number][]} a macaroon that is stored at 1000 s, and how long it is kept */
  const lives = [
    ['opaque', TTL_MS],
    [writeMacaroon({ caveats: ['services=a:0'] }), TTL_MS],
    [writeMacaroon({ caveats: ['a_valid_until=1005'] }), 5_000],
    [writeMacaroon({ caveats: ['a_valid_until=9999999'] }), TTL_MS],
  ];
  for (const [macaroon, lifeMs] of lives) {
    const shelf = new MemoryShelf();
    let nowMs = 1_000_000;
    const cache = new CredentialCache({ ttlMs: TTL_MS, nowMs: () => nowMs });
    const url = new URL('http://seller.example/a');
    const find = () => shelf.transaction((tx) => cache.find(tx, url).status);
    await shelf.transaction((tx) => cache.store(tx, url, credential(macaroon)));
    nowMs += lifeMs - 1;
    assert.equal(await find(), 'hit', macaroon);
    nowMs += 1;
    assert.deepEqual([await find(), await find()], ['stale', 'miss'], macaroon);
  }
});

test('the earliest end of all caveats and macaroons counts; what is no such caveat does not', () => {
  const of = (/** @type {any[]} */ ...caveats) => validUntilMs(writeMacaroon({ paymentHash, caveats }));
  assert.equal(of('services=a:0', 'a_valid_until=30', 'b_valid_until=20', 'valid_until=25'), 20_000);
  for (const other of [
    'valid_until=',
    'valid_until=x',
    'valid_until=1.5',
    'x=valid_until=5',
    'valid_until=123456789012',
    'invalid_until=1',
  ])
    assert.equal(of(other), null, other);
  assert.equal(of({ thirdParty: 'valid_until=1' }), null, "a third party's caveat is no condition of ours");
  const [late, early] = ['a_valid_until=30', 'a_valid_until=20'].map((text) => writeMacaroon({ caveats: [text] }));
  assert.equal(validUntilMs(`${late},${early}`), 20_000);
  for (const opaque of ['', 'AgI=', 'opaque', '////']) assert.equal(validUntilMs(opaque), null);
});

test('a macaroon that is cut off or damaged is read without a crash', () => {
  const whole = writeMacaroon({ paymentHash, caveats: ['services=a:0', 'a_valid_until=20'] });
  assert.equal(boundPaymentHash(whole), paymentHash);
  const random = seeded(66);
  const raw = Buffer.from(whole, 'base64');
  for (let round = 0; round < 5_000; round += 1) {
    const damaged = Buffer.from(raw.subarray(0, random.integer(raw.length + 1)));
    if (damaged.length) damaged[random.integer(damaged.length)] = random.integer(256);
    const text = damaged.toString('base64');
    assert.match(String(boundPaymentHash(text)), /^(null|[0-9a-f]{64})$/);
    const endMs = validUntilMs(text);
    assert.ok(endMs === null || Number.isSafeInteger(endMs), text);
  }
});

test('a credential goes to the origin and path that it was sold for, and to no other', async () => {
  const random = seeded(9);
  const shelf = new MemoryShelf();
  const cache = new CredentialCache();
  const hosts = [
    'seller.example',
    'seller.example:8080',
    'seller.example.evil.example',
    'evil.example',
    'SELLER.example',
  ];
  const draw = () =>
    new URL(
      `${random.pick(['http', 'https'])}://${random.pick(hosts)}/${random.pick(['a', 'b', 'a/', 'A', ''])}` +
        random.pick(['', '?x=1', '#y']),
    );
  /** @type {Map<string, string>} what was sold for what */
  const sold = new Map();
  for (let round = 0; round < 500; round += 1) {
    const url = draw();
    if (random.integer(3) === 0) {
      sold.set(`${url.origin} ${url.pathname}`, `m${round}`);
      await shelf.transaction((tx) => cache.store(tx, url, credential(`m${round}`)));
    }
    const found = await shelf.transaction((tx) => cache.find(tx, url));
    const given = found.status === 'hit' ? found.credential.macaroon : undefined;
    assert.equal(given, sold.get(`${url.origin} ${url.pathname}`), url.href);
  }
  assert.ok(sold.size > 10);
});

test('an entry that says it is of another seller is not used, however it came under this key', async () => {
  const shelf = new MemoryShelf();
  const cache = new CredentialCache();
  const url = new URL('http://seller.example/a');
  await shelf.transaction((tx) => cache.store(tx, url, credential()));
  await shelf.transaction((tx) => {
    const [[key, entry]] = tx.list('l402_credentials');
    tx.put('l402_credentials', key, { ...entry, origin: 'http://evil.example' });
  });
  assert.equal((await shelf.transaction((tx) => cache.find(tx, url))).status, 'miss');
});

test('the oldest make room', async () => {
  const shelf = new MemoryShelf();
  const cache = new CredentialCache({ limit: 2 });
  const urls = ['a', 'b', 'c'].map((path) => new URL(`http://seller.example/${path}`));
  for (const url of [...urls.slice(0, 2), urls[0], urls[2]])
    await shelf.transaction((tx) => cache.store(tx, url, credential()));
  const statuses = await Promise.all(urls.map((url) => shelf.transaction((tx) => cache.find(tx, url).status)));
  assert.deepEqual(statuses, ['hit', 'miss', 'hit']);
});

test('one that is over is not sent, and bought anew', async () => {
  const { fetch, seen, later } = shop(honest());
  await fetch();
  later(TTL_MS - 1);
  assert.equal((await fetch()).cacheStatus, 'hit');
  later(1);
  assert.equal((await fetch()).cacheStatus, 'stale');
  assert.equal(seen[3], null);
  const endS = Math.floor(Date.now() / 1000) + 60;
  const short = shop(honest({ macaroon: writeMacaroon({ paymentHash, caveats: [`cheap_valid_until=${endS}`] }) }));
  await short.fetch();
  short.later(61_000);
  assert.equal((await short.fetch()).cacheStatus, 'stale');
  assert.equal(short.seen[2], null);
});

test('a macaroon that is over before it is paid for is not paid for', async () => {
  const { fetch, calls } = shop(
    honest({ macaroon: writeMacaroon({ paymentHash, caveats: ['cheap_valid_until=1000'] }) }),
  );
  const { code, details } = await fetch();
  assert.deepEqual([code, details.reason, calls.build], ['challenge_malformed', 'credential_expired', 0]);
});
