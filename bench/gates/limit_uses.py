"""What of a platform's limits is compared with what: one table of uses a platform.

Role: data for platform_limits.py: criterion, entry of limits.toml, where the reading comes from. Must not know: any
limit's value, verdicts. A use that decides is INCONCLUSIVE until it is measured; one that informs is only shown once it
was, and takes no part in any verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.evidence import Evidence, Numbered
from spikes.record import Outcome, Platform

Reading = Callable[[Evidence, str], Numbered[float] | None]
# Experiments in which the driver serves one request between the two looks at the emulator's journal.
_ONE_REQUEST = ("pay_exact", "pay_swap", "l402_paid")


@dataclass(frozen=True, kw_only=True)
class Use:
    """One limited resource. `fact` names its measurement; `reading` finds it, if it is more than the largest fact."""

    criterion: str
    limit: str
    what: str
    fact: str
    needs: str
    reading: Reading | None = None
    parts: tuple[str, ...] = ()  # facts that are only parts of the use: over the limit they refute, below it nothing
    routes: bool = False  # whether facts `<fact>.<route>`, other ways to the same end, are compared as information
    informs: bool = False

    def read(self, evidence: Evidence, runtime: str) -> Numbered[float] | None:
        """The largest reading of a runtime, or None if there is none."""
        return self.reading(evidence, runtime) if self.reading else evidence.largest(runtime, self.fact)


def _subrequests(evidence: Evidence, runtime: str) -> Numbered[float] | None:
    """The larger of what was traced and of the most calls that the emulator saw of one paying request."""
    paid = [a for a in evidence.of(runtime, *_ONE_REQUEST) if a.value.outcome is Outcome.PAID and a.value.calls.count]
    counts = [Numbered(line=a.line, value=float(a.value.calls.count)) for a in paid]
    traced = evidence.largest(runtime, "subrequests_max")
    return max([*counts, *([traced] if traced else [])], key=lambda n: n.value, default=None)


_CLOUDFLARE = (
    Use(
        criterion="limit_upload_size",
        limit="upload_raw_bytes",
        what="upload, uncompressed",
        fact="upload_raw_bytes",
        needs="all modules of the Worker as uploaded",
    ),
    Use(
        criterion="limit_upload_gzip",
        limit="upload_gzip_bytes",
        what="upload, gzip, by the limit that was in force until 2026-09-04",
        fact="upload_gzip_bytes",
        needs="all modules of the Worker, concatenated, zlib level 6",
        informs=True,
    ),
    Use(
        criterion="limit_startup_cpu",
        limit="startup_cpu_s",
        what="CPU before the first request",
        fact="startup_cpu_s",
        needs="isolate cold start without process start, with the calibration used",
    ),
    Use(
        criterion="limit_cpu_per_request",
        limit="cpu_per_request_s",
        what="CPU of the most expensive request",
        fact="cpu_per_request_s",
        needs="isolate-thread CPU of one request, cold and warm (workerd --async-trace)",
    ),
    Use(
        criterion="limit_memory",
        limit="memory_bytes",
        what="isolate memory, heap and wasm",
        fact="isolate_memory_bytes",
        needs="a heap snapshot's total after payments, with the wasm memory; a process's RSS is no answer",
        parts=("wasm_memory_bytes", "heap_bytes"),
    ),
    Use(
        criterion="limit_subrequests",
        limit="subrequests",
        what="network calls in one request",
        fact="subrequests_max",
        needs="the most fetches of one request; or a paid attempt with the emulator's call count",
        reading=_subrequests,
    ),
    Use(
        criterion="limit_connections",
        limit="connections",
        what="connections waiting for headers at once",
        fact="connections_max",
        needs="most fetches open at once (workerd --async-trace)",
    ),
)
_CONVEX_ISOLATE = (
    Use(
        criterion="limit_heap",
        limit="heap_bytes",
        what="JavaScript heap of one action",
        fact="heap_bytes",
        needs="the heap's peak over the payments, under a hard cap or from a snapshot",
    ),
    Use(
        criterion="limit_array_buffers",
        limit="array_buffer_bytes",
        what="ArrayBuffers of one action",
        fact="array_buffer_bytes",
        needs="the peak of ArrayBuffer bytes over the payments",
    ),
    Use(
        criterion="limit_analysis",
        limit="analysis_s",
        what="evaluating the modules at a push",
        fact="analysis_s",
        needs="the slowest module's evaluation, compilation of the WASM included",
    ),
    Use(
        criterion="limit_code_size",
        limit="bundle_bytes",
        what="code size of the deployment",
        fact="bundle_bytes",
        needs="all modules as the CLI pushes them, unzipped",
    ),
    Use(
        criterion="limit_bundle_zip",
        limit="bundle_zip_bytes",
        what="code of the deployment, zipped",
        fact="bundle_zip_bytes",
        needs="all modules as the CLI pushes them, zipped",
        informs=True,
    ),
    Use(
        criterion="limit_action_time",
        limit="action_s",
        what="the longest action",
        fact="action_s",
        needs="the longest action of the payments, from outside",
    ),
    Use(
        criterion="limit_arguments",
        limit="arguments_bytes",
        what="arguments of an action",
        fact="arguments_bytes",
        needs="the largest arguments of a call",
    ),
    Use(
        criterion="limit_result",
        limit="result_bytes",
        what="result of an action",
        fact="result_bytes",
        needs="the largest result of a call",
    ),
)
_CONVEX_NODE = (
    Use(
        criterion="limit_process_memory",
        limit="process_memory_bytes",
        what="memory of the Node process",
        fact="process_memory_bytes",
        needs="the process's peak RSS over the payments",
    ),
    Use(
        criterion="limit_bundle_zip",
        limit="bundle_zip_bytes",
        what="code and external packages, zipped",
        fact="bundle_zip_bytes",
        needs="the route that this run pays by: modules as pushed with its external packages, zipped",
        routes=True,
    ),
    Use(
        criterion="limit_bundle_unzipped",
        limit="bundle_unzipped_bytes",
        what="code and external packages, unzipped",
        fact="bundle_unzipped_bytes",
        needs="modules as pushed with their external packages, unzipped",
        routes=True,
        informs=True,
    ),
    Use(
        criterion="limit_code_size",
        limit="bundle_bytes",
        what="code size of the deployment",
        fact="bundle_bytes",
        needs="all modules as the CLI pushes them, unzipped, without external packages",
    ),
    Use(
        criterion="limit_analysis",
        limit="analysis_s",
        what="evaluating the modules at a push",
        fact="analysis_s",
        needs="the import of all modules in a fresh process",
    ),
    Use(
        criterion="limit_action_time",
        limit="action_s",
        what="the longest action",
        fact="action_s",
        needs="the longest action of the payments, from outside",
    ),
    Use(
        criterion="limit_arguments",
        limit="arguments_bytes",
        what="arguments of an action",
        fact="arguments_bytes",
        needs="the largest arguments of a call",
    ),
    Use(
        criterion="limit_result",
        limit="result_bytes",
        what="result of an action",
        fact="result_bytes",
        needs="the largest result of a call",
        informs=True,
    ),
)
USES: Mapping[Platform, tuple[Use, ...]] = {
    Platform.CLOUDFLARE: _CLOUDFLARE,
    Platform.CONVEX_ISOLATE: _CONVEX_ISOLATE,
    Platform.CONVEX_NODE: _CONVEX_NODE,
    Platform.NONE: (),
}
