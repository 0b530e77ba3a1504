/**
 * Adapter from node:http to web Request and Response, so that Node serves the same contract as workerd.
 *
 * Must not know: routes, wallets.
 */

import { Readable } from 'node:stream';

/**
 * @param {(request: Request) => Promise<Response>} handle
 * @returns {import('node:http').RequestListener}
 */
export function fetchHandler(handle) {
  return async (incoming, outgoing) => {
    try {
      const response = await handle(toRequest(incoming));
      const body = Buffer.from(await response.arrayBuffer());
      outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), 'content-length': body.length });
      outgoing.end(body);
    } catch {
      // The request itself cannot be expressed (a malformed target, for example): there is nobody to explain it to.
      outgoing.writeHead(400, { 'content-length': 0 });
      outgoing.end();
    }
  };
}

/** @param {import('node:http').IncomingMessage} incoming @returns {Request} */
function toRequest(incoming) {
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index], incoming.rawHeaders[index + 1]);
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(incoming.url ?? '/', 'http://127.0.0.1'), {
    method,
    headers,
    ...(hasBody ? { body: /** @type {any} */ (Readable.toWeb(incoming)), duplex: 'half' } : {}),
  });
}
