/**
 * Talks to a seller: one request, one answer, a bounded look at the body.
 *
 * Role: never follows a redirect (it could leave the allowlist, with the credential), never waits for ever.
 * Must not know: policies, payments.
 */

import { ContractError } from '../wallet/errors.js';

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
    throw new ContractError(
      'seller_unreachable',
      `${url.host} did not answer within ${TIMEOUT_MS / 1000} s; try again`,
    );
  }
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw new ContractError(
      'redirect_refused',
      `${url.host} redirects; give the final address, if it is to be trusted`,
    );
  }
  return response;
}

/**
 * The beginning of a body, as text; the rest is not downloaded.
 * @param {Response} response @returns {Promise<{status: number, contentType: string | null, bytes: number,
 *   truncated: boolean, text: string}>} bytes: how many were read into text
 */
export async function preview(response) {
  const bytes = new Uint8Array(PREVIEW_BYTES);
  let length = 0;
  let truncated = false;
  for await (const chunk of response.body ?? []) {
    const room = PREVIEW_BYTES - length;
    bytes.set(chunk.subarray(0, room), length);
    length += Math.min(chunk.length, room);
    truncated = chunk.length > room;
    if (truncated) break; // leaving the loop cancels the stream
  }
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return { status: response.status, contentType: response.headers.get('content-type'), bytes: length, truncated, text };
}
