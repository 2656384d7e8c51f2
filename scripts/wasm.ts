// Compiles the WebAssembly kernels (AssemblyScript) into src/kernels/wasm/binary.ts, unless that is made of these sources already.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import asc from 'assemblyscript/asc';

const root = resolve(import.meta.dirname, '..');
const assembly = resolve(root, 'src/kernels/wasm/assembly');
const target = resolve(root, 'src/kernels/wasm/binary.ts');
const flags = [
  ...['-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', '--enable', 'threads'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
];
/** Both lie in one memory, so their constants must not. */
const modules = {
  binary: { source: 'index.ts', flags },
  fusedBinary: { source: 'fused.ts', flags: [...flags, '--enable', 'relaxed-simd', '--memoryBase', '24576'] },
};

const hash = createHash('sha256').update(readFileSync(import.meta.filename));
for (const file of readdirSync(assembly).sort()) hash.update(readFileSync(resolve(assembly, file)));
const header = `// The kernels in assembly/, compiled by scripts/wasm.ts, in base64. Sources: ${hash.digest('hex').slice(0, 16)}`;

if (!existsSync(target) || !readFileSync(target, 'utf8').startsWith(header)) {
  let text = `${header}\n`;
  for (const [name, { source, flags }] of Object.entries(modules)) {
    const bytes = await compile(source, flags);
    text += `export const ${name}: string =\n  '${bytes.toString('base64')}';\n`;
    console.log(`compiled the WebAssembly kernels of ${source}: ${bytes.length} bytes`);
  }
  writeFileSync(target, text);
}

async function compile(source: string, flags: string[]): Promise<Buffer> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [`src/kernels/wasm/assembly/${source}`, '--baseDir', root, '--outFile', 'kernels.wasm', ...flags],
    {
      writeFile(name, contents) {
        if (name.endsWith('.wasm') && typeof contents !== 'string') binary = contents;
      },
    },
  );
  if (!error && binary) return Buffer.from(binary);
  console.error(stderr.toString());
  process.exit(1);
}
