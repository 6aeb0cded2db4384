import { useState } from 'preact/hooks';
import type { ApiProblem } from '../../../data/api.ts';
import { webhookForm as texts } from '../../../texts/webhook-form.ts';
import type { Draft } from './draft.ts';
import { fieldOf } from './problem-field.ts';
import type { Faults, FieldName } from './submission.ts';

/** What every part of the form is given. */
export interface FormPart {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  /** What is wrong with a field, in words. */
  readonly error: (field: FieldName) => string | undefined;
}

export interface FormErrors {
  readonly of: (field: FieldName) => string | undefined;
  /** What the server said that belongs to no field. */
  readonly rest: ApiProblem | null;
  readonly count: number;
  /** Of a try to send it: what was found here, before the server was asked. */
  readonly found: (faults: Faults) => void;
  /** The server refused it. */
  readonly refused: (problem: ApiProblem) => void;
  /** A field was changed: what was said of it may hold no longer. */
  readonly touched: (fields: readonly (keyof Draft)[]) => void;
  readonly clear: () => void;
}

/** A part of the draft may be several fields of the server. */
const fieldsOf = (part: keyof Draft): readonly FieldName[] => {
  if (part === 'timeout') return ['timeoutMs'];
  if (part === 'clientCertificate') return ['clientCertificate', 'clientKey'];
  // Whether a secret, a URL or a schedule is right depends on it.
  if (part === 'dialect') return ['dialect', 'secret', 'url'];
  return [part];
};

/**
 * What is wrong with the form, each beside its field until that one is changed.
 * @param hasPlace whether the form has this field; what is wrong with others is told at its end
 */
export function useFormErrors(hasPlace: (field: FieldName) => boolean = () => true): FormErrors {
  const [errors, setErrors] = useState<ReadonlyMap<FieldName, string>>(new Map());
  const [rest, setRest] = useState<ApiProblem | null>(null);
  return {
    of: (field) => errors.get(field),
    rest,
    count: errors.size,
    found(faults) {
      setRest(null);
      setErrors(new Map([...faults].map(([field, fault]) => [field, texts.fault(field, fault)])));
    },
    refused(problem) {
      const named = fieldOf(problem.problem);
      const field = named !== null && hasPlace(named) ? named : null;
      setRest(field === null ? problem : null);
      setErrors(field === null ? new Map() : new Map([[field, sentence(problem)]]));
    },
    touched(parts) {
      const fields = parts.flatMap(fieldsOf);
      setErrors((now) => {
        if (!fields.some((field) => now.has(field))) return now;
        return new Map([...now].filter(([field]) => !fields.includes(field)));
      });
    },
    clear() {
      setRest(null);
      setErrors(new Map());
    },
  };
}

/** As a sentence, with what helps behind it. */
function sentence({ problem: { detail, fix } }: ApiProblem): string {
  const first = detail.charAt(0).toUpperCase() + detail.slice(1);
  return `${/[.!?]$/.test(first) ? first : `${first}.`}${fix ? ` ${fix}` : ''}`;
}

/** Puts the focus into the first field that something is wrong with, once it is drawn so. */
export function focusFirstError(form: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const wrong = form?.querySelector<HTMLElement>('.wrong');
    wrong?.closest('details')?.setAttribute('open', '');
    const field = wrong?.querySelector<HTMLElement>('input, select, textarea, button');
    field?.focus();
    wrong?.scrollIntoView({ block: 'center' });
  });
}
