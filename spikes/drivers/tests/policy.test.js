/** What a policy allows, judged by the lists and switches alone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { policyText, readPolicy, refusalBeforeAsking, requireApproval, requireUnderCap } from '../l402/policy.js';
import { seeded } from './support/random.js';

/** @param {any} changes */
const policy = (changes) => readPolicy({ maxAmountMsats: 1_000, hostAllowlist: ['seller.example'], ...changes });
/** @param {any} changes @param {string} [url] */
const refusal = (changes, url = 'http://seller.example/a') => refusalBeforeAsking(policy(changes), new URL(url))?.code;

test('left out means: no window cap, no blocklist, switches off, approval granted', () => {
  const { maxAmountMsats, windowCapMsats, hostBlocklist, killSwitch, walletDisabled, approval } = policy({});
  assert.deepEqual(
    [maxAmountMsats, windowCapMsats, hostBlocklist, killSwitch, walletDisabled, approval],
    [1_000n, null, [], false, false, 'granted'],
  );
});

test('the strictest word counts first', () => {
  const all = { killSwitch: true, walletDisabled: true, hostBlocklist: ['seller.example'], hostAllowlist: [] };
  assert.equal(refusal(all), 'kill_switch_on');
  assert.equal(refusal({ ...all, killSwitch: false }), 'wallet_disabled');
  assert.equal(refusal({ ...all, killSwitch: false, walletDisabled: false }), 'host_blocked');
  assert.equal(refusal({ hostAllowlist: [] }), 'host_not_allowed');
  assert.equal(refusal({}), undefined);
});

/** @type {[string, string, boolean][]} an entry of a list, a URL, whether the entry names it */
const NAMED = [
  ['seller.example', 'http://seller.example/', true],
  ['Seller.Example', 'http://seller.example/', true],
  ['seller.example', 'https://SELLER.example:8443/x', true],
  ['seller.example', 'http://seller.example./', true],
  ['seller.example', 'http://seller.example:81/', true],
  ['seller.example:80', 'http://seller.example/', true],
  ['seller.example:443', 'https://seller.example/', true],
  ['seller.example:443', 'http://seller.example/', false],
  ['seller.example:80', 'http://seller.example:81/', false],
  ['seller.example', 'http://www.seller.example/', false],
  ['seller.example', 'http://seller.example.evil.example/', false],
  ['seller.example', 'http://evil.example/seller.example', false],
  ['127.0.0.1', 'http://2130706433/', true],
  ['[::1]:9', 'http://[::1]:9/', true],
];

for (const [entry, url, isNamed] of NAMED) {
  test(`${entry} ${isNamed ? 'names' : 'does not name'} ${url}, on either list`, () => {
    assert.equal(refusal({ hostAllowlist: [entry] }, url), isNamed ? undefined : 'host_not_allowed');
    const both = { hostAllowlist: [new URL(url).hostname.replace(/\.$/, '')], hostBlocklist: [entry] };
    assert.equal(refusal(both, url), isNamed ? 'host_blocked' : undefined);
  });
}

test('the cap is the highest amount that is allowed', () => {
  requireUnderCap(policy({}), 1_000n);
  assert.throws(() => requireUnderCap(policy({}), 1_001n), { code: 'quoted_amount_exceeds_cap' });
  requireApproval(policy({}), 1n);
  assert.throws(() => requireApproval(policy({ approval: 'required' }), 1n), { code: 'approval_required' });
});

test('the text of a policy tells two policies apart, and nothing else', () => {
  const random = seeded(5);
  const variants = {
    maxAmountMsats: [1_000, 1_001],
    windowCapMsats: [undefined, 1_000, 2_000],
    hostAllowlist: [['a.example', 'b.example'], ['a.example'], []],
    hostBlocklist: [undefined, ['c.example', 'd.example']],
    killSwitch: [undefined, true],
    walletDisabled: [undefined, true],
    approval: [undefined, 'required'],
  };
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (let round = 0; round < 2_000; round += 1) {
    const drawn = Object.entries(variants).map(([name, values]) => ({
      name,
      index: random.integer(values.length),
      values,
    }));
    const lists = random.shuffled(drawn).map(({ name, index, values }) => {
      const value = values[index];
      return [name, Array.isArray(value) ? random.shuffled(value) : value];
    });
    const key = JSON.stringify(drawn.map(({ index }) => index));
    const text = policyText(readPolicy(Object.fromEntries(lists)));
    assert.equal(texts.get(key) ?? text, text);
    texts.set(key, text);
  }
  assert.equal(new Set(texts.values()).size, texts.size);
});
