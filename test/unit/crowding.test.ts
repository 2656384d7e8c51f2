// Crowding: when calls do without workers, because others need the cores.
import { expect } from 'chai';
import { Crowding } from '../../src/kernels/wasm/crowding.ts';

const [awake, woken, crowded] = [0, 0.02, 0.3]; // ms to wake workers: nobody slept; the usual; one that took the caller's core

/** For how many ms from `now` calls do without workers, in steps of a twentieth. */
function pause(crowding: Crowding, now: number): number {
  let steps = 0;
  while (crowding.lastsAt(now + steps / 20)) steps++;
  return steps / 20;
}

describe('crowding', () => {
  it('is not there at first, nor while workers are awake, or woken as usual', () => {
    const crowding = new Crowding();
    expect(crowding.lastsAt(0)).to.equal(false);
    for (let now = 0; now < 100; now++) crowding.notice(now, now % 2 === 0 ? awake : woken);
    expect(crowding.lastsAt(99)).to.equal(false);
  });

  it('lets calls do without workers for twice as long when it is there again, up to 16 ms', () => {
    const crowding = new Crowding();
    const pauses = Array.from({ length: 9 }, (_, i) => {
      crowding.notice(100 * i, crowded);
      return pause(crowding, 100 * i);
    });
    expect(pauses).to.deep.equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 16]);
  });

  it('is forgotten: a pause is halved by seven calls that go well', () => {
    const crowding = new Crowding();
    for (let i = 0; i < 6; i++) crowding.notice(0, crowded); // the next pause would be 6.4 ms
    for (let i = 0; i < 7; i++) crowding.notice(0, awake); // 0.9⁷ = 0.478
    crowding.notice(0, crowded);
    expect(pause(crowding, 0)).to.be.closeTo(0.478 * 6.4, 0.06);
    for (let i = 0; i < 100; i++) crowding.notice(0, awake);
    crowding.notice(50, crowded);
    expect(pause(crowding, 50)).to.equal(0.1);
  });
});
