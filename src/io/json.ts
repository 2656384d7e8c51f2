// JSON from files that nobody vouches for: JSON.parse, which also refuses what it would pass over in silence.
import { describe } from '../tensor/index.ts';

const deepest = 128; // levels; a parser that calls itself for each must not run out of stack
const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The value of a JSON text. A name `__proto__` is a property like any other.
 *
 * @throws SyntaxError when it is no JSON, when an object has two values of one name, of which JSON.parse would drop the
 * first, or when it is nested more than 128 levels deep
 */
export function parseJson(text: string): unknown {
  const repeated = findRepeatedName(text);
  const value = JSON.parse(text);
  if (repeated !== undefined) throw new SyntaxError(`the name ${describe(repeated)} is there twice`);
  return value;
}

/** A name that an object of the text has twice. In what is no JSON, it may find anything. */
function findRepeatedName(text: string): string | undefined {
  let repeated: string | undefined;
  const names: (Set<string> | undefined)[] = []; // those of each object that is open; none for a list
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === openObject || code === openList) {
      names.push(code === openObject ? new Set() : undefined);
      if (names.length > deepest) throw new SyntaxError(`it is nested more than ${deepest} levels deep`);
    } else if (code === closeObject || code === closeList) names.pop();
    else if (code === quote) {
      const begin = i;
      for (i++; i < text.length && text.charCodeAt(i) !== quote; i++)
        if (text.charCodeAt(i) === backslash) i++;
      const own = names.at(-1);
      if (!own || !isName(text, i + 1)) continue;
      const name = unquote(text.slice(begin, i + 1));
      if (own.has(name)) repeated ??= name;
      own.add(name);
    }
  }
  return repeated;
}

/** Whether a colon comes next: the string that ends here is a name. */
function isName(text: string, next: number): boolean {
  while (next < text.length && text.charCodeAt(next) <= 0x20) next++;
  return text.charCodeAt(next) === colon;
}

function unquote(literal: string): string {
  try {
    return literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1);
  } catch {
    return literal; // JSON.parse will refuse the whole
  }
}
