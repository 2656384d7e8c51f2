// Every verb of the GPU against the reference: right values, and on the GPU wherever a GPU can.
import { expect } from 'chai';
import fc from 'fast-check';
import type { Client } from '../../src/kernels/gpu/client.ts';
import type { Link } from '../../src/kernels/gpu/link.ts';
import { programs } from '../../src/kernels/gpu/programs/index.ts';
import { verbs } from '../../src/kernels/gpu/verbs.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { axisView, sizeOf, Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { openGpu } from '../support/gpu.ts';
import { clientOf, type Finding, sweep, tolerances } from './sweep.ts';

interface Shaders {
  createShaderModule(shader: { code: string }): unknown;
}

/** The places of the elements that a shader of gpu.js reads: x in get_user_a(0, 0, x). */
function placesOf(shader: string): string[] {
  return [...shader.matchAll(/get_user_\w+\(0, 0, /g)].map(({ index, 0: { length } }) => {
    const rest = shader.slice(index + length);
    let depth = 1;
    let end = 0;
    for (; depth > 0 && end < rest.length; end++) depth += rest[end] === '(' ? 1 : rest[end] === ')' ? -1 : 0;
    return rest.slice(0, end - 1);
  });
}

describe('the verbs of a GPU', () => {
  let link: Link;
  let client: Client;
  let findings: Finding[];
  const shaders: string[] = [];

  before(async function () {
    this.timeout(300_000);
    const opened = await openGpu();
    if (!opened) return this.skip();
    link = opened;
    client = clientOf(link);
    const native = (globalThis as { GPUDevice?: { prototype: Shaders } }).GPUDevice?.prototype;
    const original = native?.createShaderModule;
    if (native && original)
      native.createShaderModule = function (shader) {
        shaders.push(shader.code);
        return original.call(this, shader);
      };
    findings = await sweep(link);
    if (native && original) native.createShaderModule = original;
  });

  after(() => link?.end());

  it('have a program each, and a tolerance', () => {
    const names = Object.keys(verbs).sort();
    expect(Object.keys(programs).sort()).to.deep.equal(names);
    expect(Object.keys(tolerances).sort()).to.deep.equal(names);
  });

  for (const verb of Object.keys(verbs))
    it(`${verb} is the reference's`, () => {
      const own = findings.filter((finding) => finding.verb === verb);
      expect(own.length).to.be.above(10);
      const problems = own.filter(({ problem }) => problem !== undefined);
      expect(problems.map(({ what, problem }) => `${what}: ${problem}`)).to.deep.equal([]);
    });

  it('find places in whole numbers: a float32 holds those up to 2²⁴ only', function () {
    if (link.description.backend !== 'webgpu') return this.skip();
    const places = shaders.flatMap(placesOf);
    expect(places.length).to.be.above(100);
    const inFloats = places.filter((place) => place.includes('f32('));
    // Copies of four axes, and what is found by an index: verbs.ts keeps both below 2²⁴. The digits of 1/2π are few.
    const known = /user_first|user_e\*|get_user_(index|labels|aMatrix|bMatrix)\(/;
    expect(inFloats.filter((place) => !known.test(place))).to.deep.equal([]);
    expect(inFloats).to.have.lengthOf(7);
  });

  it('a tensor that is larger than the device allows goes to the CPU', async () => {
    const small = clientOf({
      description: { ...link.description, largest: 4 * 100 },
      waits: link.waits,
      send: (commands) => link.send(commands),
      read: (id, to) => link.read(id, to),
      fetch: (id, to) => link.fetch(id, to),
      end: () => {},
      lose: () => {},
    });
    const gpu = small.over(reference);
    for (const [size, where] of [
      [100, 'gpu'],
      [101, 'cpu'],
    ] as const) {
      const y = zeros([size]);
      gpu.exp(zeros([size]), y);
      expect(small.counters.exp[where], `[${size}]`).to.equal(1);
      expect([...(await y.storage.fetch())]).to.deep.equal(Array(size).fill(1));
    }
  });

  it('copies of any axes, steps and sizes', async () => {
    const gpu = client.over(reference);
    const axis = fc.record({ size: fc.integer({ min: 1, max: 9 }), step: fc.integer({ min: 0, max: 20 }) });
    const layout = fc.tuple(fc.array(axis, { maxLength: 4 }), fc.nat(30));
    await fc.assert(
      fc.asyncProperty(layout, async ([axes, offset]) => {
        const sizes = axes.map(({ size }) => size);
        const strides = axes.map(({ step }) => step);
        const last = axes.reduce((place, { size, step }) => place + (size - 1) * step, offset);
        const x = tensor(Float32Array.from({ length: last + 1 }, (_, i) => i));
        const to = { offset: 0, strides: sizes.map((_, i) => sizeOf(sizes.slice(i + 1))) };
        const [mine, theirs] = [zeros(sizes), zeros(sizes)];
        const before = client.counter('copy').gpu;
        gpu.copy(x, { offset, strides }, sizes, to, mine);
        reference.copy(x, { offset, strides }, sizes, to, theirs);
        expect(client.counter('copy').gpu).to.equal(before + 1);
        expect([...(await mine.storage.fetch())]).to.deep.equal([...theirs.storage.read()]);
      }),
      { numRuns: 200 },
    );
  }).timeout(60_000);

  it('broadcasts of any shapes of up to four axes', async () => {
    const gpu = client.over(reference);
    const axis = fc.record({
      size: fc.integer({ min: 1, max: 6 }),
      a: fc.boolean(),
      b: fc.boolean(),
    });
    const axes = fc.tuple(fc.array(axis, { maxLength: 4 }), fc.nat(4));
    await fc.assert(
      fc.asyncProperty(axes, async ([axes, missing]) => {
        const shapeOf = (which: 'a' | 'b') => axes.map((axis) => (axis[which] ? axis.size : 1));
        const count = (shape: number[]) => Float32Array.from({ length: sizeOf(shape) }, (_, i) => i + 1);
        const [whole, short] = [shapeOf('a'), shapeOf('b').slice(missing)];
        const shape = axes.map(({ size, a, b }, i) => (a || (b && i >= missing) ? size : 1));
        const [a, b] = [tensor(count(whole), whole), tensor(count(short), short)];
        const [mine, theirs] = [zeros(shape), zeros(shape)];
        gpu.sub(a, b, mine);
        reference.sub(a, b, theirs);
        expect([...(await mine.storage.fetch())]).to.deep.equal([...theirs.storage.read()]);
      }),
      { numRuns: 200 },
    );
  }).timeout(60_000);
});

/** No device is needed to know what one is not asked for. Tensors of such sizes are not made: only shapes count. */
describe('the calls that a GPU is not asked for', () => {
  const like = (...shape: number[]): Tensor =>
    Object.create(Tensor.prototype, {
      shape: { value: shape },
      storage: { value: { length: sizeOf(shape) } },
    });
  const asked = (verb: keyof typeof verbs, ...args: unknown[]): boolean => verbs[verb]?.(args) !== undefined;

  it('indices above 2²⁴, which a float32 does not hold', () => {
    for (const [size, isAsked] of [
      [2 ** 24, true],
      [2 ** 24 + 1, false],
    ] as const) {
      const [x, view, y] = [like(1, size), axisView([1, size], 1), like(1, 3)];
      expect(asked('gather', x, view, new Int32Array(3), y), `gather of ${size}`).to.equal(isAsked);
      expect(asked('select', x, view, new Int32Array(3), y), `select of ${size}`).to.equal(isAsked);
    }
    for (const [rows, isAsked] of [
      [2 ** 18, true],
      [2 ** 18 + 1, false],
    ] as const) {
      const logits = like(rows, 64);
      expect(asked('crossEntropy', logits, new Int32Array(rows), like(rows)), `${rows}`).to.equal(isAsked);
      const stack = [like(rows, 2, 32), like(32, 1), {}, like(rows, 2, 1)];
      expect(asked('matmul', ...stack), 'a long stack').to.equal(false);
      const wide = [like(2, rows, 32), like(32, 1), {}, like(2, rows, 1)];
      expect(asked('matmul', ...wide), `a stack of 2·${32 * rows}`).to.equal(isAsked);
    }
  });

  it('more threads along an axis than WebGPU launches: 8·65,535, and 65,535 along the third', () => {
    const far = 600_000;
    const view = (...shape: number[]) => axisView(shape, 1);
    expect(asked('sum', like(far, 2, 1), view(far, 2, 1), like(far, 1))).to.equal(false);
    expect(asked('sum', like(1, 2, far), view(1, 2, far), like(1, far))).to.equal(false);
    expect(asked('argmax', like(far, 2, 1), view(far, 2, 1), like(far, 1))).to.equal(false);
    expect(asked('softmax', like(70_000, 2, 2), view(70_000, 2, 2), like(70_000, 2, 2))).to.equal(false);
    expect(asked('softmax', like(1, far, 1), view(1, far, 1), like(1, far, 1))).to.equal(false);
    expect(asked('logSumExp', like(70_000, 2, 2), view(70_000, 2, 2), like(70_000, 2))).to.equal(true);
    expect(asked('gather', like(1, 9), view(1, 9), new Int32Array(far), like(1, far))).to.equal(false);
    expect(asked('matmul', like(far, 1), like(1, 2), {}, like(far, 2))).to.equal(false);
    expect(asked('matmul', like(2, 1), like(1, far), {}, like(2, far))).to.equal(false);
    expect(asked('matmul', like(70_000, 1, 1), like(1, 1), {}, like(70_000, 1, 1))).to.equal(false);
    expect(asked('linear', like(far, 1), like(2, 1), undefined, like(far, 2))).to.equal(false);
    expect(asked('layerNorm', like(far, 2), undefined, undefined, 1e-5, like(far, 2))).to.equal(false);
    expect(asked('crossEntropy', like(far, 2), new Int32Array(far), like(far))).to.equal(false);
    expect(asked('exp', like(far), like(far))).to.equal(true);
    expect(asked('add', like(far), like(1), like(far))).to.equal(true);
    expect(asked('add', like(far, 2), like(far, 1), like(far, 2))).to.equal(false);
  });

  it('places in four axes above 2²⁴, which are found in float32', () => {
    const copy = (size: number) =>
      asked(
        'copy',
        like(size),
        { offset: 0, strides: [1, 0, 2, 0] },
        [2, 3, 2, 3],
        {
          offset: 0,
          strides: [18, 6, 3, 1],
        },
        like(2, 3, 2, 3),
      );
    expect(copy(2 ** 24)).to.equal(true);
    expect(copy(2 ** 24 + 1)).to.equal(false);
  });
});
