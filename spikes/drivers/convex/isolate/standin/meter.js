/**
 * What one call takes of its isolate.
 *
 * Role: samples, because V8 tells the present and not the past: every few milliseconds, whenever the function comes
 * to the host, and at the end. Between two of these it may have held more. Must not know: limits.
 */

import v8 from 'node:v8';

/** Heap of an isolate that has served nobody: what earlier calls have left is not the present one's. */
const FRESH_HEAP_BYTES = heapBytes();

export class CallMeter {
  static INTERVAL_MS = 5;

  /** @param {() => number} hostBytes array buffers that the host itself has come to hold */
  constructor(hostBytes) {
    this.hostBytes = hostBytes;
    this.startedAt = performance.now();
    this.cpuAtStart = process.threadCpuUsage();
    this.buffersAtStart = process.memoryUsage().arrayBuffers - hostBytes();
    this.heapAtStart = heapBytes();
    this.heapPeakBytes = 0;
    this.arrayBuffersPeakBytes = 0;
    /** @type {WebAssembly.Memory | null} */
    this.memory = null;
  }

  /** @param {WebAssembly.Memory} memory of the first instance that has one */
  watch(memory) {
    this.memory ??= memory;
  }

  /** @returns {number} bytes in array buffers, now */
  sample() {
    const arrayBuffers = process.memoryUsage().arrayBuffers - this.hostBytes() - this.buffersAtStart;
    this.heapPeakBytes = Math.max(this.heapPeakBytes, heapBytes() - this.heapAtStart + FRESH_HEAP_BYTES);
    this.arrayBuffersPeakBytes = Math.max(this.arrayBuffersPeakBytes, arrayBuffers);
    return arrayBuffers;
  }

  /** Time that the isolate's own thread has worked, in seconds. */
  cpuS() {
    const { user, system } = process.threadCpuUsage(this.cpuAtStart);
    return (user + system) / 1e6;
  }

  figures() {
    return {
      heapPeakBytes: this.heapPeakBytes,
      arrayBuffersPeakBytes: this.arrayBuffersPeakBytes,
      wasmMemoryBytes: this.memory?.buffer.byteLength ?? 0,
      cpuS: this.cpuS(),
      wallS: (performance.now() - this.startedAt) / 1000,
    };
  }
}

function heapBytes() {
  return v8.getHeapStatistics().used_heap_size;
}
