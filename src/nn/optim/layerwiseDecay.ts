// layerwiseDecay: a learning rate for each layer, the smaller the nearer it is to the input.
import { ArgumentError, checkNumber, checkOptions, finite } from '../../tensor/index.ts';
import { parametersByLayer } from '../layers.ts';
import { checkModule, type Module, type Parameter } from '../module.ts';

export interface LayerwiseDecayOptions {
  /** The learning rate of the last layer. */
  lr: number;
  /** The factor from each layer to the one before it. Default 0.8. */
  decay?: number;
  /** The layers' names, the one nearest the input first. Default: see `nn.parametersByLayer`. */
  layers?: readonly string[];
}

/**
 * Groups for an optimizer, one for each layer: lrᵢ = lr · decayⁿ⁻¹⁻ⁱ for layer i of n, so the last one learns fastest, and the
 * first ones, which know what all tasks need, move little.
 *
 *     new optim.Adam(optim.layerwiseDecay(model, { lr: 1e-3, decay: 0.8 }))
 *
 * Source: Howard and Ruder, "Universal language model fine-tuning for text classification" (2018), discriminative
 * fine-tuning, where decay is 1/2.6.
 *
 * @throws ArgumentError when `layers` leave out a parameter that is not frozen
 */
export function layerwiseDecay(
  model: Module,
  options: LayerwiseDecayOptions,
): { parameters: Parameter[]; lr: number }[] {
  checkModule('layerwiseDecay', model);
  checkOptions('layerwiseDecay', options, ['lr', 'decay', 'layers']);
  const { lr, decay = 0.8, layers } = options ?? ({} as LayerwiseDecayOptions);
  checkNumber('layerwiseDecay', 'lr', lr, { ...finite, min: 0 });
  checkNumber('layerwiseDecay', 'decay', decay, { above: 0, max: 1 });
  const groups = [...parametersByLayer(model, layers).values()].map((parameters) => ({ parameters, lr }));
  for (let i = groups.length - 2; i >= 0; i--) groups[i].lr = groups[i + 1].lr * decay;
  const grouped = new Set(groups.flatMap(({ parameters }) => parameters));
  const left = [...model.namedParameters()].filter(([, own]) => own.requiresGrad && !grouped.has(own));
  if (left.length > 0)
    throw new ArgumentError(
      'layerwiseDecay',
      `no layer has ${left.map(([name]) => name).join(', ')}`,
      'layers must hold every parameter that is to learn; others must be frozen',
      `model.freeze('${left[0][0]}')`,
    );
  return groups;
}
