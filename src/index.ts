// The only public door.
export * from './autograd/index.ts';
export {
  type Arithmetic,
  type DeviceInfo,
  type DeviceName,
  type DeviceOptions,
  device,
  enableWideVectors,
  setArithmetic,
  setDevice,
  setThreads,
} from './kernels/index.ts';
export * as data from './data/index.ts';
export * as io from './io/index.ts';
export * as nn from './nn/index.ts';
export { optim } from './nn/index.ts';
export {
  AnomalyError,
  ArgumentError,
  arange,
  DataError,
  DeviceError,
  eye,
  full,
  GradientError,
  IndexError,
  linspace,
  type Logits,
  ModifiedError,
  manualSeed,
  MemoryError,
  type MemoryReport,
  memory,
  ones,
  Probabilities,
  randomState,
  ReleasedError,
  type RandomState,
  type Saved,
  type Shape,
  type Scope,
  ScopeError,
  ShapeError,
  scope,
  StateError,
  setRandomState,
  Tensor,
  ThreadError,
  TypegradError,
  tensor,
  zeros,
} from './tensor/index.ts';
export * as train from './train/index.ts';
