/**
 * The limits of Convex's Node runtime that the stand-in keeps or holds measurements against.
 *
 * Role: numbers in one place; their sources stand in spikes/limits.toml. Must not know: who enforces them.
 */

export const CALL_TIMEOUT_MS = 600_000;
export const ARGUMENTS_LIMIT_BYTES = 5 * 1024 * 1024;
export const RESULT_LIMIT_BYTES = 6_000_000;
/** Of the 512 MB of a process; the rest is for wasm, code, stacks and buffers. */
export const OLD_SPACE_MB = 460;
/** Not a limit of Convex: a module that hangs while it is imported must not hang a run. */
export const ANALYSIS_TIMEOUT_MS = 60_000;
