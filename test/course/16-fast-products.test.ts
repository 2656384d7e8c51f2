/*
 * 16. Fast products
 *
 * Nearly all the time of a network goes into products of matrices (chapter 5). A processor can be many times faster
 * at them than three plain loops are: by reading memory in the right order, by computing many numbers at once, by
 * sharing the work. Which of these change the result, which do not, and how can one tell?
 */
import { expect } from 'chai';
import { matmul, tensor, type Tensor } from '../../src/index.ts';
import { seeded } from '../support/random.ts';

const { fround } = Math;

/*
 * C = A B, A [m, k], B [k, n]. The rule that the library keeps, whatever computes it:
 *
 *   Every Cᵢⱼ starts at 0 and takes its terms Aᵢₚ Bₚⱼ in ascending p; each product is rounded, and each sum.
 *
 * Rounding depends on the order of a sum (chapter 15), so this decides every bit. It says nothing about which Cᵢⱼ is
 * worked on when, or by whom: that is all the freedom that is needed.
 */
interface Sizes {
  m: number;
  k: number;
  n: number;
}

/** The elements of a Float32Array round what is put into them; the product has to be told. */
const multiplyAdd = (c: number, a: number, b: number) => fround(c + fround(a * b));

/** Sizes of which none divides another, so that every block has a ragged edge. */
const sizes: Sizes = { m: 37, k: 53, n: 29 };

