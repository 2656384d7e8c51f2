// Compiles the WebAssembly kernels (AssemblyScript) and writes them, as text, to src/kernels/wasm/binary.ts.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import asc from 'assemblyscript/asc';

const root = resolve(import.meta.dirname, '..');
const flags = [
  ...['-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', '--enable', 'threads'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
];

let binary: Uint8Array | undefined;
const { error, stderr } = await asc.main(
  ['src/kernels/wasm/assembly/index.ts', '--baseDir', root, '--outFile', 'kernels.wasm', ...flags],
  {
    writeFile(name, contents) {
      if (name.endsWith('.wasm') && typeof contents !== 'string') binary = contents;
    },
  },
);
if (error || !binary) {
  console.error(stderr.toString());
  process.exit(1);
}
const text = Buffer.from(binary).toString('base64');
const header = '// Made by scripts/wasm.ts from the sources in assembly/: the kernels, in base64. Not to be edited.';
writeFileSync(resolve(root, 'src/kernels/wasm/binary.ts'), `${header}\nexport const binary =\n  '${text}';\n`);
console.log(`src/kernels/wasm/binary.ts: ${binary.length} bytes of WebAssembly`);
