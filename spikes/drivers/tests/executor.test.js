import assert from 'node:assert/strict';
import { test } from 'node:test';

import { L402Buyer } from '../l402/buyer.js';
import { HttpWalletService } from '../l402/executor.js';
import { l402Experiment } from '../l402/experiment.js';
import { createContract } from '../wallet/contract.js';
import { PhaseClock } from '../wallet/phases.js';
import { errorTable, wallet } from './support/drivers.js';
import { serve } from './support/servers.js';

/** @param {string} url @param {{token?: string, timeoutS?: number}} [changes] */
const client = (url, { token = 'right', timeoutS = 5 } = {}) =>
  new HttpWalletService({ executor: { url, token, timeoutS }, errorTable });

/** A real contract around the scripted SDK, over HTTP. @param {any} t @param {any} [script] */
async function executor(t, script) {
  const made = wallet(script);
  const { service } = made;
  const url = await serve(
    t,
    createContract({ runtime: 'x', sdk: 'scripted', token: 'right', errorTable, service, experiments: {} }),
  );
  return { ...made, url };
}

test('pays through the contract of another runtime, and knows its wallet', async (t) => {
  const { url, request, preimageHex } = await executor(t);
  const clock = new PhaseClock();
  const { result, balanceSats } = await client(url).payBolt11(request, clock);
  assert.equal(result.payment.preimageHex, preimageHex);
  assert.equal(balanceSats, null);
  assert.deepEqual(
    clock.phases.map(({ name }) => name),
    ['pay'],
  );
  const status = await client(url).status();
  assert.deepEqual([status.walletId, status.executorSdk, status.ok], ['wallet-1', 'scripted', undefined]);
});

test('typed errors of the executor keep their code', async (t) => {
  const { url, request } = await executor(t, { balanceSats: 1 });
  await assert.rejects(client(url).payBolt11(request, new PhaseClock()), { code: 'insufficient_funds' });
  await assert.rejects(client(url).payBolt11({ ...request, maxAmountMsats: 1n }, new PhaseClock()), {
    code: 'quoted_amount_exceeds_cap',
  });
  await assert.rejects(client(url, { token: 'wrong' }).payBolt11(request, new PhaseClock()), { code: 'unauthorized' });
});

const { requestId } = wallet().request;
const RESULT = { requestId, payment: { amountMsats: 1, feeMsats: 1, paidAtMs: 1, preimageHex: '' }, receipt: {} };

/** @type {[string, () => Response | Promise<Response>][]} */
const BROKEN = [
  ['an empty 500', () => new Response('', { status: 500 })],
  ['HTML', () => new Response('<html>', { status: 502 })],
  ['a failure that is not typed', () => Response.json({ ok: false }, { status: 502 })],
  ['a code nobody knows', () => Response.json({ ok: false, error: { code: 'made_up' } }, { status: 502 })],
  [
    'a code with the status of another',
    () => Response.json({ ok: false, error: { code: 'payment_failed' } }, { status: 200 }),
  ],
  [
    'an internal error',
    () => Response.json({ ok: false, error: { code: 'internal_error', message: 'x' } }, { status: 500 }),
  ],
  ['a redirect', () => new Response('', { status: 307, headers: { location: 'http://127.0.0.1:9/' } })],
  ['paid, without a result', () => Response.json({ ok: true })],
  ['paid, another request', () => Response.json({ ok: true, result: { ...RESULT, requestId: 'x' } })],
  [
    'paid, no whole amounts',
    () => Response.json({ ok: true, result: { ...RESULT, payment: { ...RESULT.payment, feeMsats: 0.5 } } }),
  ],
  [
    'paid, no preimage',
    () => Response.json({ ok: true, result: { ...RESULT, payment: { ...RESULT.payment, preimageHex: null } } }),
  ],
  ['nothing in time', () => new Promise(() => {})],
];

for (const [name, answer] of BROKEN) {
  test(`never "failed" when the executor answers: ${name}`, async (t) => {
    const url = await serve(t, async () => answer());
    const { request } = wallet();
    await assert.rejects(
      client(url, { timeoutS: 0.2 }).payBolt11(request, new PhaseClock()),
      (/** @type {any} */ error) => {
        assert.equal(errorTable.isDefinite(error.code), false, error.code);
        return true;
      },
    );
  });
}

test('an executor that is not there: unknown for a payment, connect_failed for a question', async () => {
  const nobody = client('http://127.0.0.1:9');
  await assert.rejects(nobody.payBolt11(wallet().request, new PhaseClock()), { code: 'payment_pending' });
  await assert.rejects(nobody.status(), { code: 'connect_failed' });
});

test('neither the order nor the token goes where an executor redirects to', async (t) => {
  /** @type {(string | null)[]} */
  const strayed = [];
  const elsewhere = await serve(t, async (request) => {
    strayed.push(request.headers.get('authorization'));
    return Response.json({ ok: true });
  });
  const url = await serve(t, async () => new Response('', { status: 307, headers: { location: `${elsewhere}/` } }));
  await assert.rejects(client(url).payBolt11(wallet().request, new PhaseClock()), { code: 'payment_pending' });
  await assert.rejects(client(url).status(), { code: 'connect_failed' });
  assert.deepEqual(strayed, []);
});

test('of an answer of absurd length only the beginning is read, and that is unknown', async (t) => {
  const { service, request } = wallet();
  const { result } = await service.payBolt11(request, new PhaseClock());
  const right = JSON.stringify({ ok: true, result });
  const url = await serve(t, async () => new Response(' '.repeat(1_000_000) + right, { status: 200 }));
  await assert.rejects(client(url).payBolt11(request, new PhaseClock()), { code: 'payment_pending' });
  const brief = await serve(t, async () => new Response(` ${right}`, { status: 200 }));
  assert.equal((await client(brief).payBolt11(request, new PhaseClock())).result.requestId, request.requestId);
});

test('an executor that lies about the preimage is found out by the buyer', async (t) => {
  const { service, request } = wallet();
  const { result } = await service.payBolt11(request, new PhaseClock());
  const url = await serve(t, async (asked) => {
    const { requestId } = await asked.json();
    return Response.json({
      ok: true,
      result: { ...result, requestId, payment: { ...result.payment, preimageHex: '00'.repeat(32) } },
    });
  });
  let visits = 0;
  const demand = { status: 402, headers: { 'www-authenticate': `L402 macaroon="AgEL", invoice="${request.invoice}"` } };
  const send = async () => ((visits += 1), new Response('', demand));
  const remote = client(url);
  const buyer = new L402Buyer({ service: remote, errorTable, walletId: 'w', windowMs: 1_000, send });
  const { l402_fetch } = l402Experiment(buyer);
  const policy = { maxAmountMsats: 20_000, hostAllowlist: ['seller.example'] };
  const answer = /** @type {any} */ (await l402_fetch({ url: 'http://seller.example/a', policy }));
  assert.deepEqual([answer.outcome, answer.code, visits], ['unknown', 'payment_missing_preimage', 1]);
});
