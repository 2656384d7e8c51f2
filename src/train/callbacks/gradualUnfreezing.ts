// gradualUnfreezing: a callback that lets layers learn one after the other, the last one first.
import { checkNumber, checkOptions } from '../../tensor/index.ts';
import { LoRALinear, parametersByLayer } from '../../nn/index.ts';
import type { Callback, TrainingState } from '../callback.ts';

export interface GradualUnfreezingOptions {
  /** The layers' names, the one nearest the input first; other parameters are left as they are. Default: see `nn.parametersByLayer`. */
  layers?: readonly string[];
  /** How many epochs pass until the next layer joins. Default 1. */
  every?: number;
}

/**
 * In the first epoch only the last layer learns, then the last two, and so on until all do, so that a new head does not
 * disturb what the layers below have learned before it knows anything itself.
 *
 *     train.fit(model, { ..., callbacks: [train.gradualUnfreezing()] })
 *
 * In epoch e the last 1 + ⌊(e − 1)/every⌋ layers learn, so a resumed run goes on where it was. The optimizer must hold the
 * parameters of all layers. Of a layer with an adapter (`nn.addLora`), the adapter alone learns.
 *
 * Source: Howard and Ruder, "Universal language model fine-tuning for text classification" (2018).
 */
export function gradualUnfreezing(options: GradualUnfreezingOptions = {}): Callback {
  checkOptions('gradualUnfreezing', options, ['layers', 'every']);
  const { layers, every = 1 } = options;
  checkNumber('gradualUnfreezing', 'every', every, { integer: true, min: 1 });
  const apply = ({ model, epoch }: TrainingState): void => {
    const all = [...parametersByLayer(model, layers).values()];
    const adapted = new Set<unknown>(
      [...model.namedModules().values()].flatMap((module) =>
        module instanceof LoRALinear ? [module.weight, module.bias] : [],
      ),
    );
    const frozen = Math.max(all.length - 1 - Math.floor((Math.max(epoch, 1) - 1) / every), 0);
    all.forEach((parameters, i) => {
      const own = new Set(parameters.filter((parameter) => !adapted.has(parameter)));
      if (i < frozen) model.freeze((_, parameter) => own.has(parameter));
      else model.unfreeze((_, parameter) => own.has(parameter));
    });
  };
  return { onStart: apply, onEpochStart: apply };
}
