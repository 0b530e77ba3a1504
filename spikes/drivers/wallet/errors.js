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

/** What the codes mean. Asking for a code that is not in the table is a defect and throws. */
export class ErrorTable {
  /** @param {{codes: Record<string, {http: number, definite: boolean, outcome: string}>}} json */
  constructor(json) {
    this.codes = json.codes;
  }

  /** @param {string} code */
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
