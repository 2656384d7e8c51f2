// npm run build: the package's JavaScript. One file holds the engine, which a program's start has to read; what only a GPU needs lies beside it:
// the engine's side of it, loaded by setDevice, and the host, which is also a worker's whole program.

import { readFileSync } from 'node:fs';
import { build, type BuildOptions, type Plugin, transformSync } from 'esbuild';
import { parseAst, Visitor } from 'vite';

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

/**
 * Makes texts of kernels. gpu.js reads a kernel as text, and knows plain JavaScript without scopes; but who bundles the package minifies it,
 * and a minifier may well give a loop's variable the name of an argument.
 */
const quoted: Plugin = {
  name: 'quoted',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\]kernels[/\\]gpu[/\\].*\.ts$/ }, ({ path }) => {
      const { code } = transformSync(readFileSync(path, 'utf8'), {
        loader: 'ts',
        target: 'es2022',
        minifyWhitespace: true,
      });
      let contents = '';
      let end = 0;
      new Visitor({
        FunctionExpression(node) {
          const text = code.slice(node.start, node.end);
          if (!/^function *\(.*this\.thread/s.test(text)) return;
          contents += code.slice(end, node.start) + JSON.stringify(text);
          end = node.end;
        },
      }).visit(parseAst(code));
      return { contents: contents + code.slice(end), loader: 'js' };
    });
  },
};

const options: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: ['gpu.js'],
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  logLevel: 'warning',
};

for (const [name, source] of Object.entries(outputs))
  await build({
    ...options,
    entryPoints: [source],
    outfile: `dist/${name}.js`,
    plugins: [apart(name), quoted],
  });
