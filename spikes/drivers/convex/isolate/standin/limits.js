/**
 * What a Convex deployment allows its functions, as far as the stand-in keeps it.
 *
 * Sources: Convex's documentation (production/state/limits, functions/runtimes, functions/bundling), read 2026-11-22.
 * Must not know: how they are enforced.
 */

const MIB = 2 ** 20;

/** A user's heap is documented as 64 MiB; V8 is given half as much again before it ends the isolate. */
export const HEAP_MB = 96;
export const DOCUMENTED_HEAP_MB = 64;
export const ARRAY_BUFFERS_BYTES = 64 * MIB;
export const ARGUMENTS_BYTES = 16 * MIB;
export const RESULT_BYTES = 16 * MIB;
export const HTTP_RESPONSE_BYTES = 20 * MIB;
/** For each module of a push; and, only here, for all of them with all their waiting. */
export const ANALYSIS_S = 4;
export const ANALYSIS_WALL_S = 60;
export const ACTION_S = 1800;
/** Time at work of a query or mutation, and how long it may take with all its waiting. */
export const TRANSACTION_CPU_S = 1;
export const TRANSACTION_WALL_S = 15;
/** Actions that a self-hosted deployment runs at once unless it is told otherwise; others wait. */
export const ACTIONS_AT_ONCE = 16;
export const LOG_LINES = 256;
export const LOG_LINE_CHARACTERS = 4096;
export const REDIRECTS = 20;

/** Not Convex's: after so many calls an isolate is replaced (see pool.js), before what is left of them tells. */
export const CALLS_OF_AN_ACTION_ISOLATE = 8;
export const CALLS_OF_A_TRANSACTION_ISOLATE = 200;
/** A context of a query or mutation leaves some 0.4 MB: that is the stand-in's, so it has room of its own. */
export const TRANSACTION_HEAP_MB = HEAP_MB + 96;
