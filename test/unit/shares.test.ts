// Shares: how much of a call each thread gets.
import { expect } from 'chai';
import { Shares } from '../../src/kernels/wasm/shares.ts';

/** Shares after so many calls in which threads had these speeds. */
function sharesAfter(calls: number, ...speeds: number[]): Shares {
  const shares = new Shares(speeds.length);
  for (let i = 0; i < calls; i++) shares.learn(speeds);
  return shares;
}

describe('shares', () => {
  it('are equal at first, and begin at multiples of the unit', () => {
    expect(new Shares(2).borders(10)).to.deep.equal([0, 5, 10]);
    // thirds of 100 are 33⅓ and 66⅔: in sixteens 2.08 and 4.17
    expect(new Shares(3).borders(100, 16)).to.deep.equal([0, 32, 64, 100]);
  });

  it('never pass the end, however large the unit', () => {
    expect(new Shares(2).borders(10, 16)).to.deep.equal([0, 0, 10]);
    expect(new Shares(2).borders(17, 16)).to.deep.equal([0, 16, 17]);
    expect(new Shares(3).borders(0)).to.deep.equal([0, 0, 0, 0]);
  });

  it('follow the speeds of the threads', () => {
    // 1 : 3 is a quarter and three quarters. 31 of 32 parts of the old are kept each time: of the way, 1 − (31/32)⁵⁰⁰ = 0.9999999
    expect(sharesAfter(500, 1, 3).borders(16)).to.deep.equal([0, 4, 16]);
    expect(sharesAfter(500, 2, 1, 1).borders(16)).to.deep.equal([0, 8, 12, 16]);
  });

  it('take no notice of a moment', () => {
    expect(sharesAfter(1, 1, 3).borders(1000)).to.deep.equal([0, 500, 1000]);
  });

  it('stay as they are while the difference is small: what moves to another thread must come from its cache', () => {
    // 1 : 1.1 is 0.476 and 0.524, 5 % from a half would be 0.475
    expect(sharesAfter(5000, 1, 1.1).borders(1000)).to.deep.equal([0, 500, 1000]);
    expect(sharesAfter(5000, 1, 1.2).borders(1000)).not.to.deep.equal([0, 500, 1000]);
  });

  it('leave a thread that hardly moves a quarter of what the fastest has', () => {
    // ¼ : 1 is a fifth and four fifths; the last twentieth of the way is not worth it
    expect(sharesAfter(500, 1, 1000).borders(100)[1]).to.be.within(20, 21);
  });
});
