/** Envelopes: byte for byte those of spikes/custody/envelope.py, and closed to everything that is not theirs. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { associatedData, fromBase64, openEnvelope, sealSecret } from '../wallet/envelope.js';

const file = new URL('../../../tests/vectors/envelopes.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8'));
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const binding = ({ row }) => ({ walletId: row.walletId, keyVersion: row.keyVersion, network: row.network });
const giving = (vector) => async () => bytes(vector.dataKeyHex);
const refused = (reason) => (error) => error.code === 'secret_error' && error.details.reason === reason;

for (const [number, vector] of vectors.entries()) {
  test(`vector ${number}: associated data, seal and open are the same bytes as in Python`, async () => {
    assert.equal(new TextDecoder().decode(associatedData(binding(vector))), vector.associatedData);
    const fresh = { dataKey: bytes(vector.dataKeyHex), nonce: bytes(vector.nonceHex) };
    const sealed = await sealSecret(vector.secret, binding(vector), fresh);
    assert.deepEqual(sealed, { nonce: vector.row.nonce, ciphertext: vector.row.ciphertext });
    assert.equal(await openEnvelope(vector.row, binding(vector), giving(vector)), vector.secret);
  });
}

test('the KMS gets the wrapped key of the row and the associated data of the wallet', async () => {
  const [vector] = vectors;
  let seen;
  await openEnvelope(vector.row, binding(vector), async (wrapped, bound) => {
    seen = { wrapped, bound: new TextDecoder().decode(bound) };
    return bytes(vector.dataKeyHex);
  });
  assert.deepEqual(seen, {
    wrapped: { keyName: 'wallets', keyVersion: 1, ciphertext: vector.row.wrappedDataKey },
    bound: vector.associatedData,
  });
});

test('an envelope of another row is refused without asking the KMS', async () => {
  const [vector] = vectors;
  const never = async () => assert.fail('the KMS was asked');
  const cases = [
    [{ walletId: 'wallet-2' }, 'wrong_binding'],
    [{ network: 'mainnet' }, 'wrong_binding'],
    [{ keyVersion: 2 }, 'wrong_key_version'],
  ];
  for (const [change, reason] of cases) {
    await assert.rejects(openEnvelope(vector.row, { ...binding(vector), ...change }, never), refused(reason));
  }
  const other = { ...vector.row, purpose: 'backup' };
  await assert.rejects(openEnvelope(other, binding(vector), never), refused('wrong_binding'));
  const weak = { ...vector.row, algorithm: 'none' };
  await assert.rejects(openEnvelope(weak, binding(vector), never), refused('algorithm_unknown'));
});

test('a forged row does not open, even with its fields rewritten to fit', async () => {
  const [vector] = vectors;
  for (const change of [{ walletId: 'wallet-2' }, { network: 'mainnet' }, { keyVersion: 2 }]) {
    const row = { ...vector.row, ...change };
    await assert.rejects(openEnvelope(row, binding({ row }), giving(vector)), refused('envelope_tampered'));
  }
});

test('no bit of nonce or ciphertext can be changed', async () => {
  const [vector] = vectors;
  for (const field of ['nonce', 'ciphertext']) {
    const data = fromBase64(vector.row[field]);
    for (let bit = 0; bit < 8 * data.length; bit += 1) {
      const changed = data.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      const row = { ...vector.row, [field]: Buffer.from(changed).toString('base64') };
      await assert.rejects(openEnvelope(row, binding(vector), giving(vector)), refused('envelope_tampered'));
    }
  }
});

test('a data key of another length or another value opens nothing, and is never an empty secret', async () => {
  const [vector] = vectors;
  for (const dataKey of [new Uint8Array(0), new Uint8Array(16), new Uint8Array(32)]) {
    await assert.rejects(openEnvelope(vector.row, binding(vector), async () => dataKey), refused('envelope_tampered'));
  }
});

test('base64 has one form', () => {
  for (const text of ['', 'YQ', 'YQ=', 'YR==', ' YQ==', 'YQ==\n', '*', '_w==']) {
    assert.throws(() => fromBase64(text), refused('envelope_tampered'), JSON.stringify(text));
  }
  assert.deepEqual(fromBase64('YQ=='), Uint8Array.of(97));
});
