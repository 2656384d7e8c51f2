// What must be there before the tests are read, and what scripts/test.ts asks for: a backend, a number of threads, wide vectors.
import { loadFloat64 } from './float64.ts';
import { type DeviceName, device, setDevice, setThreads } from '../../src/kernels/index.ts';

const {
  TYPEGRAD_WIDE: wide,
  TYPEGRAD_TEST_BACKEND: asked,
  TYPEGRAD_TEST_THREADS: threads,
  TYPEGRAD_TEST_DEVICE: gpu,
} = process.env;

// As on a machine without WebAssembly: the whole engine falls back to plain loops, over ordinary arrays. The heap is made with the
// first tensor, so this comes early enough.
if (asked === 'reference') Reflect.deleteProperty(globalThis, 'WebAssembly');

export const mochaHooks = async () => {
  await loadFloat64();
  if (threads) setThreads(Number(threads));
  if (gpu) await useDevice(gpu as DeviceName);
  return { beforeAll: expectWhatWasAskedFor };
};

/** A device of the machine, software or not. Without one there is nothing to be run here, which is a failure only where one is required. */
async function useDevice(name: DeviceName): Promise<void> {
  try {
    await setDevice(name, { allowSoftware: true });
  } catch (error) {
    if (process.env.TYPEGRAD_GPU_REQUIRED === '1') throw error;
    console.log(`skipped: ${(error as Error).message}`);
    process.exit(0);
  }
}

/** A run that quietly computed in another way than it says would prove nothing. */
function expectWhatWasAskedFor(): void {
  const info = device.info();
  const major = Number.parseInt(process.versions.node, 10);
  if (gpu && info.backend !== gpu) throw new Error(`${gpu} was asked for, ${info.backend} runs`);
  if (asked && info.backend !== asked) throw new Error(`${asked} was asked for, ${info.backend} runs`);
  if (threads && info.threads !== Number(threads))
    throw new Error(`${threads} threads were asked for, ${info.threads} run`);
  if (wide === '1' && !info.wideVectors && (major >= 24 || !info.wideReason.includes('Node 24')))
    throw new Error(`wide vectors were asked for and refused: ${info.wideReason}`);
  if (wide !== '1' && info.wideVectors) throw new Error('wide vectors are on, which nobody asked for');
}
