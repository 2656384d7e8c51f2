// WebGL2 and headless-gl through gpu.js: a kernel for each set of sizes, since one that is used for several computes wrong values.
import type { Description, Device, Handle, Kernel, Launch, Sized, Thread } from './device.ts';
import { type GpuInstance, type GpuJs, Unavailable } from './platform.ts';
import { softwareName } from './software.ts';

/** What gpu.js calls a result that stays on the device. */
interface Texture extends Handle {
  type: string;
  output: number[];
  texture: object;
  size: [number, number];
  delete(): void;
}

const mostKernels = 256;

const here = { webgl2: '', headlessgl: ': it needs the package gl' };

export class WebGl implements Device {
  readonly description: Description;
  readonly #gpu: GpuInstance;
  readonly #context: any;
  /** By sizes; those that were used last come last. */
  readonly #kernels = new Map<string, any>();
  readonly #numbers = new Map<Kernel | 'upload', number>();
  /** The longest texture. */
  readonly #side: number;
  #isLost = false;

  private constructor(gpu: GpuInstance, context: any, description: Description) {
    this.#gpu = gpu;
    this.#context = context;
    this.description = description;
    this.#side = context.getParameter(context.MAX_TEXTURE_SIZE);
  }

  /** Throws Unavailable if there is no such context. */
  static open(gpuJs: GpuJs, backend: 'webgl2' | 'headlessgl'): WebGl {
    const no = (why: string) => new Unavailable(`${backend}: ${why}`);
    let gpu: GpuInstance;
    let context: any;
    try {
      gpu = new gpuJs.GPU({ mode: backend });
      const probe = gpu.createKernel(
        function (this: Thread, x: number[]) {
          return x[this.thread.x] + 1;
        },
        { output: [2], precision: 'single' },
      );
      const values = probe(new Float32Array([1, 2]));
      const { mode } = probe.kernel.constructor; // 'gpu' stands for both of these backends
      if (mode !== 'gpu') throw new Error(`gpu.js would run ${mode}`);
      if (values[1] !== 3) throw new Error('it computes wrong values');
      context = probe.kernel.context;
    } catch (error) {
      const why = (error as Error).message.split('\n')[0];
      throw no(why.includes('requested mode') ? `there is no such context${here[backend]}` : why);
    }
    const names = context.getExtension('WEBGL_debug_renderer_info');
    const adapter = String(context.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : context.RENDERER));
    const side = context.getParameter(context.MAX_TEXTURE_SIZE);
    return new WebGl(gpu, context, {
      backend,
      adapter,
      isSoftware: softwareName.test(adapter),
      largest: 4 * Math.min(side * side, 2 ** 24), // an index is a float32
    });
  }

  launch({ kernel, output, args }: Launch): Handle {
    return this.#run(kernel, output, args);
  }

  upload(values: Float32Array): Handle {
    return this.#run('upload', [values.length], [values]);
  }

  #run(kernel: Kernel | 'upload', output: readonly number[], args: Launch['args']): Texture {
    if (this.#isLost || this.#context.isContextLost?.()) throw new Error('the device was lost');
    const number = this.#numbers.get(kernel) ?? this.#numbers.size;
    this.#numbers.set(kernel, number);
    const sizes = args.map((arg) => (typeof arg === 'object' ? ((arg as Texture).output ?? 'values') : ''));
    const key = `${number}:${output}:${sizes.join(':')}`;
    let compiled = this.#kernels.get(key);
    this.#kernels.delete(key);
    compiled ??= this.#compile(kernel, output, args);
    this.#kernels.set(key, compiled);
    if (this.#kernels.size > mostKernels) {
      const [oldest, unused] = this.#kernels.entries().next().value as [string, any];
      this.#kernels.delete(oldest);
      unused.destroy();
    }
    return compiled(...args);
  }

  #compile(kernel: Kernel | 'upload', output: readonly number[], args: Launch['args']): any {
    const types = kernel === 'upload' ? ['array'] : kernel.types;
    const named: Record<string, string> = { integer: 'Integer', float: 'Float' };
    const run =
      kernel === 'upload'
        ? function (this: Thread, x: number[]) {
            return x[this.thread.x];
          }
        : kernel.run;
    const compiled = this.#gpu.createKernel(run, {
      output: [...output],
      argumentTypes: types.map((type, i) => named[type] ?? (args[i] as Texture).type ?? 'Array'),
      returnType: 'Float',
      precision: 'single',
      tactic: 'precision',
      pipeline: true,
      immutable: true,
      loopMaxIterations: 2 ** 30,
    });
    this.#foldLongTextures(compiled.kernel);
    return compiled;
  }

  /** gpu.js makes a texture of a matrix as wide and as high as the matrix, however long: those that are too long become squares. */
  #foldLongTextures(kernel: any): void {
    let size: ArrayLike<number> = [];
    Object.defineProperty(kernel, 'texSize', {
      get: () => size,
      set: ([width, height]: number[]) => {
        if (Math.max(width, height) > this.#side) {
          const texels = width * height;
          height = Math.ceil(Math.sqrt(texels));
          width = Math.ceil(texels / height);
        }
        size = Int32Array.of(width, height);
      },
    });
  }

  download(arrays: readonly Sized[]): Float32Array {
    if (this.#isLost || this.#context.isContextLost?.()) throw new Error('the device was lost');
    if (arrays.length === 0) this.#context.finish();
    const values = new Float32Array(arrays.reduce((sum, { size }) => sum + size, 0));
    let at = 0;
    for (const { handle, size } of arrays) {
      const pixels = this.#read(handle as Texture);
      for (let i = 0; i < size; i++) values[at++] = pixels[4 * i];
    }
    if (this.#context.isContextLost?.()) throw new Error('the device was lost'); // what was read are zeros
    return values;
  }

  /** The texels, of which the first of four numbers counts. Not by gpu.js, which needs the kernel that made them: it may be gone. */
  #read({ texture, size: [width, height] }: Texture): Float32Array {
    const gl = this.#context;
    const framebuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const pixels = new Float32Array(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, pixels);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(framebuffer);
    return pixels;
  }

  free(handle: Handle): void {
    (handle as Texture).delete();
  }

  end(): void {
    this.#isLost = true;
    for (const kernel of this.#kernels.values()) kernel.destroy();
    this.#kernels.clear();
  }

  lose(): void {
    this.#context.getExtension('WEBGL_lose_context')?.loseContext();
    this.#isLost = true;
  }
}
