/**
 * WalletExecutionService over HTTP: an orchestrating Worker lets another runtime pay.
 *
 * Role: the same methods as the local service, spoken over the narrow, authenticated contract. A request that
 * may have arrived and was not answered in the contract's form has an unknown outcome: payment_pending, never
 * a failure. Must not know: L402, the SDK.
 */

import { ContractError } from '../wallet/errors.js';
import { jsonInteger } from '../wallet/money.js';
import { requireObject } from '../wallet/requests.js';
import { readBeginning } from './bounded.js';

const MAX_ANSWER_BYTES = 65_536;

export class HttpWalletService {
  /**
   * @param {{executor: {url: string, token: string, timeoutS: number},
   *   errorTable: import('../wallet/errors.js').ErrorTable, fetch?: typeof fetch}} options
   */
  constructor({ executor, errorTable, fetch: send = (input, init) => fetch(input, init) }) {
    this.executor = executor;
    this.errorTable = errorTable;
    this.send = send;
    this.backendMode = 'runtime';
    this.execution = 'executor';
  }

  /** Asks the executor; nothing can be paid by it. @returns {Promise<Record<string, any>>} */
  async status() {
    let answer;
    try {
      answer = await this.#call('/status', { method: 'GET' });
    } catch (error) {
      throw new ContractError('connect_failed', `the executor did not answer: ${kind(error)}; is it running?`);
    }
    if (answer.body?.ok !== true) throw this.#refusal(answer, 'connect_failed');
    const { ok, sdk, phases, ...status } = answer.body;
    return { ...status, executorSdk: sdk };
  }

  /**
   * @param {import('../wallet/service.js').PayRequest} request
   * @param {import('../wallet/phases.js').PhaseClock} clock
   * @returns {Promise<import('../wallet/pay_answer.js').PayAnswer>}
   */
  async payBolt11({ requestId, invoice, maxAmountMsats, host }, clock) {
    const payment = { invoice, maxAmountMsats: jsonInteger(maxAmountMsats), host };
    let answer;
    try {
      answer = await clock.time('pay', () =>
        this.#call('/pay-bolt11', { method: 'POST', body: JSON.stringify({ requestId, payment }) }),
      );
    } catch (error) {
      throw unknown(`no answer from the executor: ${kind(error)}`);
    }
    if (answer.body?.ok !== true) throw this.#refusal(answer, 'payment_pending');
    try {
      return { result: checkedResult(answer.body.result, requestId), balanceSats: null };
    } catch {
      throw unknown('the executor said paid, in a form that is not the contract');
    }
  }

  /** @param {string} path @param {RequestInit} init @returns {Promise<{status: number, body: any}>} */
  async #call(path, init) {
    const response = await this.send(`${this.executor.url}${path}`, {
      ...init,
      redirect: 'manual', // the token must not travel anywhere else
      headers: { authorization: `Bearer ${this.executor.token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(this.executor.timeoutS * 1000),
    });
    const { bytes } = await readBeginning(response, MAX_ANSWER_BYTES);
    try {
      const body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      return { status: response.status, body };
    } catch {
      return { status: response.status, body: null };
    }
  }

  /**
   * The executor's typed error, or `fallback` if it sent none.
   * @param {{status: number, body: any}} answer @param {string} fallback
   */
  #refusal({ status, body }, fallback) {
    const { code, message, details } = body?.error ?? {};
    if (typeof code === 'string' && this.errorTable.has(code) && this.errorTable.httpStatus(code) === status) {
      return new ContractError(code, `executor: ${String(message)}`, { details });
    }
    const text = `the executor answered HTTP ${status} without a typed error`;
    return fallback === 'payment_pending' ? unknown(text) : new ContractError(fallback, text);
  }
}

/** @param {unknown} value @param {string} requestId */
function checkedResult(value, requestId) {
  const result = requireObject(value, 'result');
  const payment = requireObject(result.payment, 'result.payment');
  requireObject(result.receipt, 'result.receipt');
  if (result.requestId !== requestId) throw new TypeError('answer to another request');
  for (const name of ['amountMsats', 'feeMsats', 'paidAtMs']) {
    if (!Number.isSafeInteger(payment[name])) throw new TypeError(`${name} is not a whole number`);
  }
  if (typeof payment.preimageHex !== 'string') throw new TypeError('no preimage');
  return result;
}

/** What went wrong, without the address or anything else of the message. @param {unknown} error */
function kind(error) {
  return error instanceof Error ? error.name : 'unknown error';
}

/** @param {string} text */
function unknown(text) {
  return new ContractError('payment_pending', `${text}; ask again with the same request id`, {
    details: { reason: 'executor' },
    afterSubmit: true,
  });
}
