// npm run build: the package's JavaScript. One file holds the engine, which a program's start has to read; what only a GPU needs lies beside it:
// the engine's side of it, loaded by setDevice, and the host, which is also a worker's whole program.

import { build, type BuildOptions, type Plugin } from 'esbuild';

/** Each output, and its source. An import of a source from another one becomes an import of its output. */
const outputs: Record<string, string> = {
  index: 'src/index.ts',
  gpu: 'src/kernels/gpu/index.ts',
  host: 'src/kernels/gpu/host.ts',
};

const apart = (own: string): Plugin => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point') return undefined;
      const folder = importer.replace(/[^/\\]*$/, '');
      const target = new URL(path, `file://${folder}`).pathname;
      const output = Object.keys(outputs).find(
        (name) => name !== own && target.endsWith(`/${outputs[name]}`),
      );
      return output === undefined ? undefined : { path: `./${output}.js`, external: true };
    });
  },
});

const options: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: ['gpu.js'],
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
};

for (const [name, source] of Object.entries(outputs))
  await build({
    ...options,
    // Kernels are read as text by gpu.js, which knows only plain JavaScript.
    minifySyntax: name !== 'host',
    entryPoints: [source],
    outfile: `dist/${name}.js`,
    plugins: [apart(name)],
  });
