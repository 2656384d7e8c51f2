/*
 * 23. Saving and resuming
 *
 * Training takes hours, and machines stop. What must be written down, so that a run goes on as if nothing had happened?
 * The weights are the least of it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  data,
  io,
  manualSeed,
  mul,
  nn,
  optim,
  rand,
  randn,
  randomState,
  setRandomState,
  sum,
  type Tensor,
  tensor,
  train,
} from '../../src/index.ts';

/** A step down the slope g, which is the same everywhere: L = g·w. */
function step(w: Tensor, optimizer: optim.Optimizer<any>, g = 1): void {
  optimizer.zeroGrad();
  sum(mul(w, g)).backward();
  optimizer.step();
}

const parameter = (value: number) => new nn.Parameter(tensor([value]));

describe('23. Saving and resuming', () => {
  describe('what an optimizer remembers', () => {
    it('is a velocity: without it the ball starts from rest again', () => {
      /*
       * Momentum ½, η = 1, slope 1 (chapter 10): u ← u/2 + 1, w ← w − u.
       *
       *   u: 1, 3/2, 7/4      w: −1, −5/2, −17/4
       *
       * Broken off after two steps, with the weight alone, u is 0 again and the third step is 1 long, not 7/4.
       */
      const options = { lr: 1, momentum: 1 / 2 };
      const w = parameter(0);
      const whole = new optim.SGD([w], options);
      for (let i = 0; i < 2; i++) step(w, whole);
      expect(w.item()).to.equal(-5 / 2);
      const saved = whole.stateDict();
      step(w, whole);
      expect(w.item()).to.equal(-17 / 4);

      const forgetful = parameter(-5 / 2);
      step(forgetful, new optim.SGD([forgetful], options));
      expect(forgetful.item()).to.equal(-7 / 2);

      const mindful = parameter(-5 / 2);
      const resumed = new optim.SGD([mindful], options);
      resumed.loadStateDict(saved);
      step(mindful, resumed);
      expect(mindful.item()).to.equal(-17 / 4);
    });

    it('is, for Adam, also how many steps it has taken: the bias correction divides by 1 − βᵗ', () => {
      /*
       * β₁ = ½, β₂ = ¾, slope 1 first, then slope 0. After step 1: m = ½, v = ¼, both corrected to 1, so w moves by η.
       *
       * Step 2, t = 2:  m = ¼, m̂ = ¼ / (1 − ¼) = ⅓;   v = 3/16, v̂ = (3/16) / (1 − 9/16) = 3/7;   Δ = ⅓ / √(3/7) ≈ 0.509
       * With a count that is wrong, say 1,000, nothing is corrected any more:  Δ = ¼ / √(3/16) = 1/√3 ≈ 0.577: too far.
       */
      const options = { lr: 1, betas: [1 / 2, 3 / 4] as const, eps: 0 };
      const w = parameter(0);
      const adam = new optim.Adam([w], options);
      step(w, adam);
      const saved = adam.stateDict();
      const at = w.item();
      step(w, adam, 0);
      expect(at - w.item()).to.be.closeTo(1 / 3 / Math.sqrt(3 / 7), 1e-6);

      const later = (count: number) => {
        const copy = parameter(at);
        const resumed = new optim.Adam([copy], options);
        resumed.loadStateDict({ ...saved, state: { 0: { ...saved.state[0], step: count } } });
        step(copy, resumed, 0);
        return at - copy.item();
      };
      expect(later(1)).to.equal(at - w.item());
      expect(later(1000)).to.be.closeTo(1 / Math.sqrt(3), 1e-6);
    });
  });

  describe('what chance remembers', () => {
    it('is a seed, and how many random operations there were: the next one is the same again', () => {
      manualSeed(7);
      rand([3]);
      const saved = randomState();
      expect(saved).to.deep.equal({ seed: 7, stream: 1 });
      const next = rand([3]).data;
      manualSeed(8);
      expect(rand([3]).data).not.to.deep.equal(next);
      setRandomState(saved);
      expect(rand([3]).data).to.deep.equal(next);
    });

    it('decides the order of the samples; in mid-epoch, the order that the epoch began with', async () => {
      const samples = data.fromTensors(tensor([[0], [1], [2], [3], [4], [5]]), [0, 1, 2, 3, 4, 5]);
      const loader = data.loader(samples, { batchSize: 2, shuffle: true });
      const labelsOf = async (pass: AsyncIterable<data.Batch<Tensor, Int32Array>>) => {
        const seen: number[][] = [];
        for await (const { y } of pass) seen.push([...y]);
        return seen;
      };
      manualSeed(3);
      const begun = randomState();
      const whole = await labelsOf(loader.batches());
      expect(whole.flat().sort()).to.deep.equal([0, 1, 2, 3, 4, 5]);
      setRandomState(begun);
      expect(await labelsOf(loader.batches(1))).to.deep.equal(whole.slice(1)); // the first batch is done
    });
  });

  describe('how a number is written', () => {
    it('in binary it comes back as it was; in six decimals it is another number', () => {
      // ⅓ is not a float32: the nearest one is 11184811 / 2²⁵ = 0.3333333432674407958984375.
      const third = tensor([1 / 3]);
      const bytes = io.toSafetensors({ third });
      expect(io.parseSafetensors(bytes).third.item()).to.equal(11184811 / 2 ** 25);
      expect(tensor([Number(third.item().toFixed(6))]).item()).not.to.equal(third.item());
    });

    it('a safetensors file is a length, a table of contents in JSON, and the numbers one after the other', () => {
      const bytes = io.toSafetensors({ w: tensor([[1, 2]]) });
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const header = Number(view.getBigUint64(0, true));
      const contents = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + header)));
      expect(contents.w).to.deep.equal({ dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] });
      expect([view.getFloat32(8 + header, true), view.getFloat32(12 + header, true)]).to.deep.equal([1, 2]);
    });
  });

  describe('a whole run', () => {
    const folder = mkdtempSync(join(tmpdir(), 'typegrad-course-'));
    const path = join(folder, 'run.safetensors');
    after(() => rmSync(folder, { recursive: true }));

    /** Noisy points on two sides of a line, a small network with dropout, Adam. */
    const makeRun = () => {
      manualSeed(1);
      const x = randn([64, 2]);
      const labels = Array.from({ length: 64 }, (_, i) => (x.data[2 * i] > x.data[2 * i + 1] ? 1 : 0));
      const model = new nn.FeedForward({ inputs: 2, hidden: 8, outputs: 2, dropout: 0.5 });
      return {
        model,
        options: {
          data: data.loader(data.fromTensors(x, labels), { batchSize: 16, shuffle: true }),
          loss: nn.crossEntropy as (output: Tensor, labels: Int32Array) => Tensor,
          optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
        },
      };
    };
    const weights = (model: nn.Module) => model.parameters().map(({ data }) => [...data]);

    it('goes on from its checkpoint to the same bits as one that was never broken off', async () => {
      const whole = makeRun();
      await train.fit(whole.model, { ...whole.options, epochs: 4 });

      const first = makeRun();
      const callbacks = [train.checkpoint(path)];
      await train.fit(first.model, { ...first.options, epochs: 2, callbacks });
      expect(weights(first.model)).not.to.deep.equal(weights(whole.model));

      const second = makeRun(); // another day: everything is made anew
      const history = await train.fit(second.model, {
        ...second.options,
        epochs: 4,
        callbacks,
        resume: path,
      });
      expect(history.map(({ epoch }) => epoch)).to.deep.equal([1, 2, 3, 4]);
      expect(weights(second.model)).to.deep.equal(weights(whole.model));
    });

    it('with the weights alone it goes on, too, but elsewhere', async () => {
      const whole = makeRun();
      await train.fit(whole.model, { ...whole.options, epochs: 4 });
      const { model: saved } = (await io.loadCheckpoint(path)) as { model: nn.StateDict };
      const third = makeRun();
      third.model.loadStateDict(saved);
      await train.fit(third.model, { ...third.options, epochs: 2 });
      expect(weights(third.model)).not.to.deep.equal(weights(whole.model));
    });

    it('half a file is none: it is refused, and so a file is written beside the old one first, and then takes its name', async () => {
      const bytes = readFileSync(path);
      const half = join(folder, 'half.safetensors');
      writeFileSync(half, bytes.subarray(0, bytes.length / 2));
      expect(await io.loadCheckpoint(half).catch((error) => error.name)).to.equal('DataError');
      await io.saveCheckpoint(path, { only: 'this' }); // over the old one: at no time is there half of either
      expect(await io.loadCheckpoint(path)).to.deep.equal({ only: 'this' });
    });
  });
});
