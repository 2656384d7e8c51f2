// The matrix product in WGSL, with memory that a workgroup shares, which gpu.js does not offer.

/** Y = A·B + bias: Y is [rows, columns], element (i, p) of A lies at i·aRow + p·aTerm, (p, j) of B at p·bTerm + j·bColumn. */
export interface Product<Array> {
  a: Array;
  b: Array;
  bias: Array | undefined;
  rows: number;
  columns: number;
  terms: number;
  aRow: number;
  aTerm: number;
  bTerm: number;
  bColumn: number;
}

const four = [0, 1, 2, 3];

/**
 * A workgroup of 16×16 threads makes 64×64 elements of Y, each thread 4×4 of them, 16 apart. It goes along the terms in
 * tiles of 16: the threads copy 64×16 of A and 16×64 of B to shared memory, so that each element that is read from there
 * serves four products of its thread, and each that is read from the device 64. Beyond the edges stand zeros.
 *
 * Neighbouring threads copy neighbouring elements, whichever way A and B lie. The terms of a sum are ascending.
 */
const source = `
struct Sizes {
  rows: u32, columns: u32, terms: u32, aRow: u32, aTerm: u32, bTerm: u32, bColumn: u32, hasBias: u32,
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

var<workgroup> aTile: array<f32, 1024>; // [16 terms, 64 rows]
var<workgroup> bTile: array<f32, 1024>; // [16 terms, 64 columns]

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = 64 * group.y;
  let column = 64 * group.x;
  ${four.map((i) => `var sum${i} = vec4f();`).join(' ')}
  for (var term = 0u; term < sizes.terms; term += 16) {
    for (var i = thread; i < 1024; i += 256) {
      let aPlace = select(vec2(i % 64, i / 64), vec2(i / 16, i % 16), sizes.aTerm == 1);
      let bPlace = select(vec2(i / 16, i % 16), vec2(i % 64, i / 64), sizes.bColumn == 1);
      let aAt = aPlace + vec2(row, term);
      let bAt = bPlace + vec2(column, term);
      var aValue = 0.0;
      var bValue = 0.0;
      if (aAt.x < sizes.rows && aAt.y < sizes.terms) { aValue = a[aAt.x * sizes.aRow + aAt.y * sizes.aTerm]; }
      if (bAt.x < sizes.columns && bAt.y < sizes.terms) { bValue = b[bAt.y * sizes.bTerm + bAt.x * sizes.bColumn]; }
      aTile[64 * aPlace.y + aPlace.x] = aValue;
      bTile[64 * bPlace.y + bPlace.x] = bValue;
    }
    workgroupBarrier();
    for (var p = 0u; p < 1024; p += 64) {
      let right = vec4(${four.map((j) => `bTile[p + local.x + ${16 * j}]`)});
      ${four.map((i) => `sum${i} += aTile[p + local.y + ${16 * i}] * right;`).join('\n      ')}
    }
    workgroupBarrier();
  }
  let sums = array(${four.map((i) => `sum${i}`)});
  for (var i = 0u; i < 4; i++) {
    for (var j = 0u; j < 4; j++) {
      let r = row + local.y + 16 * i;
      let c = column + local.x + 16 * j;
      if (r < sizes.rows && c < sizes.columns) {
        var sum = sums[i][j];
        if (sizes.hasBias == 1) { sum += bias[c]; }
        y[r * sizes.columns + c] = sum;
      }
    }
  }
}`;

const [copySource, copyTarget, uniform, storage] = [0x0004, 0x0008, 0x0040, 0x0080]; // GPUBufferUsage

/** The kernel for buffers of a WebGPU device. Returns a function that makes a product, as a buffer of its own. */
export function tiledProduct(device: any): (product: Product<any>) => any {
  const module = device.createShaderModule({ code: source });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  return ({ a, b, bias, rows, columns, terms, aRow, aTerm, bTerm, bColumn }) => {
    const numbers = Uint32Array.of(rows, columns, terms, aRow, aTerm, bTerm, bColumn, bias ? 1 : 0);
    const sizes = device.createBuffer({ size: numbers.byteLength, usage: uniform | copyTarget });
    device.queue.writeBuffer(sizes, 0, numbers);
    const y = device.createBuffer({ size: 4 * rows * columns, usage: storage | copySource | copyTarget });
    const buffers = [sizes, a, b, bias ?? b, y];
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(Math.ceil(columns / 64), Math.ceil(rows / 64));
    pass.end();
    device.queue.submit([encoder.finish()]);
    sizes.destroy();
    return y;
  };
}
