/**
 * The wallet as a Convex HTTP action in the default V8 runtime: the driver's contract, on every path.
 *
 * Role: host. The SDK's web build by relative paths, as published: the CLI puts the wasm file into the bundle, and
 * each call finds it compiled. No query or mutation lives here: each would pay for that. Must not know: payments.
 */

import { httpActionGeneric, httpRouter } from 'convex/server';

import { loadSdk } from '../../../workerd/sdk.js';
import { composeConvexDriver } from '../../compose.js';

const METHODS = /** @type {const} */ (['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

const serve = httpActionGeneric(async (ctx, request) =>
  composeConvexDriver({ ctx, env: process.env, name: 'convex_isolate', loadSdk })(request),
);

const http = httpRouter();
for (const method of METHODS) http.route({ pathPrefix: '/', method, handler: serve });

export default http;
