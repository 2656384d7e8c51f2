// The verbs that have programs for the GPU.
import type { Program } from '../device.ts';
import { elementwise } from './elementwise.ts';
import { movement } from './movement.ts';
import { optimizers } from './optimizers.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { softmax } from './softmax.ts';

export const programs: Record<string, Program> = {
  ...elementwise,
  ...movement,
  ...optimizers,
  ...products,
  ...reductions,
  ...softmax,
};
