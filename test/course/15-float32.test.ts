/*
 * 15. Float32
 *
 * Nearly every result is rounded (chapter 1). What does that do to sums, differences, and steps of learning? Why does
 * the order of a sum matter, and what has to be fixed so that the same program gives the same bits twice, on one core
 * or on eight?
 */
import { expect } from 'chai';
import {
  add,
  data,
  device,
  full,
  manualSeed,
  mean,
  mul,
  nn,
  optim,
  randn,
  randomState,
  setRandomState,
  square,
  sub,
  sum,
  tensor,
  type Tensor,
  variance,
} from '../../src/index.ts';

const { fround } = Math; // rounds a number of JavaScript's, float64, to the nearest float32

describe('15. Float32', () => {
  describe('rounding', () => {
    it('an operation is exact, then rounded: the error is at most 2⁻²⁴ of the result', () => {
      /*
       * From 2ᵉ to 2ᵉ⁺¹ float32 numbers are 2ᵉ⁻²³ apart, so none is further away than 2ᵉ⁻²⁴. If two are equally near,
       * the one that ends in a binary 0 is taken. Between 1 and 2, in steps of 2⁻²³:
       *   1 + 2⁻²⁴ lies halfway between 1 (step 0) and 1 + 2⁻²³ (step 1): to 1.
       *   1 + 3·2⁻²⁴ lies halfway between step 1 and step 2: to step 2, 1 + 2⁻²².
       */
      expect(add(tensor(1), 2 ** -24).item()).to.equal(1);
      expect(add(tensor(1 + 2 ** -23), 2 ** -24).item()).to.equal(1 + 2 ** -22);
      for (const [a, b] of [
        [1 / 3, 1 / 7],
        [1e10, 3],
        [0.1, -1e-20],
      ]) {
        const exact = fround(a) * fround(b); // 24 and 24 binary digits have 48: float64 has room for all of them
        expect(Math.abs(mul(tensor(a), b).item() - exact)).to.be.at.most(Math.abs(exact) * 2 ** -24);
      }
    });

    it('a difference of near numbers is exact, and shows how inexact they were', () => {
      /*
       * The variance as mean of squares less square of the mean is right on paper. For 8192 and 8194 it should be 1:
       *   8192² = 67,108,864 = 2²⁶             from here on, numbers are 8 apart
       *   8194² = 67,141,636, rounded to       67,141,632
       *   their mean                           67,125,248
       *   8193² = 67,125,249, rounded to       67,125,248
       * The difference is 0: all that it should have shown had been rounded away. First subtract, then square: ±1,
       * and 1.
       */
      const x = tensor([8192, 8194]);
      expect(sub(mean(square(x)), square(mean(x))).item()).to.equal(0);
      expect(mean(square(sub(x, mean(x)))).item()).to.equal(1);
      expect(variance(x, 0, { correction: 0 }).item()).to.equal(1); // what the library does
    });

    it('a step that is too small is no step', () => {
      /*
       * Below 1, numbers are 2⁻²⁴ apart. 1 − 2⁻²⁶ is nearer to 1 than to 1 − 2⁻²⁴, so a weight of 1 that is to move
       * by 2⁻²⁶ stays. After a hundred steps it should be lower by 100·2⁻²⁶ = 1.5·10⁻⁶; each time it is rounded back
       * to 1. A weight of 2⁻¹⁰ has room for that: there numbers are 2⁻³³ apart.
       */
      const w = tensor([1, 2 ** -10], { requiresGrad: true });
      const optimizer = new optim.SGD([w], { lr: 2 ** -26 });
      w.grad = tensor([1, 1]);
      for (let step = 0; step < 100; step++) optimizer.step();
      expect([...w.data]).to.deep.equal([1, 2 ** -10 - 100 * 2 ** -26]);
    });
  });

  describe('the order of a sum', () => {
    it('a + (b + c) is not (a + b) + c', () => {
      const big = 2 ** 24; // from here on, numbers are 2 apart
      const plus = (a: number, b: number) => fround(a + b);
      expect(plus(plus(big, 1), 1)).to.equal(big); // each 1 is lost, halfway, to the even neighbour
      expect(plus(big, plus(1, 1))).to.equal(big + 2); // together they count
    });

    it('one after the other, a long sum drifts: a million tenths make 100,958', () => {
      /*
       * As the total grows, what is added is rounded to the total's steps. From 65,536 = 2¹⁶ on they are 2⁻⁷ = 1/128,
       * and 0.1 = 12.8/128 counts as 13/128: 1.6 % too much, every time.
       */
      const tenth = fround(0.1);
      expect(fround(70_000 + tenth) - 70_000).to.equal(13 / 128);
      let total = 0;
      for (let i = 0; i < 1_000_000; i++) total = fround(total + tenth);
      expect(total).to.be.within(100_958, 100_959);
    });

    it('in blocks and lanes it does not: what is added has the size of what it is added to', () => {
      /*
       * The library cuts a sum into blocks of 4,096 terms, and deals each block to 16 lanes, 256 terms for each.
       * Lanes grow to 25.6, a block to 409.6, and only the 245 blocks' totals are added one by one. Their steps are
       * 2⁻⁷ at worst, of which half may be lost 245 times: less than 1. The lanes' steps are 2⁻¹⁹ at worst, of which
       * half may be lost a million times: less than 1, too.
       */
      expect(sum(full([1_000_000], 0.1)).item()).to.be.closeTo(100_000, 2);
    });

    it('the order is part of what sum means, so that it can be repeated anywhere', function () {
      if (device.info().adapter) this.skip(); // a GPU keeps to float32's accuracy, not to an order
      /*
       * Lane l takes the terms l, l + 16, l + 32, …; then the lanes are folded, the upper half onto the lower: 8, 4,
       * 2, 1. A processor has such lanes, and adds 4, 8 or 16 pairs at once. Plain loops that keep to the same order
       * give the same bits, and so do eight threads, if they take whole blocks.
       *
       * Of 2²⁴ 1 1, the 1 of lane 2 is added to lane 0, then that of lane 1: both are lost. Of 2²⁴ 1 0 1, lane 3 is
       * folded onto lane 1 first: 2, which counts.
       */
      const big = 2 ** 24;
      expect(sum(tensor([big, 1, 1])).item()).to.equal(big);
      expect(sum(tensor([big, 1, 0, 1])).item()).to.equal(big + 2);

      const lanesSum = (x: Float32Array) => {
        let total = 0;
        for (let begin = 0; begin < x.length; begin += 4096) {
          const lanes = new Float32Array(16); // its elements round, as float32 registers do
          x.subarray(begin, begin + 4096).forEach((value, i) => {
            lanes[i % 16] += value;
          });
          for (const half of [8, 4, 2, 1])
            for (let lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
          total = fround(total + lanes[0]);
        }
        return total;
      };
      manualSeed(1);
      const x = randn([10_000]);
      expect(lanesSum(x.data)).to.equal(sum(x).item()); // every bit
      const oneByOne = x.data.reduce((total, value) => fround(total + value));
      expect(oneByOne).not.to.equal(sum(x).item()); // as good an answer, but another
      expect(oneByOne).to.be.closeTo(sum(x).item(), 1e-2);
    });

    it('two roundings made into one are another result as well', () => {
      /*
       * Some processors compute a·b + c with a single rounding. (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴; rounded, the last term
       * is lost (halfway, to even). Less 1 + 2⁻¹¹, that is 0, but 2⁻²⁴ if nothing was rounded in between. It is more
       * exact, and faster; but a machine that lacks it cannot follow. So the library does without, unless told
       * otherwise.
       */
      const a = 1 + 2 ** -12;
      const c = -(1 + 2 ** -11);
      expect(add(mul(tensor(a), a), c).item()).to.equal(0);
      expect(fround(a * a + c)).to.equal(2 ** -24); // float64 has room for a·a, so fround is the only rounding
    });
  });

  describe('the same bits twice', () => {
    const digits = Array.from({ length: 24 }, (_, i) => i % 3);
    /** Everything that is random or remembers: dropout, shuffled batches, an optimizer with moments. */
    function start(seed: number) {
      manualSeed(seed);
      const examples = data.fromTensors(randn([24, 4]), digits);
      const model = new nn.FeedForward({ inputs: 4, hidden: 8, outputs: 3, dropout: 0.2 });
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
      const epoch = async () => {
        for await (const { x, y } of data.loader(examples, { batchSize: 5, shuffle: true })) {
          optimizer.zeroGrad();
          nn.crossEntropy(model.forward(x), y).backward();
          optimizer.step();
        }
      };
      return { model, optimizer, epoch };
    }
    const bits = (model: nn.Module) => model.parameters().map((parameter) => [...parameter.data]);

    it('from the same seed, learning takes the same way, to the last bit', async () => {
      /*
       * Random numbers are no stream that is shared by whoever comes first: number i of the n-th random operation is
       * a function of (seed, n, i) alone. So it does not matter who computes it, or how many share the work.
       */
      const learn = async (seed: number) => {
        const { model, epoch } = start(seed);
        for (let i = 0; i < 3; i++) await epoch();
        return bits(model);
      };
      const first = await learn(7);
      expect(await learn(7)).to.deep.equal(first);
      expect(await learn(8)).not.to.deep.equal(first);
    });

    it('interrupted, it goes on as if nothing had been: from weights, moments and the random state', async () => {
      const whole = start(7);
      for (let i = 0; i < 4; i++) await whole.epoch();

      const begun = start(7);
      for (let i = 0; i < 2; i++) await begun.epoch();
      const weights = Object.fromEntries(
        Object.entries(begun.model.stateDict()).map(([name, t]: [string, Tensor]) => [
          name,
          tensor([...t.data], t.shape as number[]), // a copy: the model would learn on in these
        ]),
      );
      const moments = begun.optimizer.stateDict();
      const random = randomState();

      const resumed = start(7);
      resumed.model.loadStateDict(weights);
      resumed.optimizer.loadStateDict(moments);
      setRandomState(random);
      for (let i = 0; i < 2; i++) await resumed.epoch();
      expect(bits(resumed.model)).to.deep.equal(bits(whole.model));

      // Without Adam's moments, it is another run: m and v would start at 0 again.
      const forgetful = start(7);
      forgetful.model.loadStateDict(weights);
      setRandomState(random);
      for (let i = 0; i < 2; i++) await forgetful.epoch();
      expect(bits(forgetful.model)).not.to.deep.equal(bits(whole.model));
    });
  });
});
