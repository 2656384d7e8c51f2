// fit: trains a model.
import type { Targets } from '../data/index.ts';
import type { Module } from '../nn/index.ts';
import type { EpochLog } from './callback.ts';
import { checkModel } from './evaluate.ts';
import { checkFitOptions, type FitOptions } from './options.ts';
import { readCheckpoint } from './resume.ts';
import { Run } from './run.ts';

/**
 * Trains a model: for each batch the loss, its gradient, a step of the optimizer. The model is left in training mode.
 *
 * @returns the log of every epoch
 * @throws AnomalyError when a loss is NaN or infinite: it names the operation and the layer that made it, and the batch
 */
export async function fit<Y extends Targets>(model: Module, options: FitOptions<Y>): Promise<EpochLog[]> {
  checkModel('fit', model);
  const metrics = checkFitOptions(options);
  const run = new Run(model, options, metrics);
  if (options.resume !== undefined) run.resume(await readCheckpoint(options.resume));
  return run.train();
}
