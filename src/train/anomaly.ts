// detectAnomaly for models: the layer, too.
import { ArgumentError, describe } from '../tensor/index.ts';
import { detectAnomaly as detect } from '../autograd/index.ts';
import type { Module } from '../nn/index.ts';
import { checkModel } from './evaluate.ts';

/**
 * Finds the first number that is not finite: runs `body` (a forward pass, a loss, perhaps a backward pass), looks at every result and
 * every gradient, and names the operation and the layer at fault.
 *
 *     train.detectAnomaly(model, () => nn.crossEntropy(model.forward(x), y).backward());
 *
 * @returns what `body` returns, if everything was finite
 * @throws AnomalyError otherwise
 */
export function detectAnomaly<T>(model: Module, body: () => T): T {
  checkModel('detectAnomaly', model);
  if (typeof body !== 'function')
    throw new ArgumentError(
      'detectAnomaly',
      `cannot run ${describe(body)}`,
      'the second argument must be a function',
      'detectAnomaly(model, () => loss(model.forward(x), y))',
    );
  const running: string[] = [];
  const modules = [...model.namedModules()].filter(([name]) => name !== '');
  const before = modules.map(([, module]) => Object.getOwnPropertyDescriptor(module, 'forward'));
  try {
    for (const [name, module] of modules) watch(name, module, running);
    return detect(body, { where: () => running.at(-1) });
  } finally {
    modules.forEach(([, module], i) => {
      const own = before[i];
      if (own) Object.defineProperty(module, 'forward', own);
      else Reflect.deleteProperty(module, 'forward');
    });
  }
}

/** Lets a module note in `running` that its forward runs. */
function watch(name: string, module: Module, running: string[]): void {
  const { forward } = module;
  const value = (...inputs: unknown[]): unknown => {
    running.push(`layer ${name} (${module.constructor.name})`);
    try {
      return forward.apply(module, inputs);
    } finally {
      running.pop();
    }
  };
  Object.defineProperty(module, 'forward', { value, configurable: true });
}
