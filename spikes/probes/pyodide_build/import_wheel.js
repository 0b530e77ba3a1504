/**
 * Tries to import the SDK's native wheel in Pyodide, as it is, and to start a thread there.
 *
 * Role: prints one JSON line {"import": "...", "threads": "..."}: the error of each, or "works".
 * Must not know: what the answers mean. Usage: node import_wheel.js FOLDER PACKAGE PYODIDE
 */

import { pathToFileURL } from 'node:url';
import process, { argv, stderr, stdout } from 'node:process';

const [folder, name, pyodideModule] = argv.slice(2);

const TRIES = `
import importlib, json, sys, threading

def ending(work):
    try:
        work()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "works"

sys.path.append("/wheel")
json.dumps({
    "import": ending(lambda: importlib.import_module(name)),
    "threads": ending(lambda: threading.Thread(target=int).start()),
})
`;

// Node would show the line that threw: of Pyodide, a megabyte.
process.on('uncaughtException', (error) => {
  stderr.write(`${error.message}\n`);
  process.exit(1);
});
const { loadPyodide } = await import(pathToFileURL(pyodideModule).href);
const pyodide = await loadPyodide({ stdout: () => {}, stderr: () => {} });
pyodide.mountNodeFS('/wheel', folder);
pyodide.globals.set('name', name);
stdout.write(`${pyodide.runPython(TRIES)}\n`);
