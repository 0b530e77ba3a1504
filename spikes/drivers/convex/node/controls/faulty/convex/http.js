/** The deployment's HTTP door, and one more route: POST /reject calls faulty.js. Must not know: wallets. */

import { anyApi, httpActionGeneric } from 'convex/server';

import http from '../../../functions/http.js';

const reject = httpActionGeneric(async (ctx) => {
  await ctx.runAction(anyApi.faulty.reject, {});
  return new Response(null, { status: 204 });
});

http.route({ path: '/reject', method: 'POST', handler: reject });

export default http;
