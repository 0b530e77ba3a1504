/**
 * The deployment's HTTP door. An HTTP action runs in Convex's V8 runtime only, so it hands the request to the Node
 * action and its answer back.
 *
 * Role: carries method, path, headers and body. What the platform itself refuses or loses is answered as
 * internal_error, which is indefinite: money may have moved. Must not know: routes, wallets.
 */

import { anyApi, httpActionGeneric, httpRouter } from 'convex/server';

const forward = httpActionGeneric(async (ctx, request) => {
  const { pathname, search } = new URL(request.url);
  try {
    const { status, headers, body } = await ctx.runAction(anyApi.wallet.handle, {
      method: request.method,
      path: `${pathname}${search}`,
      headers: [...request.headers],
      body: await request.arrayBuffer(),
    });
    return new Response(body, { status, headers });
  } catch (error) {
    const message = `the Node action gave no answer: ${/** @type {Error} */ (error).message}`;
    const refusal = { ok: false, error: { requestId: null, code: 'internal_error', message } };
    return new Response(JSON.stringify(refusal), { status: 500, headers: { 'content-type': 'application/json' } });
  }
});

const http = httpRouter();
for (const method of /** @type {const} */ (['GET', 'POST'])) {
  http.route({ pathPrefix: '/', method, handler: forward });
}

export default http;
