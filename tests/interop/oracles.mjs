/**
 * Strangers' readings: macaroons by npm `macaroon`, invoices by npm `light-bolt11-decoder`.
 *
 * Reads {macaroons: [{key, location, identifier, caveats}], invoices: [text]} from stdin (bytes in hex).
 */

import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const require = createRequire(new URL('../../spikes/drivers/package.json', import.meta.url));
const { importMacaroon, newMacaroon } = require('macaroon');
const { decode } = require('light-bolt11-decoder');

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data) => Buffer.from(data).toString('hex');

function made({ key, location, identifier, caveats }) {
  const macaroon = newMacaroon({ rootKey: bytes(key), location, identifier: bytes(identifier), version: 2 });
  for (const caveat of caveats) macaroon.addFirstPartyCaveat(caveat);
  return hex(macaroon.exportBinary());
}

/** Imported, checked under the root key, restricted once more. Not exported: see the tests. */
function restricted({ data, key, caveat }) {
  const macaroon = importMacaroon(bytes(data));
  const seen = [];
  macaroon.verify(bytes(key), (condition) => {
    seen.push(condition);
    return null;
  });
  macaroon.addFirstPartyCaveat(caveat);
  return { seen, signature: hex(macaroon.signature) };
}

function read(invoice) {
  const { sections } = decode(invoice);
  const value = (name) => sections.find((section) => section.name === name)?.value ?? null;
  return {
    prefix: value('coin_network').bech32,
    amount_msats: value('amount'),
    timestamp: value('timestamp'),
    payment_hash: value('payment_hash'),
    payment_secret: value('payment_secret'),
    description: value('description'),
    expiry_s: value('expiry'),
    min_final_cltv: value('min_final_cltv_expiry'),
  };
}

const { macaroons = [], imports = [], invoices = [] } = JSON.parse(await text(process.stdin));
process.stdout.write(
  JSON.stringify({
    macaroons: macaroons.map(made),
    imports: imports.map(restricted),
    invoices: invoices.map(read),
  }),
);
