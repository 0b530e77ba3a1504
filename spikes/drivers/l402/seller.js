/**
 * Talks to a seller: one request, one answer, a bounded look at the body.
 *
 * Role: never follows a redirect (it could leave the allowlist, with the credential), never waits for ever.
 * Must not know: policies, payments.
 */

import { ContractError } from '../wallet/errors.js';
import { discard, readBeginning } from './bounded.js';

const TIMEOUT_MS = 15_000;
const PREVIEW_BYTES = 8_192;

/**
 * @param {typeof fetch} send @param {URL} url @param {string | null} authorization
 * @returns {Promise<Response>}
 */
export async function ask(send, url, authorization) {
  let response;
  try {
    response = await send(url.href, {
      redirect: 'manual',
      headers: authorization ? { authorization } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw unreachable(`${url.host} did not answer within ${TIMEOUT_MS / 1000} s`);
  }
  // An opaque redirect, as browsers answer "manual" with, has the status 0.
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    await discard(response);
    throw new ContractError(
      'redirect_refused',
      `${url.host} redirects; give the final address, if it is to be trusted`,
    );
  }
  return response;
}

/**
 * The beginning of a body, as text.
 * @param {Response} response @returns {Promise<{status: number, contentType: string | null, bytes: number,
 *   truncated: boolean, text: string}>} bytes: how many were read into text
 */
export async function preview(response) {
  const { status, headers } = response;
  let beginning;
  try {
    beginning = await readBeginning(response, PREVIEW_BYTES);
  } catch {
    throw unreachable("the seller's answer broke off");
  }
  const { bytes, truncated } = beginning;
  const text = new TextDecoder().decode(bytes);
  return { status, contentType: headers.get('content-type'), bytes: bytes.length, truncated, text };
}

/** @param {string} what */
function unreachable(what) {
  return new ContractError('seller_unreachable', `${what}; try again`);
}
