// replaceHead: another last layer, for another task.
import { ArgumentError, checkNumber, checkOptions, describe, nearest, ShapeError } from '../tensor/index.ts';
import { Linear } from './linear.ts';
import { LoRALinear } from './lora.ts';
import { checkModule, Module, type Place, placesOf } from './module.ts';
import { widths } from './widths.ts';

export interface ReplaceHeadOptions {
  /** The name of the layer to replace. Default: the last Linear, in the order of the fields. */
  layer?: string;
}

/**
 * Puts another layer in the place of a model's last linear one, and returns it. All other weights stay as they are.
 *
 *     const old = model.output;
 *     const head = nn.replaceHead(model, 5);                  a Linear with as many inputs as before, and 5 outputs
 *     optimizer.removeParameters(old.parameters());           an optimizer that was made before does not know of it
 *     optimizer.addGroup({ parameters: head.parameters(), lr: 1e-2 });
 *
 *     nn.replaceHead(model, new nn.Sequential(new nn.Dropout(), new nn.Linear(128, 5)));
 *
 * @param head how many outputs it has, or the layer itself
 * @throws ArgumentError when there is no such layer
 * @throws ShapeError when the new layer takes another number of values than the old one
 */
export function replaceHead(model: Module, outputs: number, options?: ReplaceHeadOptions): Linear;
export function replaceHead<Head extends Module>(
  model: Module,
  head: Head,
  options?: ReplaceHeadOptions,
): Head;
export function replaceHead(model: Module, head: number | Module, options: ReplaceHeadOptions = {}): Module {
  const where = 'replaceHead';
  checkModule(where, model);
  checkOptions(where, options, ['layer']);
  const places = placesOf(model);
  const { name, module: old } = findHead(where, model, places, options.layer);
  const { takes } = old[widths];
  const layer = head instanceof Module ? head : newHead(where, name, old, head);
  const given = layer[widths].takes;
  if (takes !== undefined && given !== undefined && takes !== given)
    throw new ShapeError(
      where,
      `the new layer takes ${given} values, but ${name} took ${takes}`,
      'the new layer must take as many values as the old one',
    );
  layer.train(old.training);
  for (const place of places) if (place.module === old) place.owner[place.key] = layer;
  return layer;
}

function newHead(where: string, name: string, old: Module, outputs: unknown): Linear {
  if (typeof outputs !== 'number')
    throw new ArgumentError(
      where,
      `the head is ${describe(outputs)}`,
      'the head must be its number of outputs, or a layer',
      'replaceHead(model, 5)',
    );
  checkNumber(where, 'outputs', outputs, { integer: true, min: 1 });
  const { takes } = old[widths];
  if (takes === undefined)
    throw new ArgumentError(
      where,
      `it is not known how many values ${name} takes`,
      'without that the new layer must be given whole',
      'replaceHead(model, new nn.Linear(128, 5))',
    );
  const bias = !(old instanceof Linear || old instanceof LoRALinear) || old.bias !== undefined;
  return new Linear(takes, outputs, { bias });
}

function findHead(where: string, model: Module, places: readonly Place[], layer: unknown): Place {
  if (layer !== undefined) {
    const place = places.find(({ name }) => name === layer);
    if (place) return place;
    const names = places.map(({ name }) => name);
    const guess = typeof layer === 'string' ? nearest(layer, names) : undefined;
    throw new ArgumentError(
      where,
      `there is no layer ${describe(layer)}`,
      names.length > 0 ? `layers are ${names.join(', ')}` : 'the model has no inner layers',
      guess && `{ layer: '${guess}' }`,
    );
  }
  const last = places.findLast(({ module }) => module instanceof Linear || module instanceof LoRALinear);
  if (last) return last;
  throw new ArgumentError(
    where,
    `this ${model.constructor.name} has no linear layer in it`,
    'the head is the last Linear among the model’s fields',
    "replaceHead(model, layer, { layer: 'name' })",
  );
}