describe('16. Fast products', () => {
  const random = seeded(16);
  const fill = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const [A, B] = [fill(sizes.m * sizes.k), fill(sizes.k * sizes.n)];

  /** Runs one of the ways below on A and B. */
  const run = (way: (A: Float32Array, B: Float32Array, C: Float32Array, sizes: Sizes) => void) => {
    const C = new Float32Array(sizes.m * sizes.n);
    way(A, B, C, sizes);
    return C;
  };
  const expected = matmul(
    tensor(A, [sizes.m, sizes.k]) as Tensor,
    tensor(B, [sizes.k, sizes.n]) as Tensor,
  ).data;

  /**
   * Not the same, but near: 53 sums, each rounded by half a step of numbers below 16 at most, 2⁻²¹, are within
   * 2.5·10⁻⁵ of the truth, and so are the expected ones.
   */
  function expectOtherBits(C: Float32Array): void {
    expect(C).not.to.deep.equal(expected);
    C.forEach((c, i) => expect(c).to.be.closeTo(expected[i], 5e-5));
  }

  describe('the order of the loops', () => {
    type Step = (i: number, p: number, j: number) => void;
    const orders: Record<string, (sizes: Sizes, step: Step) => void> = {
      'i, j, p': ({ m, k, n }, step) => {
        for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) step(i, p, j);
      },
      'i, p, j': ({ m, k, n }, step) => {
        for (let i = 0; i < m; i++) for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) step(i, p, j);
      },
      'p, i, j': ({ m, k, n }, step) => {
        for (let p = 0; p < k; p++) for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) step(i, p, j);
      },
    };

    it('the three loops may be nested in any order: each sum still ascends in p', () => {
      for (const order of Object.values(orders)) {
        const C = run((A, B, C, sizes) =>
          order(sizes, (i, p, j) => {
            const at = i * sizes.n + j;
            C[at] = multiplyAdd(C[at], A[i * sizes.k + p], B[p * sizes.n + j]);
          }),
        );
        expect(C).to.deep.equal(expected);
      }
    });

    it('backwards in p it would be other bits', () => {
      expectOtherBits(
        run((A, B, C, { m, k, n }) => {
          for (let i = 0; i < m; i++)
            for (let p = k - 1; p >= 0; p--)
              for (let j = 0; j < n; j++)
                C[i * n + j] = multiplyAdd(C[i * n + j], A[i * k + p], B[p * n + j]);
        }),
      );
    });

    /*
     * Memory comes in lines of 16 floats; those used last are kept in the cache, which is small and fast. What is not
     * there must be fetched, which takes as long as dozens of multiplications. Here is a cache of 24 lines, and how
     * often lines of B are fetched for a product of three 32 × 32 matrices, two lines to a row.
     */
    function fetches(walk: (step: Step) => void): number {
      const cache = new Set<number>(); // in the order of their last use
      let fetched = 0;
      const read = (matrix: number, place: number) => {
        const line = matrix * 64 + Math.floor(place / 16); // 32·32/16 = 64 lines to a matrix
        const isB = matrix === 1;
        if (!cache.delete(line)) fetched += isB ? 1 : 0;
        cache.add(line);
        if (cache.size > 24) cache.delete(cache.values().next().value as number);
      };
      walk((i, p, j) => {
        read(0, i * 32 + p);
        read(1, p * 32 + j);
        read(2, i * 32 + j);
      });
      return fetched;
    }
    const cube: Sizes = { m: 32, k: 32, n: 32 };

    it('i, j, p goes down the columns of B and fetches a line for every number; i, p, j goes along its rows', () => {
      /*
       * i, j, p: a column of B lies on 32 lines, more than the cache holds. Each is gone before it is needed again:
       *          32·32·32 fetches.
       * i, p, j: a row of B is two lines, each good for 16 steps. But all of B is 64 lines, so it is fetched anew for
       * every i:
       *          32·64 fetches.
       */
      expect(fetches((step) => orders['i, j, p'](cube, step))).to.equal(32_768);
      expect(fetches((step) => orders['i, p, j'](cube, step))).to.equal(2048);
    });

    it('in blocks, each part of B stays in the cache until all of A has gone past it', () => {
      // A block of 16 × 16 is 16 lines, which leaves room for A's and C's. Every line of B is fetched once: 64.
      const blocked = (step: Step) => {
        for (let p0 = 0; p0 < 32; p0 += 16)
          for (let j0 = 0; j0 < 32; j0 += 16)
            for (let i = 0; i < 32; i++)
              for (let p = p0; p < p0 + 16; p++) for (let j = j0; j < j0 + 16; j++) step(i, p, j);
      };
      expect(fetches(blocked)).to.equal(64);
    });
  });

  describe('blocks', () => {
    it('change nothing, if each goes on with the C that the block before has left', () => {
      expect(
        run((A, B, C, { m, k, n }) => {
          for (
            let p0 = 0;
            p0 < k;
            p0 += 8 //         blocks of p ascend, and so does p in each
          )
            for (let j0 = 0; j0 < n; j0 += 8)
              for (let i = 0; i < m; i++)
                for (let j = j0; j < Math.min(j0 + 8, n); j++) {
                  let c = C[i * n + j]; //             taken up where it was left
                  for (let p = p0; p < Math.min(p0 + 8, k); p++)
                    c = multiplyAdd(c, A[i * k + p], B[p * n + j]);
                  C[i * n + j] = c;
                }
        }),
      ).to.deep.equal(expected);
    });

    it('would change the bits, if each summed up by itself and was added afterwards', () => {
      expectOtherBits(
        run((A, B, C, { m, k, n }) => {
          for (let p0 = 0; p0 < k; p0 += 8)
            for (let i = 0; i < m; i++)
              for (let j = 0; j < n; j++) {
                let own = 0; //                        a sum of its own: (… + …) + (… + …)
                for (let p = p0; p < Math.min(p0 + 8, k); p++)
                  own = multiplyAdd(own, A[i * k + p], B[p * n + j]);
                C[i * n + j] += own;
              }
        }),
      );
    });

    it('in registers, a small tile of C pays for each number that is read many times over', () => {
      /*
       * A single Cᵢⱼ reads an a and a b for each multiplication. A tile of 4 × 16 reads 4 a's and 16 b's and makes
       * 4·16 = 64 multiplications of them: 20/64 = 0.31 reads for each, not 2. More than that, and a processor's
       * registers do not hold the tile any longer.
       */
      let [reads, multiplications] = [0, 0];
      const C = run((A, B, C, { m, k, n }) => {
        for (let i0 = 0; i0 < m; i0 += 4)
          for (let j0 = 0; j0 < n; j0 += 16) {
            const [rows, columns] = [Math.min(4, m - i0), Math.min(16, n - j0)];
            const tile = new Float32Array(rows * columns);
            for (let p = 0; p < k; p++) {
              const a = Array.from({ length: rows }, (_, r) => A[(i0 + r) * k + p]);
              const b = B.subarray(p * n + j0, p * n + j0 + columns);
              if (rows === 4 && columns === 16) reads += 4 + 16;
              for (let r = 0; r < rows; r++)
                for (let c = 0; c < columns; c++) {
                  tile[r * columns + c] = multiplyAdd(tile[r * columns + c], a[r], b[c]);
                  if (rows === 4 && columns === 16) multiplications++;
                }
            }
            for (let r = 0; r < rows; r++)
              C.set(tile.subarray(r * columns, (r + 1) * columns), (i0 + r) * n + j0);
          }
      });
      expect(C).to.deep.equal(expected);
      expect(reads / multiplications).to.equal(20 / 64);
    });

    it('copying a block to where it is read in a row changes nothing: a copy rounds nothing', () => {
      const C = run((A, B, C, { m, k, n }) => {
        for (let j0 = 0; j0 < n; j0 += 16) {
          const columns = Math.min(16, n - j0);
          const packed = new Float32Array(k * columns); // columns j0 … of B, one short row after the other
          for (let p = 0; p < k; p++) packed.set(B.subarray(p * n + j0, p * n + j0 + columns), p * columns);
          for (let i = 0; i < m; i++)
            for (let p = 0; p < k; p++)
              for (let c = 0; c < columns; c++)
                C[i * n + j0 + c] = multiplyAdd(C[i * n + j0 + c], A[i * k + p], packed[p * columns + c]);
        }
      });
      expect(C).to.deep.equal(expected);
    });
  });

  describe('lanes', () => {
    /** A vector of a processor with 16 lanes: the same operation on all of them at once, each rounded by itself. */
    const lanes = 16;

    it('along a row of C they change nothing: each lane has a sum of its own', () => {
      const C = run((A, B, C, { m, k, n }) => {
        const vector = new Float32Array(lanes);
        for (let i = 0; i < m; i++)
          for (let j0 = 0; j0 < n; j0 += lanes) {
            vector.fill(0);
            for (let p = 0; p < k; p++) {
              const a = A[i * k + p]; // the same for all lanes; those beyond the edge are not stored
              for (let l = 0; l < lanes; l++) vector[l] = multiplyAdd(vector[l], a, B[p * n + j0 + l] ?? 0);
            }
            C.set(vector.subarray(0, Math.min(lanes, n - j0)), i * n + j0);
          }
      });
      expect(C).to.deep.equal(expected);
    });

    it('along p they would change the bits: one sum would be dealt out to 16, and folded', () => {
      expectOtherBits(
        run((A, B, C, { m, k, n }) => {
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) {
              const vector = new Float32Array(lanes);
              for (let p = 0; p < k; p++)
                vector[p % lanes] = multiplyAdd(vector[p % lanes], A[i * k + p], B[p * n + j]);
              C[i * n + j] = vector.reduce((total, value) => fround(total + value));
            }
        }),
      );
    });

    it('so would a single rounding for product and sum', () => {
      expectOtherBits(
        run((A, B, C, { m, k, n }) => {
          for (let i = 0; i < m; i++)
            for (let p = 0; p < k; p++)
              for (let j = 0; j < n; j++) C[i * n + j] += A[i * k + p] * B[p * n + j]; // rounded when stored
        }),
      );
    });
  });

  describe('threads', () => {
    /** Rows from … to of C, from all of p or a part of it: what one thread would do. */
    const part = (
      C: Float32Array,
      [from, to]: number[],
      [begin, end]: number[] = [0, sizes.k],
    ): Float32Array => {
      const { k, n } = sizes;
      for (let i = from; i < to; i++)
        for (let p = begin; p < end; p++)
          for (let j = 0; j < n; j++) C[i * n + j] = multiplyAdd(C[i * n + j], A[i * k + p], B[p * n + j]);
      return C;
    };

    it('may share out the rows: however many they are, and whichever is done first', () => {
      for (const threads of [1, 2, 3, 8]) {
        const bounds = Array.from({ length: threads }, (_, t) => [
          Math.floor((t * sizes.m) / threads),
          Math.floor(((t + 1) * sizes.m) / threads),
        ]);
        const C = new Float32Array(sizes.m * sizes.n);
        for (const rows of bounds.toReversed()) part(C, rows);
        expect(C).to.deep.equal(expected);
      }
    });

    it('must not share out p: then the bits would depend on how many threads there are', () => {
      const split = (threads: number) => {
        const C = new Float32Array(sizes.m * sizes.n);
        for (let t = 0; t < threads; t++) {
          const ends = [t, t + 1].map((x) => Math.floor((x * sizes.k) / threads));
          const own = part(new Float32Array(C.length), [0, sizes.m], ends);
          own.forEach((value, i) => {
            C[i] += value;
          });
        }
        return C;
      };
      expect(split(1)).to.deep.equal(expected);
      expectOtherBits(split(2));
      expectOtherBits(split(3));
      expect(split(2)).not.to.deep.equal(split(3));
    });
  });
});
