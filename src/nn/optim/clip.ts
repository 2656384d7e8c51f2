// Gradient clipping, between backward and step.
import { ArgumentError, checkNumber, checkOptions, describe, Tensor, tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { noGrad, norm } from '../../autograd/index.ts';

export interface ClipNormOptions {
  /** Which norm: 1, 2, Infinity or any other positive number. Default 2. */
  p?: number;
}

/**
 * Scales all gradients by one factor so that their common norm is at most `maxNorm`.
 *
 *     total = (Σ ‖gᵢ‖ᵖ)^(1/p)          gᵢ ← gᵢ · min(1, maxNorm / (total + 1e-6))
 *
 * The norm of each parameter's gradient is taken alone, then the norm of these, in the order of the parameters.
 *
 * @returns the total norm before clipping
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options: ClipNormOptions = {},
): number {
  const gradients = gradientsOf('clipGradNorm', parameters);
  checkNumber('clipGradNorm', 'maxNorm', maxNorm, { min: 0 });
  checkOptions('clipGradNorm', options, ['p']);
  const { p = 2 } = options;
  checkNumber('clipGradNorm', 'p', p, { above: 0 });
  if (gradients.length === 0) return 0;
  return noGrad(() => {
    const norms = gradients.map((g) => norm(g, undefined, { p }).item());
    const total = norm(tensor(norms), undefined, { p }).item();
    const scale = maxNorm / (total + 1e-6);
    if (!(scale >= 1)) for (const g of gradients) backend().mul(g, tensor(scale), g);
    return total;
  });
}

/** Clips every element of every gradient to −limit … limit. */
export function clipGradValue(parameters: Iterable<Tensor>, limit: number): void {
  const gradients = gradientsOf('clipGradValue', parameters);
  checkNumber('clipGradValue', 'limit', limit, { min: 0 });
  for (const g of gradients) backend().clip(g, -limit, limit, g);
}

function gradientsOf(where: string, parameters: Iterable<Tensor>): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : parameters;
  if (list === null || typeof list !== 'object' || !(Symbol.iterator in list)) {
    throw new ArgumentError(
      where,
      `the parameters are ${describe(list)}`,
      'parameters are a list of tensors',
      `${where}(model.parameters(), 1)`,
    );
  }
  return [...list].flatMap((parameter) => {
    if (!(parameter instanceof Tensor))
      throw new ArgumentError(where, `a parameter is ${describe(parameter)}`, 'parameters must be tensors');
    return parameter.grad && parameter.grad.size > 0 ? [parameter.grad] : [];
  });
}
