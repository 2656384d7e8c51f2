// Which calls go to a GPU: the cost model with made-up devices, what is remembered of a device, and the verbs that can go.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { forgetRates, ratesOf } from '../../src/kernels/gpu/calibration.ts';
import { explain, onCpu, onGpu, type Rates, speedOf, type Work, wins } from '../../src/kernels/gpu/cost.ts';
import { collapse, rowMajor, spread } from '../../src/kernels/gpu/strided.ts';
import { verbs } from '../../src/kernels/gpu/verbs.ts';
import { tensor, zeros } from '../../src/index.ts';

const cpu: Rates['cpu'] = { launch: 0.001, memory: 20, products: [{ size: 64, gflops: 50 }] };

/** A good GPU: 10 TFLOP/s on large products, 400 GB/s, behind a bus of 10 GB/s; 0.05 ms to begin, 0.2 ms to be asked. */
const fast: Rates = {
  gpu: {
    launch: 0.05,
    wait: 0.2,
    up: 10,
    down: 10,
    memory: 400,
    product: 'tiled',
    products: [
      { size: 64, gflops: 10 },
      { size: 1024, gflops: 10_000 },
    ],
  },
  cpu,
};

/** One that computes no faster than the CPU, and takes longer to begin. */
const slow: Rates = {
  gpu: {
    launch: 1,
    wait: 2,
    up: 1,
    down: 1,
    memory: 10,
    product: 'plain',
    products: [{ size: 64, gflops: 5 }],
  },
  cpu,
};

const product = (size: number, where: 'here' | 'there'): Work => ({
  flops: 2 * size ** 3,
  bytes: 12 * size * size,
  missing: where === 'here' ? 8 * size * size : 0,
  away: where === 'there' ? 8 * size * size : 0,
});

const pass = (floats: number, where: 'here' | 'there'): Work => ({
  flops: 0,
  bytes: 8 * floats,
  missing: where === 'here' ? 4 * floats : 0,
  away: where === 'there' ? 4 * floats : 0,
});

describe('the cost of a call', () => {
  it('on the CPU is the time to begin, and to compute, or to touch the bytes if that takes longer', () => {
    // 2·1000³ operations at 50 GFLOP/s are 40 ms; 12 MB at 20 GB/s would be 0.6 ms.
    expect(onCpu(fast, product(1000, 'here')).parts).to.deep.equal({ launch: 0.001, compute: 40 });
    // 8 MB at 20 GB/s are 0.4 ms.
    expect(onCpu(fast, pass(1e6, 'here')).total).to.be.closeTo(0.401, 1e-9);
  });

  it('what is on the GPU only has to come back first', () => {
    // 4 MB at 10 GB/s are 0.4 ms, after 0.2 ms of waiting.
    expect(onCpu(fast, pass(1e6, 'there')).parts).to.deep.equal({
      launch: 0.001,
      fetch: 0.2 + 0.4,
      compute: 0.4,
    });
  });

  it('on the GPU, what is missing there has to be sent', () => {
    expect(onGpu(fast, pass(1e6, 'here')).parts).to.deep.equal({ launch: 0.05, send: 0.4, compute: 0.02 });
    expect(onGpu(fast, pass(1e6, 'there')).parts).to.deep.equal({ launch: 0.05, compute: 0.02 });
  });

  it('the speed of a product lies between those measured, by their logarithms; outside it is that of the nearest', () => {
    const speeds = fast.gpu.products;
    expect(speedOf(speeds, 2 * 8 ** 3)).to.equal(10);
    expect(speedOf(speeds, 2 * 64 ** 3)).to.be.closeTo(10, 1e-9);
    // 256 lies in the middle of 64 and 1024, as 2⁸ between 2⁶ and 2¹⁰; the mean of 10 and 10,000 is then √100,000.
    expect(speedOf(speeds, 2 * 256 ** 3)).to.be.closeTo(Math.sqrt(100_000), 1e-6);
    expect(speedOf(speeds, 2 * 5000 ** 3)).to.equal(10_000);
  });
});

