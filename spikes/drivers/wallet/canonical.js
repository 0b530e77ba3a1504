/**
 * Canonical JSON: one text for one value, whatever built it.
 *
 * Role: what digests are taken of. Keys sorted by code unit, no spaces, strings as JSON.stringify writes them
 * (so equal to RFC 8785 for this subset), whole numbers only. Must not know: receipts.
 */

/** @param {unknown} value null, booleans, safe integers, strings, arrays, plain objects @returns {string} */
export function canonicalJson(value) {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError('only whole numbers are canonical');
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new TypeError(`a ${typeof value} has no canonical form`);
  }
  const record = /** @type {Record<string, unknown>} */ (value);
  const members = Object.keys(record)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
  return `{${members.join(',')}}`;
}
