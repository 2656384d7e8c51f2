// WebGPU through gpu.js: one kernel for all sizes, results in buffers of their own.
import type { Description, Device, Handle, Kernel, Launch, ProductKernel, Sized } from './device.ts';
import { type GpuInstance, type GpuJs, provideWebGpu, Unavailable } from './platform.ts';
import { softwareName } from './software.ts';
import { type Product, tiledProduct } from './tiled.ts';

/** What gpu.js calls a result that stays on the device. */
interface Buffer extends Handle {
  buffer: { size: number; destroy(): void };
  delete(): void;
}

const [copySource, copyTarget, mapRead, storage] = [0x0004, 0x0008, 0x0001, 0x0080]; // GPUBufferUsage

export class WebGpu implements Device {
  readonly description: Description;
  productKernel: ProductKernel = 'plain';
  onCompile: Device['onCompile'];
  #tiled: any;
  readonly #gpu: GpuInstance;
  readonly #context: { device: any };
  readonly #Buffer: GpuJs['WebGPUBufferResult'];
  readonly #kernels = new Map<Kernel, any>();
  #failure: string | undefined;

  private constructor(gpuJs: GpuJs, context: { adapter: any; device: any }, description: Description) {
    this.description = description;
    this.#context = context;
    this.#Buffer = gpuJs.WebGPUBufferResult;
    this.#gpu = new gpuJs.GPU({ mode: 'webgpu' });
    const fail = (problem: string) => {
      this.#failure ??= problem;
    };
    context.device.onuncapturederror = ({ error }: any) => fail(error.message);
    context.device.lost.then(({ message }: any) =>
      fail(`the device was lost${message ? `: ${message}` : ''}`),
    );
  }

  /** The device that the system offers. Throws Unavailable if there is none. */
  static async open(gpuJs: GpuJs): Promise<WebGpu> {
    await provideWebGpu();
    let context: { adapter: any; device: any };
    try {
      context = await gpuJs.WebGPUContext.acquire();
    } catch (error) {
      throw new Unavailable(`WebGPU: ${(error as Error).message.split('. On headless')[0]}`);
    }
    const { adapter, device } = context;
    const {
      vendor = '',
      architecture = '',
      device: name = '',
      description = '',
      isFallbackAdapter,
    } = adapter.info ?? {};
    const names =
      [description || name, vendor, architecture].filter(Boolean).join(', ') || 'an adapter without a name';
    return new WebGpu(gpuJs, context, {
      backend: 'webgpu',
      adapter: names,
      isSoftware:
        Boolean(isFallbackAdapter || adapter.isFallbackAdapter) || softwareName.test(`${names} ${name}`),
      largest: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    });
  }

  async launch(launch: Launch): Promise<Handle> {
    const { kernel, output, args, product } = launch;
    const isTiled = product !== undefined && this.productKernel === 'tiled';
    const compiled = isTiled ? this.#tiled : this.#kernels.get(kernel);
    if (compiled === undefined) return this.#compile(launch, isTiled);
    if (isTiled) return this.#makeProduct(product);
    compiled.setOutput([...output]);
    return compiled(...args);
  }

  /** Compiles a kernel, and launches it. */
  async #compile({ kernel, output, args, product }: Launch, isTiled: boolean): Promise<Handle> {
    this.onCompile?.(true);
    try {
      if (isTiled) {
        this.#tiled = tiledProduct(this.#context.device);
        return this.#makeProduct(product as Product<Handle>);
      }
      const compiled = this.#gpu.createKernel(kernel.run, {
        output: [...output],
        argumentTypes: kernel.types.map(
          (type) => ({ array: 'Array', integer: 'Integer', float: 'Float' })[type],
        ),
        returnType: 'Float',
        pipeline: true,
        immutable: true,
        dynamicOutput: true,
        dynamicArguments: true,
        loopMaxIterations: 2 ** 30,
      });
      this.#kernels.set(kernel, compiled);
      return await compiled(...args);
    } finally {
      this.onCompile?.(false);
    }
  }

  #makeProduct(product: Product<Handle>): Handle {
    const [a, b, bias] = [product.a, product.b, product.bias].map((handle) => (handle as Buffer)?.buffer);
    return this.#wrap(this.#tiled({ ...product, a, b, bias }), [product.columns, product.rows]);
  }

  #wrap(buffer: Buffer['buffer'], output: number[]): Handle {
    return new this.#Buffer({ buffer, output, componentCount: 1, context: this.#context, kernel: null });
  }

  upload(values: Float32Array): Handle {
    const { device } = this.#context;
    const size = Math.max(values.byteLength, 4);
    const buffer = device.createBuffer({ size, usage: storage | copySource | copyTarget });
    device.queue.writeBuffer(buffer, 0, values);
    return this.#wrap(buffer, [values.length]);
  }

  async download(arrays: readonly Sized[]): Promise<Float32Array> {
    const { device } = this.#context;
    const bytes = 4 * arrays.reduce((sum, { size }) => sum + size, 0);
    if (bytes === 0) {
      await device.queue.onSubmittedWorkDone();
      if (this.#failure) throw new Error(this.#failure);
      return new Float32Array(0);
    }
    const staging = device.createBuffer({ size: bytes, usage: mapRead | copyTarget });
    const encoder = device.createCommandEncoder();
    let to = 0;
    for (const { handle, size } of arrays) {
      encoder.copyBufferToBuffer((handle as Buffer).buffer, 0, staging, to, 4 * size);
      to += 4 * size;
    }
    device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(1);
    } catch (error) {
      throw new Error(this.#failure ?? (error as Error).message);
    }
    if (this.#failure) throw new Error(this.#failure);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  free(handle: Handle): void {
    (handle as Buffer).delete();
  }

  /** gpu.js has one GPUDevice for all of a thread, which stays. */
  end(): void {
    for (const kernel of this.#kernels.values()) kernel.destroy();
    this.#kernels.clear();
  }

  lose(): void {
    this.#context.device.destroy();
  }
}
