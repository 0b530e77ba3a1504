/**
 * What a deployment's calls have taken so far.
 *
 * Role: keeps the largest of each. Must not know: limits, calls.
 */

import { CallMeter } from './meter.js';

const NOTHING = { heapPeakBytes: 0, arrayBuffersPeakBytes: 0, wasmMemoryBytes: 0, actionPeakS: 0 };

export class Figures {
  constructor() {
    this.push = { analysisS: 0, bundleBytes: 0, bundleZipBytes: 0 };
    this.peaks = { ...NOTHING, argumentsBytesPeak: 0, resultBytesPeak: 0 };
    this.counts = { calls: 0, queries: 0, mutations: 0 };
    this.lastActionS = 0;
    this.actionCpuS = 0;
  }

  /** @param {{analysisS: number, bundleBytes: number, bundleZipBytes: number}} push */
  pushed(push) {
    this.push = push;
  }

  /** @param {any} figures null if the isolate died @param {number} argumentsBytes @param {number} resultBytes */
  action(figures, argumentsBytes, resultBytes) {
    this.counts.calls += 1;
    this.#raise({ argumentsBytesPeak: argumentsBytes, resultBytesPeak: resultBytes });
    if (!figures) return;
    this.lastActionS = figures.wallS;
    this.actionCpuS += figures.cpuS;
    const { heapPeakBytes, arrayBuffersPeakBytes, wasmMemoryBytes, wallS } = figures;
    this.#raise({ heapPeakBytes, arrayBuffersPeakBytes, wasmMemoryBytes, actionPeakS: wallS });
  }

  /** @param {'query' | 'mutation'} udf @param {number} argumentsBytes @param {number} resultBytes */
  transaction(udf, argumentsBytes, resultBytes) {
    this.counts[udf === 'query' ? 'queries' : 'mutations'] += 1;
    this.#raise({ argumentsBytesPeak: argumentsBytes, resultBytesPeak: resultBytes });
  }

  told() {
    const { lastActionS, actionCpuS } = this;
    return { ...this.push, ...this.peaks, ...this.counts, lastActionS, actionCpuS };
  }

  /**
   * The same for a record: each figure with how it was measured.
   * @returns {{name: string, value: number, how: string}[]}
   */
  facts() {
    const { analysisS } = this.push;
    const { heapPeakBytes, arrayBuffersPeakBytes, actionPeakS, argumentsBytesPeak, resultBytesPeak } = this.peaks;
    const { calls, queries, mutations } = this.counts;
    const often = `every ${CallMeter.INTERVAL_MS} ms and at each call of the host`;
    const sampled = `largest of ${calls} actions, sampled ${often}`;
    const sized = `largest of ${calls} actions, ${queries} queries and ${mutations} mutations`;
    return [
      fact(
        'heap_bytes',
        heapPeakBytes,
        `V8 used heap, garbage included, less what earlier calls have left; ${sampled}`,
      ),
      fact('array_buffer_bytes', arrayBuffersPeakBytes, `array buffers less the host's own; ${sampled}`),
      fact('analysis_s', analysisS, 'CPU of the thread that evaluates it, dearest module of the push'),
      fact('action_s', actionPeakS, `from a fresh context to the answer, longest of ${calls} actions`),
      fact('arguments_bytes', argumentsBytesPeak, `body or JSON text, ${sized}`),
      fact('result_bytes', resultBytesPeak, `body or JSON text, ${sized}`),
    ];
  }

  /** @param {Record<string, number>} figures */
  #raise(figures) {
    const peaks = /** @type {Record<string, number>} */ (this.peaks);
    for (const [name, value] of Object.entries(figures)) peaks[name] = Math.max(peaks[name], value);
  }
}

/** @param {string} name @param {number} value @param {string} how */
function fact(name, value, how) {
  return { name, value, how };
}
