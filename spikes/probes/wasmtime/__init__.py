"""What is left of the SDK's WASM without a JavaScript engine: imports, pure calls and limits under wasmtime.

`python -m spikes.probes.wasmtime WASM` prints the finding. Must not know: how the SDK behaves elsewhere.
"""
