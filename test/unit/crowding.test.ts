// Crowding: when calls do without workers, because others need the cores.
import { expect } from 'chai';
import { Crowding } from '../../src/kernels/wasm/crowding.ts';

/** A call of 0.05 ms that ended at `now` as it should: nobody slept, the worker came, and was done when the caller was. */
const well = (crowding: Crowding, now: number) => crowding.notice(now, 0, true, 0.05, 0.001);
/** The same, but the worker was kept from running in the midst of its piece. */
const badly = (crowding: Crowding, now: number) => crowding.notice(now, 0, true, 0.05, 3);

/** For how many ms from `now` calls do without workers, in steps of a twentieth. */
function pause(crowding: Crowding, now: number): number {
  let steps = 0;
  while (crowding.lastsAt(now + steps / 20)) steps++;
  return steps / 20;
}

describe('crowding', () => {
  it('is not there at first, nor after calls that went well', () => {
    const crowding = new Crowding();
    expect(crowding.lastsAt(0)).to.equal(false);
    for (let now = 0; now < 100; now++) well(crowding, now);
    expect(crowding.lastsAt(100)).to.equal(false);
  });

  it('is a worker that holds up its piece, one that was awake and did nothing, and one whose waking took the caller its core', () => {
    const signs = {
      'waited 3 ms after 0.05 ms of work': [0, true, 0.05, 3],
      'awake, and did nothing': [0, false, 0.05, 0.001],
      'woken in 0.3 ms': [0.3, true, 0.05, 0.001],
    } as const;
    for (const [sign, [waking, came, worked, waited]] of Object.entries(signs)) {
      const crowding = new Crowding();
      crowding.notice(10, waking, came, worked, waited);
      expect(pause(crowding, 10), sign).to.equal(0.1);
    }
  });

  it('is no worker that slept and came too late for a short call, and none that is slower', () => {
    const crowding = new Crowding();
    crowding.notice(10, 0.02, false, 0.05, 0.001); // 20 µs to wake it, and the caller had done all
    crowding.notice(11, 0, true, 1, 3); // a core a quarter as fast: its share will follow
    expect(crowding.lastsAt(11)).to.equal(false);
  });

  it('lets calls do without workers for twice as long when it is there again, up to 16 ms', () => {
    const crowding = new Crowding();
    const pauses = Array.from({ length: 9 }, (_, i) => {
      badly(crowding, 100 * i);
      return pause(crowding, 100 * i);
    });
    expect(pauses).to.deep.equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 16]);
  });

  it('is forgotten: a pause is halved by 34 calls that go well', () => {
    const crowding = new Crowding();
    for (let i = 0; i < 6; i++) badly(crowding, 0); // the next pause would be 6.4 ms
    for (let i = 0; i < 34; i++) well(crowding, 0); // 0.98³⁴ = 0.503
    badly(crowding, 0);
    expect(pause(crowding, 0)).to.be.closeTo(3.2, 0.1);
    for (let i = 0; i < 500; i++) well(crowding, 0);
    badly(crowding, 50);
    expect(pause(crowding, 50)).to.equal(0.1);
  });
});
