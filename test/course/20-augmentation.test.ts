/*
 * 20. Augmentation
 *
 * A 3 that is moved by two pixels is a 3. A network does not know that unless it has seen it: to its first layer, these
 * are other numbers on other weights. More examples would help (chapter 13), and some can be made of those we have: in
 * each epoch, every image a little turned, moved, covered or blurred. How is an image moved by half a pixel? What may be
 * changed, when, and what of the label?
 */
import { expect } from 'chai';
import {
  type Tensor,
  arange,
  data,
  linear,
  log,
  manualSeed,
  nn,
  ones,
  optim,
  scope,
  tensor,
  train,
} from '../../src/index.ts';

const { augment } = data;

/** What becomes of one image; a range from a number to itself leaves nothing to chance. */
const moved = (change: data.augment.Augmentation, image: number[][]): number[][] =>
  (change({ x: tensor([image]), y: new Int32Array(1) }).x.toArray() as number[][][])[0];
const exactly = (value: number): [number, number] => [value, value];

describe('20. Augmentation', () => {
  describe('why a moved 3 is not a 3 to a layer', () => {
    it('the same stroke, two pixels further, meets other weights', () => {
      /*
       * A unit that has learned the stroke 0 1 1 0 0 has weights of that form. On the stroke itself it says 1 + 1 = 2,
       * one pixel further 1·0 + 1·1 = 1, two pixels further 0: as much as on an empty image.
       */
      const stroke = [[0, 1, 1, 0, 0]];
      const heard = [0, 1 / 5, 2 / 5].map((part) => {
        const further = moved(augment.shift({ x: exactly(part) }), stroke);
        return linear(tensor(further), tensor(stroke)).item();
      });
      expect(heard).to.deep.equal([2, 1, 0]);
    });
  });

  describe('how an image is moved', () => {
    it('each pixel of the result asks where it came from; the other way round would leave holes', () => {
      /*
       * Twice as large about the centre: pixel j of 4 goes to 1.5 + 2(j − 1.5), that is to −1.5, 0.5, 2.5, 4.5. None of
       * these is a pixel. Backwards, pixel j comes from 1.5 + (j − 1.5)/2 = 0.75, 1.25, 1.75, 2.25, and there the image
       * can be read: between two pixels, in proportion.
       *
       *   0.75: 0 + ¾·8 = 6     1.25: 8 + ¼·(16 − 8) = 10     1.75: 8 + ¾·8 = 14     2.25: 16 + ¼·16 = 20
       */
      const row = [0, 8, 16, 32];
      expect(moved(augment.scale([2, 2]), [row, row, row, row])[1]).to.deep.equal([6, 10, 14, 20]);
    });

    it('between four pixels: along both rows first, then from one row to the other', () => {
      /*
       * Moved to the left by ¼ pixel and up by ½ (parts of a width and a height of 2), the upper left pixel comes from
       * column ¼, row ½:
       *
       *   upper row  1 + ¼·(5 − 1) = 2      lower row  9 + ¼·(21 − 9) = 12      halfway  2 + ½·(12 − 2) = 7
       *
       * That is 1·⅜ + 5·⅛ + 9·⅜ + 21·⅛: each pixel counts by the area of the square opposite to it.
       */
      const image = [
        [1, 5],
        [9, 21],
      ];
      const [[upperLeft]] = moved(augment.shift({ x: exactly(-1 / 8), y: exactly(-1 / 4) }), image);
      expect(upperLeft).to.equal(7);
    });

    it('what comes from outside is `fill`, the value of the background', () => {
      // Half a pixel to the right, on white paper (1): the first pixel is half paper, ½·1 + ½·0.
      const right = augment.shift({ x: exactly(1 / 6) }, { fill: 1 });
      expect(moved(right, [[0, 0.5, 1]])).to.deep.equal([[0.5, 0.25, 0.75]]);
    });

    it('a quarter of a turn, and nothing is lost', () => {
      /*
       * Counter-clockwise by r about the centre, with rows that run downwards, (x, y) goes to
       * (x cos r + y sin r, −x sin r + y cos r). For r = 90° that is (y, −x), so (x, y) comes from (−y, x): the upper left
       * pixel, (−1, −1), from (1, −1), the upper right one.
       */
      const image = [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ];
      const turned = moved(augment.rotate(exactly(90)), image);
      expect(turned).to.deep.equal([
        [3, 6, 9],
        [2, 5, 8],
        [1, 4, 7],
      ]);
      // Four of them are none, to the last bit. Eight of 45° are not: each one reads between pixels, and blurs.
      const times = (n: number, degrees: number) =>
        Array.from({ length: n }).reduce<number[][]>(
          (last) => moved(augment.rotate(exactly(degrees)), last),
          image,
        );
      expect(times(4, 90)).to.deep.equal(image);
      expect(times(8, 45)).not.to.deep.equal(image);
    });
  });

  describe('noise', () => {
    /** What a loader gives of x in each of `epochs` epochs. */
    async function seen(
      x: Tensor,
      epochs: number,
      transforms: data.augment.Augmentation[],
    ): Promise<Float32Array[]> {
      const loader = data.loader(data.fromTensors(x, new Uint8Array(x.shape[0])), { transforms });
      const passes: Float32Array[] = [];
      for (let epoch = 0; epoch < epochs; epoch++)
        for await (const batch of loader) passes.push(batch.x.data.slice());
      return passes;
    }

    it('is another number for each pixel, in each epoch: added once, it would be part of the images', async () => {
      /*
       * σ = ½. Over 400 epochs, the mean of what a network sees of a pixel strays from the pixel by σ/√400 = 1/40: it learns
       * the image, and that it is not to be taken to the last digit. Noise that was added once, before training, stays where
       * it is, σ away: then it is one more thing to be learned by heart (chapter 13).
       */
      manualSeed(1);
      const x = ones([8, 12]);
      const passes = await seen(x, 400, [augment.noise({ std: 1 / 2 })]);
      const stray = (values: ArrayLike<number>) =>
        Math.sqrt(Array.from(values, (value) => (value - 1) ** 2).reduce((a, b) => a + b) / values.length);
      const mean = x.data.map((_, i) => passes.reduce((sum, pass) => sum + pass[i], 0) / 400);
      expect(stray(mean)).to.be.closeTo(1 / 40, 0.006); // of 96 pixels, so give or take 1/40/√192 = 0.0018; we allow three times that
      expect(stray(passes[0])).to.be.closeTo(1 / 2, 0.13);
      expect(new Set(passes[0]).size).to.equal(96); // no two pixels got the same
    });

    it('belongs to the loader of the training set: the test asks what was meant to be asked', async () => {
      const x = arange(12).reshape([3, 4]);
      await seen(x, 2, [augment.noise({ std: 1 / 2 })]); // the data themselves are left as they are
      const [first, second] = await seen(x, 2, []);
      expect([first, second]).to.deep.equal([x.data, x.data]);
    });
  });

  describe('cut-out', () => {
    it('makes it dear to rely on one pixel', () => {
      /*
       * Four pixels are 1, and one of them, any, is cut out. Two units that say 4 on the whole image: w = (4, 0, 0, 0) says 0
       * in a quarter of the cases, an error of 16/4 = 4 in the mean square; v = (1, 1, 1, 1) always says 3, an error of 1.
       * As under dropout, work that is spread is safe, but here whole regions go at once, so spreading it over neighbours,
       * which have the same to say, is not enough.
       */
      manualSeed(2);
      const { x } = augment.cutout({ length: 1, size: [2, 2] })({
        x: ones([4000, 4]),
        y: new Int32Array(4000),
      });
      const cost = (w: number[]) => nn.mse(linear(x, tensor([w])), tensor(new Array(4000).fill([4]))).item();
      expect(cost([1, 1, 1, 1])).to.equal(1);
      // A quarter of 4,000 is 1,000 ± √(4000·¼·¾) ≈ 27; we allow four times that.
      expect(cost([4, 0, 0, 0])).to.be.closeTo(4, (4 * 27.4 * 16) / 4000);
    });
  });

  describe('mixup: when the image changes so much that the label must', () => {
    it('three parts of one image and one of another are three parts of one class and one of the other', () => {
      /*
       * The cross-entropy of a soft target q is −Σ q log p (chapter 8). With logits (0, log 3), p = (¼, ¾); for
       * q = (¾, ¼):
       *
       *   ¾·log 4 + ¼·log(4/3) = log 4 − ¼·log 3
       *
       * It is linear in q: ¾ of the loss for the first class, log 4, and ¼ of that for the other, log 4 − log 3.
       */
      const logits = tensor([[0, Math.log(3)]]);
      const [log4, log3] = log(tensor([4, 3])).data;
      expect(nn.crossEntropy(logits, tensor([[3 / 4, 1 / 4]])).item()).to.be.closeTo(log4 - log3 / 4, 1e-6);
      const [first, second] = [0, 1].map((label) => nn.crossEntropy(logits, [label]).item());
      expect((3 * first + second) / 4).to.be.closeTo(log4 - log3 / 4, 1e-6);
    });

    it('x and y in the same parts, λ and 1 − λ, which can be read from either', () => {
      // Images (1, 0) and (0, 1), of classes 0 and 1: then x and the soft targets are the same numbers.
      manualSeed(3);
      const mix = augment.mixup({ alpha: 1, classes: 2 });
      for (let round = 0; round < 20; round++)
        scope(() => {
          const { x, y } = mix({
            x: tensor([
              [1, 0],
              [0, 1],
            ]),
            y: Int32Array.of(0, 1),
          });
          expect(y.toArray()).to.deep.equal(x.toArray());
          const [[part, rest]] = y.toArray() as number[][];
          expect(part + rest).to.be.closeTo(1, 1e-7);
        });
    });

    it('the lowest loss is no longer 0, but the entropy of the mixture: no one is asked to be quite certain', () => {
      /*
       * Against q = (¾, ¼) nothing is better than p = q, logits (log 3, 0), and that costs −¾·log ¾ − ¼·log ¼ = log 4 − ¾·log 3.
       * Who is certain of the first class, with logits (20, 0), pays about ¼·20 = 5.
       */
      const loss = (logits: number[]) => nn.crossEntropy(tensor([logits]), tensor([[3 / 4, 1 / 4]])).item();
      expect(loss([Math.log(3), 0])).to.be.closeTo(Math.log(4) - 0.75 * Math.log(3), 1e-6);
      for (const step of [-0.1, 0.1])
        expect(loss([Math.log(3) + step, 0])).to.be.above(loss([Math.log(3), 0]));
      expect(loss([20, 0])).to.be.closeTo(5, 1e-5);
    });
  });

  describe('five hundred digits', () => {
    it('who has seen them moved knows them where they are moved, and less by heart', async function () {
      this.timeout(120_000); // plain loops, where those are asked for
      /*
       * Twelve epochs, with and without shifts of up to a tenth, 2.8 pixels. Then 500 other digits: in the middle, where MNIST has
       * them all, and moved by up to three pixels. Measured:
       *
       *                            learned from     others      others, moved
       *   as they are              100.0 %          85.2 %      34.2 %
       *   shifted in each epoch     88.0 %          77.8 %      59.8 %
       *
       * Where nothing moves it costs seven in a hundred: the network is as small and the training as short as before, with more
       * to learn. So augment with what will happen to the images that are to come, and with nothing else: a 6 that is turned by
       * 180° is no 6.
       */
      const size = [28, 28];
      const digits = await data.mnist();
      const first = (set: data.Digits) => set.subset([...Array(500).keys()]);
      const [known, others] = [first(digits.train), first(digits.test)];
      const accuracies = async (transforms: data.augment.Augmentation[]) => {
        manualSeed(3);
        const model = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10));
        const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 });
        const batches = data.loader(known, { batchSize: 50, shuffle: true, transforms });
        await train.fit(model, { data: batches, loss: nn.crossEntropy, optimizer, epochs: 12 });
        const on = async (set: data.Digits, transforms: data.augment.Augmentation[] = []) =>
          (await train.evaluate(model, data.loader(set, { batchSize: 500, transforms }), ['accuracy']))
            .accuracy;
        return [
          await on(known),
          await on(others),
          await on(others, [augment.randomCrop({ padding: 3, size })]),
        ];
      };
      const plain = await accuracies([]);
      const shifted = await accuracies([augment.shift(0.1, { size })]);
      expect(plain[0]).to.equal(1);
      expect(shifted[0]).to.be.below(0.95);
      for (const [, others] of [plain, shifted]) expect(others).to.be.above(0.75);
      expect(plain[2]).to.be.below(0.4);
      expect(shifted[2]).to.be.above(0.55);
    });
  });
});
