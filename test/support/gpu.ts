// A GPU for tests: the one that TYPEGRAD_GPU names ('webgpu', 'headlessgl'), a software adapter too.
import type { Description } from '../../src/kernels/gpu/device.ts';
import { type Link, openLink } from '../../src/kernels/gpu/link.ts';
import { Unavailable } from '../../src/kernels/gpu/platform.ts';

const { TYPEGRAD_GPU: asked = 'webgpu', TYPEGRAD_GPU_REQUIRED: required } = process.env;

/** The device, in this thread. Without one: undefined and a printed reason, or an error if TYPEGRAD_GPU_REQUIRED is 1. */
export async function openGpu(): Promise<Link | undefined> {
  try {
    return await openLink([asked as Description['backend']], true, false);
  } catch (error) {
    if (!(error instanceof Unavailable) || required === '1') throw error;
    console.log(`      no GPU to test: ${error.message}`);
    return undefined;
  }
}
