// Times functions with benchmark.js, in turns.
import Benchmark from 'benchmark';

export interface Effort {
  /** Seconds that a function runs before it is timed: the engine compiles WebAssembly twice, the second time well. */
  warmUp: number;
  /** How often each one's turn comes. */
  rounds: number;
  /** Seconds of a turn. */
  seconds: number;
}

export interface Timing {
  /** Calls in a second: the median of the rounds. */
  hz: number;
  /** That round's margin of error at 95 %, in percent, as benchmark.js states it. */
  rme: number;
  /** How many calls come in the time of one of the other function: the median of the rounds. */
  ratio: number;
}

const warm = new WeakSet<() => void>();

/** Times `run` and `rival` in turns, so that what disturbs one disturbs both. */
export function measure(run: () => void, rival: () => void, effort: Effort): Timing {
  for (const each of [run, rival]) warmUp(each, effort.warmUp);
  const rounds = Array.from({ length: effort.rounds }, () => {
    const own = time(run, effort.seconds);
    return { ...own, ratio: own.hz / time(rival, effort.seconds).hz };
  });
  const { hz, rme } = medianBy(rounds, (round) => round.hz);
  return { hz, rme, ratio: medianBy(rounds, (round) => round.ratio).ratio };
}

function warmUp(run: () => void, seconds: number): void {
  if (warm.has(run)) return;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) run();
  warm.add(run);
}

function time(run: () => void, seconds: number): Pick<Timing, 'hz' | 'rme'> {
  const bench = new Benchmark(run, { maxTime: seconds, minTime: Math.min(seconds / 10, 0.05) }).run();
  if (bench.error) throw bench.error; // benchmark.js swallows it
  return { hz: bench.hz, rme: bench.stats.rme };
}

const medianBy = <T>(items: readonly T[], value: (item: T) => number): T =>
  items.toSorted((a, b) => value(a) - value(b))[Math.floor(items.length / 2)];