describe('a call goes to the GPU', () => {
  it('if it is large enough for a fast one, wherever its operands are', () => {
    expect(wins(fast, product(1024, 'here'))).to.equal(true);
    expect(wins(fast, product(1024, 'there'))).to.equal(true);
  });

  it('not if it is small', () => {
    expect(wins(fast, product(32, 'here'))).to.equal(false);
    expect(wins(fast, pass(100, 'here'))).to.equal(false);
  });

  it('not for a pass over what is here: sending it takes longer than the pass', () => {
    expect(wins(fast, pass(1e6, 'here'))).to.equal(false);
  });

  it('but for a pass over what is there, however small: asking for it would take longer', () => {
    expect(wins(fast, pass(1e6, 'there'))).to.equal(true);
    expect(wins(fast, pass(1, 'there'))).to.equal(true);
  });

  it('never to a slow one with what is here', () => {
    for (const size of [1, 32, 256, 1024, 4096])
      expect(wins(slow, product(size, 'here')), `${size}`).to.equal(false);
    for (const floats of [1, 1e4, 1e8]) expect(wins(slow, pass(floats, 'here')), `${floats}`).to.equal(false);
  });

  it('the more of its operands are there, the rather', () => {
    const work = fc.record({
      flops: fc.integer({ min: 0, max: 1e10 }),
      bytes: fc.integer({ min: 4, max: 1e9 }),
      missing: fc.integer({ min: 0, max: 1e9 }),
      away: fc.integer({ min: 0, max: 1e9 }),
    });
    fc.assert(
      fc.property(work, fc.double({ min: 0, max: 1, noNaN: true }), (one, part) => {
        const moved = { ...one, missing: one.missing * (1 - part), away: one.away + one.missing * part };
        return !wins(fast, one) || wins(fast, moved);
      }),
    );
  });

  it('and explain says why, in both cases', () => {
    const text = explain(
      fast,
      'matmul [1024, 1024] [1024, 1024]',
      { flops: 2 * 1024 ** 3, bytes: 12 * 2 ** 20 },
      8 * 2 ** 20,
    );
    expect(text.split('\n')).to.have.length(3);
    expect(text).to.match(
      /operands on the CPU: GPU [\d.]+ ms \(launch .*, send .*, compute .*\), CPU 43 ms \(.*\) {2}→ {2}GPU/,
    );
    expect(text).to.match(/operands on the GPU: .*fetch/);
    expect(explain(slow, 'neg [10]', { flops: 0, bytes: 80 }, 40)).to.match(/on the CPU: .*→ {2}CPU\n/);
  });
});

describe('what was measured of a device', () => {
  let folder: string;
  let warnings: string[];
  const warn = (problem: string) => void warnings.push(problem);
  const file = () => join(folder, 'gpu.json');

  beforeEach(() => {
    warnings = [];
    folder = mkdtempSync(join(tmpdir(), 'typegrad-cache-'));
    process.env.TYPEGRAD_CACHE = folder;
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    delete process.env.TYPEGRAD_CACHE;
  });

  /** How often it was measured. */
  function measuring(rates: Rates) {
    const measure = Object.assign(
      async () => {
        measure.count++;
        return rates;
      },
      { count: 0 },
    );
    return measure;
  }

  it('is measured once for each device, and remembered', async () => {
    const [first, second] = [measuring(fast), measuring(slow)];
    expect(await ratesOf('one', first, warn)).to.deep.equal(fast);
    expect(await ratesOf('other', second, warn)).to.deep.equal(slow);
    expect(await ratesOf('one', first, warn)).to.deep.equal(fast);
    expect([first.count, second.count]).to.deep.equal([1, 1]);
    expect(warnings).to.deep.equal([]);
  });

  it('can be forgotten', async () => {
    const measure = measuring(fast);
    await ratesOf('one', measure, warn);
    await forgetRates();
    await forgetRates(); // there is nothing any more: no error
    await ratesOf('one', measure, warn);
    expect(measure.count).to.equal(2);
  });

  it('of another version is measured again, without a word', async () => {
    writeFileSync(file(), JSON.stringify({ version: 0, devices: { one: 'in another form' } }));
    expect(await ratesOf('one', measuring(fast), warn)).to.deep.equal(fast);
    expect(warnings).to.deep.equal([]);
    expect(JSON.parse(readFileSync(file(), 'utf8')).version).to.equal(1);
  });

  it('if the file is damaged, it is measured again, after a warning that names the file', async () => {
    const { gpu } = fast;
    const wrong = [
      { ...fast, gpu: { ...gpu, up: null } },
      { ...fast, gpu: { ...gpu, up: -1 } },
      { ...fast, gpu: { ...gpu, product: 'best' } },
      { ...fast, gpu: { ...gpu, products: [] } },
      { ...fast, gpu: { ...gpu, products: [{ size: 64 }] } },
      { ...fast, cpu: undefined },
      17,
    ];
    const texts = [
      '',
      '{',
      'null',
      '[]',
      '{"version":1}',
      ...wrong.map((one) => JSON.stringify({ version: 1, devices: { one } })),
    ];
    for (const text of texts) {
      warnings = [];
      writeFileSync(file(), text);
      expect(await ratesOf('one', measuring(fast), warn), text).to.deep.equal(fast);
      expect(warnings, text).to.have.length(1);
      expect(warnings[0]).to.include(file());
    }
  });

  it('where nothing can be written, it is measured each time', async () => {
    process.env.TYPEGRAD_CACHE = join(folder, 'file', 'below');
    writeFileSync(join(folder, 'file'), '');
    const measure = measuring(fast);
    await ratesOf('one', measure, warn);
    await ratesOf('one', measure, warn);
    expect(measure.count).to.equal(2);
  });
});

