// Layers in depth: the parameters of a model, layer by layer, from the input to the output.
import { ArgumentError, describe } from '../tensor/index.ts';
import { checkModule, type Parameter, type Module } from './module.ts';
import { MultiTask } from './multiTask.ts';
import { select } from './selection.ts';

/**
 * The parameters of each layer, the layer nearest the input first.
 *
 *     nn.parametersByLayer(new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10 }))
 *     →  Map { 'hidden.0' → [weight, bias], 'hidden.1' → [weight, bias], 'output' → [weight, bias] }
 *
 * A layer is a module with parameters of its own; one that has vectors only, such as a norm, goes with the layer before
 * it; the heads of a `MultiTask` are one layer together. The order is that of the fields.
 *
 * @param layers the layers' names in order, where fields are not in the order of the depth: `['body.0', 'body.2', 'heads']`
 * @throws ArgumentError when a name stands for no parameter, or a parameter would be in two layers
 */
export function parametersByLayer(model: Module, layers?: readonly string[]): Map<string, Parameter[]> {
  checkModule('parametersByLayer', model);
  if (layers === undefined) return byOwner(model);
  return named('parametersByLayer', model, layers);
}

function byOwner(model: Module): Map<string, Parameter[]> {
  const modules = model.namedModules();
  const heads = [...modules].flatMap(([name, module]) =>
    module instanceof MultiTask ? [name ? `${name}.heads` : 'heads'] : [],
  );
  const owners = new Map<string, Parameter[]>();
  for (const [name, parameter] of model.namedParameters()) {
    let owner = name;
    do owner = owner.slice(0, Math.max(owner.lastIndexOf('.'), 0));
    while (!modules.has(owner));
    owner = heads.find((head) => owner.startsWith(`${head}.`)) ?? owner;
    owners.set(owner, [...(owners.get(owner) ?? []), parameter]);
  }
  const layers = new Map<string, Parameter[]>();
  let last: string | undefined;
  let waiting: Parameter[] = []; // vectors before the first layer go with it
  for (const [name, parameters] of owners) {
    const isLayer = parameters.some((parameter) => parameter.rank > 1);
    if (isLayer) {
      layers.set(name, [...waiting, ...parameters]);
      waiting = [];
      last = name;
    } else if (last === undefined) waiting.push(...parameters);
    else layers.get(last)?.push(...parameters);
  }
  if (waiting.length > 0) layers.set([...owners.keys()][0], waiting);
  return layers;
}

function named(where: string, model: Module, layers: readonly string[]): Map<string, Parameter[]> {
  if (!Array.isArray(layers) || layers.length === 0)
    throw new ArgumentError(
      where,
      `layers is ${describe(layers)}`,
      'layers must be a list of names, the layer nearest the input first',
      "['hidden.0', 'hidden.1', 'output']",
    );
  const parameters = [...model.namedParameters()];
  const taken = new Map<Parameter, string>();
  return new Map(
    layers.map((layer) => {
      const own = [...select(where, 'parameter', parameters, layer)];
      for (const parameter of own) {
        const other = taken.get(parameter);
        if (other !== undefined)
          throw new ArgumentError(
            where,
            `a parameter of ${JSON.stringify(layer)} is in ${JSON.stringify(other)} already`,
            'layers must not overlap',
          );
        taken.set(parameter, layer);
      }
      return [layer, own];
    }),
  );
}
