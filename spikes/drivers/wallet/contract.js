/**
 * The wallet-execution contract over HTTP: routes, authentication, error envelope.
 *
 * Role: a function from a web Request to a web Response, the same in every host. Must not know: which service
 * executes, which host serves.
 */

import { isAuthorized } from './auth.js';
import { ContractError, asContractError } from './errors.js';
import { PhaseClock } from './phases.js';
import { readBody, readPayment, readRequestId, requireObject } from './requests.js';

/**
 * @typedef {object} Service executes payments: LocalWalletService or HttpWalletService
 * @property {(clock: PhaseClock) => Promise<Record<string, any>>} status
 * @property {(request: import('./service.js').PayRequest, clock: PhaseClock)
 *   => Promise<import('./pay_answer.js').PayAnswer>} payBolt11
 * @property {string} backendMode what moves the money
 * @property {string} execution where the wallet runs: "isolate" or "executor"
 * @property {StateOf} [stateOf] absent where the wallet's books are another runtime's
 *
 * @typedef {(requestId: string) => Promise<RequestState | null>} StateOf what is known of a request; null: nothing
 *
 * @typedef {object} RequestState
 * @property {'approved' | 'in_flight' | 'unknown' | 'paid' | 'failed' | 'blocked' | 'cached'} state approved: every
 *   limit is passed and nothing is submitted; in_flight: it may have been; unknown: it may have been, and nobody is at it
 * @property {string | null} [code] why, where it is not paid
 * @property {Record<string, any> | null} [receipt] of a request that is over
 *
 * @typedef {(input: Record<string, unknown>) => Promise<Record<string, unknown>>} Experiment
 *
 * @typedef {object} Driver what a host puts together
 * @property {string} runtime
 * @property {string | null} sdk name and version, null where no SDK is built
 * @property {import('./errors.js').ErrorTable} errorTable
 * @property {string} token
 * @property {Service} service
 * @property {Record<string, Experiment>} experiments
 * @property {{stateOf?: StateOf}} [buyer] whoever takes requests that end in a payment
 */

/** Of a purchase that is not over yet. */
const OPEN_STATES = new Set(['approved', 'in_flight', 'unknown']);

/** @param {Driver} driver @returns {(request: Request) => Promise<Response>} */
export function createContract(driver) {
  return async (request) => {
    /** @type {{requestId: string | null}} */
    const context = { requestId: null };
    try {
      return json(200, await route(driver, request, context));
    } catch (thrown) {
      return refusal(driver.errorTable, asContractError(thrown), context.requestId);
    }
  };
}

/**
 * For a driver whose settings are wrong: it lives, says so, and does nothing else.
 * @param {{runtime: string, sdk: string | null, errorTable: import('./errors.js').ErrorTable}} driver
 * @param {unknown} error @returns {(request: Request) => Promise<Response>}
 */
export function createRefusingContract(driver, error) {
  return async (request) =>
    isHealthCheck(request) ? json(200, health(driver)) : refusal(driver.errorTable, asContractError(error), null);
}

/** @param {Driver} driver @param {Request} request @param {{requestId: string | null}} context */
async function route(driver, request, context) {
  if (isHealthCheck(request)) return health(driver);
  if (!(await isAuthorized(request.headers.get('authorization'), driver.token))) {
    throw new ContractError('unauthorized', 'the bearer token is missing or wrong; send Authorization: Bearer <token>');
  }
  const { pathname } = new URL(request.url);
  const experiment = /^\/experiments\/([a-z0-9_-]{1,64})$/.exec(pathname);
  if (request.method === 'GET' && pathname === '/status') return status(driver);
  const asked = /^\/requests\/([^/]+)$/.exec(pathname);
  if (request.method === 'GET' && asked) return requestState(driver, asked[1], context);
  if (request.method === 'POST' && pathname === '/pay-bolt11') return payBolt11(driver, request, context);
  if (request.method === 'POST' && experiment) return runExperiment(driver, experiment[1], request, context);
  throw new ContractError(
    'not_found',
    'no such route; there are GET /healthz, GET /status, GET /requests/{requestId}, POST /pay-bolt11, ' +
      'POST /experiments/{name}',
  );
}

/** @param {Request} request */
function isHealthCheck(request) {
  return request.method === 'GET' && new URL(request.url).pathname === '/healthz';
}

/** @param {{runtime: string, sdk: string | null}} driver */
function health({ runtime, sdk }) {
  return { ok: true, runtime, sdk };
}

/** @param {Driver} driver */
async function status({ service, sdk }) {
  const clock = new PhaseClock();
  return { ok: true, ...(await service.status(clock)), sdk, phases: clock.phases };
}

/**
 * What is known of a request, while it is under way too: no SDK is built or asked for it.
 * @param {Driver} driver @param {string} text @param {{requestId: string | null}} context
 */
async function requestState({ service, buyer }, text, context) {
  const requestId = readRequestId(text);
  context.requestId = requestId;
  const bought = (await buyer?.stateOf?.(requestId)) ?? null;
  // While a purchase is open, how far its payment has come is the wallet's to say.
  const isOpen = bought === null || OPEN_STATES.has(bought.state);
  const known = (isOpen ? await service.stateOf?.(requestId) : null) ?? bought;
  if (!known) throw new ContractError('not_found', 'this request id was never heard of, or nothing came of it');
  return { ok: true, requestId, state: known.state, code: known.code ?? null, receipt: known.receipt ?? null };
}

/** @param {Driver} driver @param {Request} request @param {{requestId: string | null}} context */
async function payBolt11({ service }, request, context) {
  const body = await readBody(request);
  context.requestId = readRequestId(body.requestId);
  const payment = readPayment(requireObject(body.payment, 'payment'), context.requestId);
  const clock = new PhaseClock();
  const { result } = await service.payBolt11(payment, clock);
  return { ok: true, requestId: context.requestId, result, phases: clock.phases };
}

/**
 * @param {Driver} driver @param {string} name @param {Request} request
 * @param {{requestId: string | null}} context
 */
async function runExperiment({ experiments }, name, request, context) {
  const { input = {}, ...rest } = await readBody(request);
  if (Object.keys(rest).length) throw new ContractError('invalid_request', 'send {"input": {...}} and nothing else');
  const values = requireObject(input, 'input');
  if (!Object.hasOwn(experiments, name)) return unsupported(name);
  if (values.requestId !== undefined) context.requestId = readRequestId(values.requestId);
  return { ok: true, experiment: name, ...(await experiments[name](values)) };
}

/** First-class answer: the driver does not know this experiment. @param {string} name */
function unsupported(name) {
  const reason = 'this driver has no such experiment';
  return { ok: true, experiment: name, outcome: 'unsupported', code: 'unsupported', reason, claim: null, phases: [] };
}

/**
 * @param {import('./errors.js').ErrorTable} errorTable @param {ContractError} error
 * @param {string | null} requestId
 */
function refusal(errorTable, { code, message, details }, requestId) {
  return json(errorTable.httpStatus(code), {
    ok: false,
    error: { requestId, code, message, ...(details ? { details } : {}) },
  });
}

/** Answers may hold a preimage: nobody may keep them. @param {number} status @param {unknown} body */
function json(status, body) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}
