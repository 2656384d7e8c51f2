// The reference: plain loops that define the arithmetic. Every other backend repeats their bits.
import type { Backend } from '../backend.ts';
import { elementwise } from './elementwise.ts';
import { images } from './images.ts';
import { movement } from './movement.ts';
import { optimizers } from './optimizers.ts';
import { elements } from './precision.ts';
import { products } from './products.ts';
import { random } from './random.ts';
import { reductions } from './reductions.ts';
import { softmax } from './softmax.ts';

export const reference: Backend = {
  name: 'reference',
  elements,
  ...movement,
  ...elementwise,
  ...products,
  ...reductions,
  ...softmax,
  ...random,
  ...images,
  ...optimizers,
};