describe('a call as a command', () => {
  it('its operands come first, what it writes is its result', () => {
    const [a, b, y] = [zeros([2, 3]), zeros([3]), zeros([2, 3])];
    expect(verbs.add?.([a, b, y])).to.deep.equal([{ args: [a, b], results: [y] }]);
  });

  it('a product says how many operations it has', () => {
    const call = verbs.matmul?.([zeros([5, 7]), zeros([5, 3]), { transposeA: true }, zeros([7, 3])]);
    expect(call?.[0].flops).to.equal(2 * 7 * 5 * 3);
  });

  it('an optimizer becomes a call for each parameter, which writes the parameter and its state', () => {
    const [p, g, m, v] = [zeros([2]), zeros([2]), zeros([2]), zeros([2])];
    const calls = verbs.adam?.([
      [
        [p, g, m, v],
        [v, g, m, p],
      ],
      { lr: 1 },
    ]);
    expect(calls).to.have.length(2);
    expect(calls?.[0].args).to.deep.equal([p, g, m, v, { lr: 1 }]);
    expect(calls?.[0].results.every((result, i) => result === [p, m, v][i])).to.equal(true);
  });

  it('a copy of all of y can go, a copy into a part of it cannot', () => {
    const [x, y] = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      zeros([2, 2]),
    ];
    const whole = { offset: 0, strides: [2, 1] };
    const transposed = { offset: 0, strides: [1, 2] };
    expect(verbs.copy?.([x, transposed, [2, 2], whole, y])).to.have.length(1);
    expect(verbs.copy?.([x, whole, [2, 2], transposed, y])).to.equal(undefined);
    expect(verbs.copy?.([x, whole, [1, 2], { offset: 2, strides: [2, 1] }, y])).to.equal(undefined);
    expect(verbs.copy?.([x, { offset: 3, strides: [-2, -1] }, [2, 2], whole, y])).to.equal(undefined);
  });
});

describe('axes are joined', () => {
  it('where they continue each other', () => {
    expect(collapse([2, 3, 4], [12, 4, 1])).to.deep.equal({ sizes: [24], strides: [1] });
    expect(collapse([2, 3, 4], [4, 8, 1])).to.deep.equal({ sizes: [2, 3, 4], strides: [4, 8, 1] });
    expect(collapse([2, 1, 4], [4, 99, 1])).to.deep.equal({ sizes: [8], strides: [1] });
  });

  it('without changing which element stands where', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.boolean()), (shape, coins) => {
        const from = shape.map((size) => (coins.next().value ? size : 1));
        const strides = spread(from, shape);
        expect(places(collapse(shape, strides))).to.deep.equal(places({ sizes: shape, strides }));
      }),
    );
  });

  /** The offsets of all elements, in order. */
  function places({ sizes, strides }: { sizes: readonly number[]; strides: readonly number[] }): number[] {
    let all = [0];
    sizes.forEach((size, axis) => {
      all = all.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * strides[axis]));
    });
    return all;
  }

  it('row-major order has steps of the sizes behind', () => {
    expect(rowMajor([2, 3, 4])).to.deep.equal([12, 4, 1]);
    expect(spread([3, 1], [2, 3, 4])).to.deep.equal([0, 1, 0]);
  });
});
