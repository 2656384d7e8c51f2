// ONNX Runtime: forward only. The models' bytes are written here, in the format of protocol buffers.
import { type Adapter, peer } from '../adapter.ts';

export async function open({ threads }: { threads: number }): Promise<Adapter> {
  const ort = peer('onnxruntime-node');
  const session = (model: Uint8Array) =>
    ort.InferenceSession.create(model, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
    });
  const cannot = 'runs models, and does not train them';
  return {
    version: peer('onnxruntime-node/package.json').version,
    cannot: { step: cannot, epoch: cannot },
    async product({ A, B, m, k, n }) {
      const running = await session(
        model([node('MatMul', ['A', 'B'], 'Y')], [], { A: [m, k], B: [k, n] }, { Y: [m, n] }),
      );
      const feeds = { A: new ort.Tensor('float32', A, [m, k]), B: new ort.Tensor('float32', B, [k, n]) };
      return {
        run: () => running.run(feeds),
        result: async () => (await running.run(feeds)).Y.data,
        release: () => running.release(),
      };
    },
    async infer({ layers, rows, x }) {
      const last = layers.length - 1;
      const nodes = layers.flatMap((_, i) => {
        const input = i === 0 ? 'X' : `H${i - 1}`;
        if (i === last) return [node('Gemm', [input, `W${i}`, `b${i}`], 'Y')];
        return [node('Gemm', [input, `W${i}`, `b${i}`], `Z${i}`), node('Relu', [`Z${i}`], `H${i}`)];
      });
      const weights = layers.flatMap(({ inputs, outputs, W, b }, i) => [
        constant(`W${i}`, W, [inputs, outputs]),
        constant(`b${i}`, b, [outputs]),
      ]);
      const shape = [rows, layers[0].inputs];
      const running = await session(model(nodes, weights, { X: shape }, { Y: [rows, layers[last].outputs] }));
      const feeds = { X: new ort.Tensor('float32', x, shape) };
      const run = async () => (await running.run(feeds)).Y.data;
      return { run, result: run, release: () => running.release() };
    },
  };
}

/** A number in pieces of 7 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
const integer = (field: number, value: number) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, content: Uint8Array | string) => {
  const body = Buffer.from(content);
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
};

/** NodeProto: input, output, op_type. */
const node = (operation: string, inputs: string[], output: string): Buffer =>
  Buffer.concat([...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(4, operation)]);

/** TensorProto: dims, data_type (float), name, raw_data. */
const constant = (name: string, data: Float32Array, shape: number[]): Buffer =>
  Buffer.concat([
    ...shape.map((size) => integer(1, size)),
    integer(2, 1),
    bytes(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);

/** ValueInfoProto: name, and the type: a tensor of floats of this shape. */
const value = (name: string, shape: number[]): Buffer => {
  const sizes = Buffer.concat(shape.map((size) => bytes(1, integer(1, size))));
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, Buffer.concat([integer(1, 1), bytes(2, sizes)])))]);
};

/** ModelProto: ir_version 8, the graph, opset 13. */
function model(
  nodes: Buffer[],
  constants: Buffer[],
  inputs: Record<string, number[]>,
  outputs: Record<string, number[]>,
): Buffer {
  const values = (field: number, all: Record<string, number[]>) =>
    Object.entries(all).map(([name, shape]) => bytes(field, value(name, shape)));
  const graph = Buffer.concat([
    ...nodes.map((each) => bytes(1, each)),
    bytes(2, 'graph'),
    ...constants.map((each) => bytes(5, each)),
    ...values(11, inputs),
    ...values(12, outputs),
  ]);
  return Buffer.concat([
    integer(1, 8),
    bytes(7, graph),
    bytes(8, Buffer.concat([bytes(1, ''), integer(2, 13)])),
  ]);
}
