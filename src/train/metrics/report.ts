// Tables of how classes are told apart: the confusion matrix, the classification report.
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  describe,
  IndexError,
  isNumericArray,
  ShapeError,
} from '../../tensor/index.ts';
import { checkZeroDivision, type ZeroDivisionOptions } from './classes.ts';
import { averageOf, countClasses, fractionOf, shareRight } from './counts.ts';
import { checkClasses, type List } from './inputs.ts';

/**
 * How often each class was taken for each: row = the true class, column = the predicted one.
 *
 * @throws IndexError when a class is not in 0 … classes − 1
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  checkNumber('confusionMatrix', 'classes', classes, { integer: true, min: 1 });
  for (const [name, list] of Object.entries({ truth, predicted })) {
    if (!Array.isArray(list) && !isNumericArray(list))
      throw new ArgumentError(
        'confusionMatrix',
        `${name} is ${describe(list)}`,
        `${name} is a list of classes`,
      );
  }
  if (truth.length !== predicted.length)
    throw new ShapeError(
      'confusionMatrix',
      `${truth.length} labels, ${predicted.length} predictions`,
      'both must have the same length',
    );
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    for (const [name, value] of [
      ['label', truth[i]],
      ['prediction', predicted[i]],
    ] as const) {
      if (!Number.isInteger(value) || value < 0 || value >= classes)
        throw new IndexError(
          'confusionMatrix',
          `${name} ${i} is ${describe(value)}`,
          `classes are numbered 0 … ${classes - 1}`,
        );
    }
    counts[truth[i]][predicted[i]]++;
  }
  return counts;
}

/** A confusion matrix as a table: a row for each true class, a column for each predicted one; a dot for 0. */
export function formatConfusionMatrix(counts: readonly (readonly number[])[]): string {
  const isSquare =
    Array.isArray(counts) && counts.every((row) => Array.isArray(row) && row.length === counts.length);
  if (!isSquare)
    throw new ArgumentError(
      'formatConfusionMatrix',
      `counts is ${describe(counts)}`,
      'counts must be a square table',
      'formatConfusionMatrix(confusionMatrix(truth, predicted, 10))',
    );
  counts.forEach((row: readonly number[], t) => {
    row.forEach((n, p) => {
      checkNumber('formatConfusionMatrix', `counts[${t}][${p}]`, n, { integer: true, min: 0 });
    });
  });
  const cells = [
    ['', ...counts.map((_, c) => String(c))],
    ...counts.map((row, c) => [String(c), ...row.map((n: number) => (n === 0 ? '·' : String(n)))]),
  ];
  const width = Math.max(...cells.flat().map((cell) => cell.length)) + 1;
  const [head, ...rows] = cells.map(
    ([label, ...row]) => `${label.padStart(6)} │${row.map((cell) => cell.padStart(width)).join('')}`,
  );
  const line = `${'─'.repeat(7)}┼${'─'.repeat(width * counts.length)}`;
  return ['  true │ predicted', head, line, ...rows].join('\n');
}

/** One line of a report. */
export interface ReportLine {
  precision: number;
  recall: number;
  f1: number;
  /** How many samples there are: of the class, or in all. */
  support: number;
}

/** What `classificationReport` returns. */
export interface ClassificationReport {
  /** For each class that is true or predicted somewhere, by its number. */
  classes: (ReportLine & { label: number; name: string })[];
  accuracy: number;
  /** The mean over the classes. */
  macro: ReportLine;
  /** The same, each class counting as often as it is true. */
  weighted: ReportLine;
}

export interface ClassificationReportOptions extends ZeroDivisionOptions {
  /** What the classes are called, the name of class 0 first. Default: their numbers. */
  names?: readonly string[];
}

/**
 * Precision, recall and F1 of each class, and their averages.
 *
 *     const report = train.classificationReport(truth, predicted, { names: ['cat', 'dog'] });
 *     console.log(train.formatClassificationReport(report));
 *
 * Source: scikit-learn's `classification_report`.
 *
 * @throws IndexError for a class that has no name
 */
export function classificationReport(
  truth: List,
  predicted: List,
  options: ClassificationReportOptions = {},
): ClassificationReport {
  const where = 'classificationReport';
  const classes = checkClasses(where, truth, predicted);
  checkOptions(where, options, ['names', 'zeroDivision']);
  const { names } = options;
  const zeroDivision = checkZeroDivision(where, options.zeroDivision);
  if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === 'string')))
    throw new ArgumentError(
      where,
      `names is ${describe(names)}`,
      'names must be a list of words',
      "{ names: ['cat', 'dog'] }",
    );
  const gathered = countClasses(shareRight);
  gathered.add(classes);
  const counts = gathered.counts();
  const nameless = counts.find(({ label }) => names && names[label] === undefined);
  if (nameless)
    throw new IndexError(
      where,
      `class ${nameless.label} has no name: there are ${names?.length} names`,
      'names has one for each class, from class 0 on',
    );
  const line = (number: (what: 'precision' | 'recall' | 'f1') => number, support: number): ReportLine => ({
    precision: number('precision'),
    recall: number('recall'),
    f1: number('f1'),
    support,
  });
  const average = (average: 'macro' | 'weighted') =>
    line((what) => averageOf(what, counts, { average, zeroDivision }), truth.length);
  return {
    classes: counts.map((of) => ({
      label: of.label,
      name: names?.[of.label] ?? String(of.label),
      ...line((what) => fractionOf(what, of, zeroDivision), of.truth),
    })),
    accuracy: gathered.value(),
    macro: average('macro'),
    weighted: average('weighted'),
  };
}

export interface FormatReportOptions {
  /** How many digits after the point. Default 2. */
  digits?: number;
}

/** A classification report as a table, laid out as scikit-learn's. */
export function formatClassificationReport(
  report: ClassificationReport,
  options: FormatReportOptions = {},
): string {
  const where = 'formatClassificationReport';
  checkReport(report);
  checkOptions(where, options, ['digits']);
  const { digits = 2 } = options;
  checkNumber(where, 'digits', digits, { integer: true, min: 0, max: 20 });
  const { classes, accuracy, macro, weighted } = report;
  const width = Math.max('weighted avg'.length, ...classes.map(({ name }) => name.length));
  const row = (name: string, cells: string[]) =>
    [`${name.padStart(width)} `, ...cells.map((cell) => cell.padStart(9))].join(' ');
  const line = (name: string, { precision, recall, f1, support }: ReportLine) =>
    row(name, [...[precision, recall, f1].map((number) => number.toFixed(digits)), String(support)]);
  return [
    row('', ['precision', 'recall', 'f1-score', 'support']),
    '',
    ...classes.map((of) => line(of.name, of)),
    '',
    row('accuracy', ['', '', accuracy.toFixed(digits), String(macro.support)]),
    line('macro avg', macro),
    line('weighted avg', weighted),
  ].join('\n');
}

function checkReport(report: ClassificationReport): void {
  const isLine = (line: any) =>
    [line?.precision, line?.recall, line?.f1, line?.support].every((number) => typeof number === 'number');
  const isReport =
    Array.isArray(report?.classes) &&
    report.classes.every((of) => typeof of?.name === 'string' && isLine(of)) &&
    typeof report.accuracy === 'number' &&
    isLine(report.macro) &&
    isLine(report.weighted);
  if (isReport) return;
  throw new ArgumentError(
    'formatClassificationReport',
    `the report is ${describe(report)}`,
    'a report is what classificationReport returns',
    'formatClassificationReport(classificationReport(truth, predicted))',
  );
}
