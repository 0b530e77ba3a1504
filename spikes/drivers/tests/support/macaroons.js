/** Writes macaroons (V2 binary) for tests: right in everything but the signature, which nobody here checks. */

/**
 * @param {{paymentHash?: string, caveats?: (string | {thirdParty: string})[]}} parts
 * @returns {string} base64, padded
 */
export function writeMacaroon({ paymentHash = '00'.repeat(32), caveats = [] }) {
  const identifier = Buffer.concat([Buffer.alloc(2), Buffer.from(paymentHash, 'hex'), Buffer.alloc(32, 7)]);
  const sections = caveats.map((caveat) =>
    typeof caveat === 'string'
      ? [field(2, Buffer.from(caveat))]
      : [field(1, Buffer.from('elsewhere')), field(2, Buffer.from(caveat.thirdParty)), field(4, Buffer.alloc(24))],
  );
  const header = [field(1, Buffer.from('seller')), field(2, identifier)];
  const bodies = [header, ...sections].map((fields) => Buffer.concat([...fields, Buffer.of(0)]));
  return Buffer.concat([Buffer.of(2), ...bodies, Buffer.of(0), field(6, Buffer.alloc(32, 9))]).toString('base64');
}

/** @param {number} type @param {Buffer} bytes */
function field(type, bytes) {
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.of(type, ...length), bytes]);
}
