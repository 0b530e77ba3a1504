/**
 * Typed errors of the wallet-execution contract, and the table that says what each code means.
 *
 * Role: one class to throw, one table to ask. Must not know: HTTP servers, the SDK.
 * The table is data (errors.json) and is handed in by the host: workerd imports JSON without import
 * attributes, Node only with them, so no shared module can import it itself.
 */

import { redact } from './redaction.js';

/** An error with a code of errors.json; `message` is safe to show and says what to do next. */
export class ContractError extends Error {
  /**
   * @param {string} code a key of errors.json
   * @param {string} message
   * @param {{details?: Record<string, unknown>, afterSubmit?: boolean}} [options]
   *   afterSubmit: the payment had been handed to the network when this happened
   */
  constructor(code, message, { details, afterSubmit = false } = {}) {
    super(message);
    this.name = 'ContractError';
    this.code = code;
    this.details = details;
    this.afterSubmit = afterSubmit;
  }
}

/**
 * @typedef {{http: number, definite: boolean, outcome: string, class: string, tell: string}} Meaning of a code
 * @typedef {{reason: string, match: string, code?: string}} SdkText what an error text of the SDK means
 * @typedef {{codes: Record<string, Meaning>, sdk: SdkText[], tellAfterPayment: string}} ErrorsJson
 */

/** What an SDK error is called that errors.json does not know: a gap there, which a test looks for. */
export const UNMAPPED = 'sdk_unmapped';

/** What the codes mean. Asking for a code that is not in the table is a defect and throws. */
export class ErrorTable {
  /** @param {ErrorsJson} json */
  constructor({ codes, sdk, tellAfterPayment }) {
    this.codes = codes;
    this.tellAfterPayment = tellAfterPayment;
    this.sdk = sdk.map(({ match, ...text }) => ({ ...text, pattern: new RegExp(match, 'i') }));
  }

  /** @param {string} code @returns {Meaning} */
  #entry(code) {
    const entry = Object.hasOwn(this.codes, code) ? this.codes[code] : undefined;
    if (!entry) throw new Error(`error code ${code} is not in errors.json; add it there`);
    return entry;
  }

  /** @param {string} code */
  has(code) {
    return Object.hasOwn(this.codes, code);
  }

  /** HTTP status of the contract's envelope. @param {string} code */
  httpStatus(code) {
    return this.#entry(code).http;
  }

  /** True when no money can have left because of the call. @param {string} code */
  isDefinite(code) {
    return this.#entry(code).definite;
  }

  /** Outcome that an experiment reports. @param {string} code */
  outcome(code) {
    return this.#entry(code).outcome;
  }

  /** What kind of trouble it is, e.g. "policy_denied". @param {string} code */
  classOf(code) {
    return this.#entry(code).class;
  }

  /** What the user is told. @param {string} code @param {boolean} hasPaid money moved before the error */
  tell(code, hasPaid) {
    const { outcome, tell } = this.#entry(code);
    return hasPaid && outcome !== 'paid' ? this.tellAfterPayment : tell;
  }

  /**
   * What an error text of the SDK means.
   * @param {string} text
   * @returns {{reason: string, code?: string}} code: in place of the one of the step that failed
   */
  sdkFailure(text) {
    const { reason, code } = this.sdk.find(({ pattern }) => pattern.test(text)) ?? { reason: UNMAPPED };
    return code ? { reason, code } : { reason };
  }

  /** An error of the SDK in one line, its reason first. @param {unknown} error */
  sdkText(error) {
    const text = errorText(error);
    return `${this.sdkFailure(text).reason}: ${text}`;
  }

  /**
   * An error of the SDK before anything was submitted, as one of the contract.
   * @param {string} code of the step that failed @param {string} what failed @param {unknown} error
   * @param {string} advice what to do next
   */
  sdkError(code, what, error, advice) {
    const { reason, code: own = code } = this.sdkFailure(errorText(error));
    return new ContractError(own, `${what}: ${this.sdkText(error)}; ${advice}`, { details: { reason } });
  }
}

/**
 * Any thrown value as a ContractError. What is not one already is a defect, and indefinite.
 * @param {unknown} error
 * @returns {ContractError}
 */
export function asContractError(error) {
  if (error instanceof ContractError) return error;
  return new ContractError('internal_error', `unexpected: ${errorText(error)}; look in the driver's log`);
}

/** The SDK appends a gRPC answer's headers, dates included: nothing that helps, and never the same twice. */
const GRPC_TAIL = /, details: \[[^\]]*\], metadata: MetadataMap \{ headers: \{[^}]*\} \}/g;

/** Text of any thrown value in one line, without secrets. @param {unknown} error @returns {string} */
export function errorText(error) {
  const text = error instanceof Error ? error.message || error.name : error;
  const line = typeof text === 'string' ? text : String(JSON.stringify(text));
  return redact(line.replace(GRPC_TAIL, '').replace(/\s+/g, ' '));
}
