// Kernels that insist on all of their arguments. WebAssembly takes what is missing for 0, and drops what is too much, without a word.
import { setArithmetic } from '../../src/index.ts';

const { Instance } = WebAssembly;

function strict(name: string, kernel: (...numbers: number[]) => number): typeof kernel {
  return (...numbers) => {
    if (numbers.length === kernel.length) return kernel(...numbers);
    throw new Error(`${name} takes ${kernel.length} arguments, and got ${numbers.length}`);
  };
}

/** From now on, a kernel that the caller runs with another number of arguments than it takes throws. */
export function countArguments(): void {
  WebAssembly.Instance = class {
    exports: WebAssembly.Exports;
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      const items = Object.entries(new Instance(module, imports).exports);
      this.exports = Object.fromEntries(
        items.map(([name, item]) => [
          name,
          typeof item === 'function' ? strict(name, item as Parameters<typeof strict>[1]) : item,
        ]),
      );
    }
  };
  reload();
}

/** Undoes this. */
export function ignoreArguments(): void {
  WebAssembly.Instance = Instance;
  reload();
}

function reload(): void {
  setArithmetic('fast');
  setArithmetic('exact');
}
