/**
 * Reads request bodies: JSON objects of bounded size, with typed fields.
 *
 * Role: everything that comes from outside is checked here, once. Must not know: what is done with it.
 */

import { ContractError } from './errors.js';
import { readMsats } from './money.js';

const MAX_BODY_BYTES = 65_536;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

/** @param {Request} request @returns {Promise<Record<string, unknown>>} */
export async function readBody(request) {
  const bytes = await readAtMost(request.body, MAX_BODY_BYTES);
  if (bytes === null) throw invalid(`the body is larger than ${MAX_BODY_BYTES} bytes`);
  try {
    return requireObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'the body');
  } catch (error) {
    throw error instanceof ContractError ? error : invalid('the body is not JSON in UTF-8');
  }
}

/**
 * @param {ReadableStream<Uint8Array> | null} stream @param {number} limit
 * @returns {Promise<Uint8Array | null>} null if there is more
 */
async function readAtMost(stream, limit) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    length += chunk.length;
    if (length > limit) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** @param {unknown} value @param {string} name @returns {Record<string, unknown>} */
export function requireObject(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${name} must be a JSON object`);
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * A request id: a UUID, because the SDK makes it the id of the Spark transfer. One is made if none is given.
 * @param {unknown} value @returns {string} lower case
 */
export function readRequestId(value) {
  if (value === undefined || value === null) return crypto.randomUUID();
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (!UUID.test(text)) throw invalid('requestId must be a UUID');
  return text;
}

/** Seller's host, with or without a port. @param {unknown} value @returns {string} lower case */
export function readHost(value) {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (!HOST.test(text)) throw invalid("host must be the seller's host name, with a port if it has one");
  return text;
}

/** @param {unknown} value @returns {string} */
export function readInvoice(value) {
  if (typeof value !== 'string') throw invalid('invoice must be a BOLT11 invoice');
  return value;
}

/**
 * @param {Record<string, unknown>} payment @param {string} requestId
 * @returns {import('./service.js').PayRequest}
 */
export function readPayment(payment, requestId) {
  return {
    requestId,
    invoice: readInvoice(payment.invoice),
    maxAmountMsats: readMsats(payment.maxAmountMsats, 'maxAmountMsats'),
    host: readHost(payment.host),
  };
}

/** @param {string} problem */
export function invalid(problem) {
  return new ContractError('invalid_request', `${problem}; correct the request`);
}
