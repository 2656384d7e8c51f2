// What must be there before the tests are read.
import { loadFloat64 } from './float64.ts';

export const mochaHooks = async () => {
  await loadFloat64();
  return {};
};
