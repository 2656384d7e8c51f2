// Selection: some of many named things, by their names or by a function.
import { ArgumentError, describe, nearest } from '../tensor/index.ts';

/**
 * Which ones: a name, several names, or a function that says yes. `hidden` stands for all that lies in it as well:
 * `hidden.0.weight`, `hidden.0.bias`, ...
 */
export type Selection<T> = string | readonly string[] | ((name: string, item: T) => boolean);

/**
 * The selected ones of `named`, in its order.
 *
 * @param kind what they are, for errors: a parameter, a layer
 * @param named what there is, under each of its names
 * @throws ArgumentError when a name stands for nothing
 */
export function select<T>(
  where: string,
  kind: string,
  named: readonly (readonly [name: string, item: T])[],
  selection: Selection<T>,
): Set<T> {
  if (typeof selection === 'function') {
    const seen = new Set<T>();
    return new Set(
      named.flatMap(([name, item]) => {
        if (seen.has(item)) return [];
        seen.add(item);
        return isYes(where, name, selection(name, item)) ? [item] : [];
      }),
    );
  }
  const wanted: unknown[] = Array.isArray(selection) ? selection : [selection];
  for (const name of wanted) checkName(where, kind, named, name);
  return new Set(named.flatMap(([name, item]) => (wanted.some((outer) => isIn(name, outer)) ? [item] : [])));
}

const isIn = (name: string, outer: unknown): boolean => name === outer || name.startsWith(`${outer}.`);

function isYes(where: string, name: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new ArgumentError(
    where,
    `the function returned ${describe(answer)} for ${name}`,
    'it must return true or false',
  );
}

function checkName(
  where: string,
  kind: string,
  named: readonly (readonly [name: string, item: unknown])[],
  name: unknown,
): void {
  if (typeof name !== 'string')
    throw new ArgumentError(
      where,
      `a name is ${describe(name)}`,
      `give a name, a list of names, or a function of name and ${kind}`,
      `${where}('hidden')`,
    );
  if (named.some(([own]) => isIn(own, name))) return;
  const known = new Set(
    named.flatMap(([own]) => own.split('.').map((_, i, all) => all.slice(0, i + 1).join('.'))),
  );
  const guess = nearest(name, [...known]);
  const listed = [...new Set(named.map(([own]) => own))];
  throw new ArgumentError(
    where,
    `there is no ${kind} ${JSON.stringify(name)}, nor one in it`,
    listed.length === 0
      ? `there are no ${kind}s`
      : `names are ${listed.slice(0, 12).join(', ')}${listed.length > 12 ? ', ...' : ''}`,
    guess && JSON.stringify(guess),
  );
}
