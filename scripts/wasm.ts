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

const hash = createHash('sha256').update(readFileSync(import.meta.filename));
for (const file of readdirSync(assembly).sort()) hash.update(readFileSync(resolve(assembly, file)));
const header = `// The kernels in assembly/, compiled by scripts/wasm.ts, in base64. Sources: ${hash.digest('hex').slice(0, 16)}`;

if (!existsSync(target) || !readFileSync(target, 'utf8').startsWith(header)) {
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
  const memory = Buffer.from('\x03env\x06memory\x02', 'latin1'); // the import's two names, and its kind
  const sharedFlag = Buffer.from(binary).indexOf(memory) + memory.length;
  if (binary[sharedFlag] !== 3) throw new Error('the kernels do not import a shared memory');
  const text = Buffer.from(binary).toString('base64');
  const flag = `/** Where the binary says that the memory it imports is shared (3): 1 makes it an ordinary one. */\nexport const sharedFlag = ${sharedFlag};\n`;
  writeFileSync(target, `${header}\nexport const binary: string =\n  '${text}';\n\n${flag}`);
  console.log(`compiled the WebAssembly kernels: ${binary.length} bytes`);
}
