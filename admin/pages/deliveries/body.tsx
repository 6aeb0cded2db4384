import { useMemo, useState } from 'preact/hooks';
import type { BodyView } from '../../../src/admin/shapes/delivery.ts';
import { formatBytes } from '../../data/format.ts';
import { visiblePieces } from '../../data/visible-text.ts';
import { delivery, body as texts } from '../../texts/deliveries.ts';
import { Choice } from '../../ui/choice.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Unseen } from '../../ui/text.tsx';
import { type BodyForm, formsOf, type ShownBody, shownBody } from './shown-body.ts';

export interface BodyProps {
  /** Null: it is not kept any more. */
  body: BodyView | null;
  /** What it is: "Request body". */
  label: string;
  /** It is the beginning of a longer one. */
  cut?: boolean;
  /** Of a response: null is an empty one. */
  isResponse?: boolean;
}

/** Bytes of somebody: JSON laid out, text as it is, else as hex or base64. Its beginning, until all of it is asked for. Text nodes only. */
export function Body({ body, label, cut = false, isResponse }: BodyProps) {
  if (body === null || body.bytes === 0) {
    return <p class="dim">{body === null && !isResponse ? delivery.bodyGone : delivery.noBody}</p>;
  }
  return <SomeBody body={body} label={label} cut={cut} />;
}

function SomeBody({ body, label, cut }: { body: BodyView; label: string; cut: boolean }) {
  const forms = useMemo(() => formsOf(body, cut), [body.text, body.base64, cut]);
  const [chosen, setChosen] = useState<BodyForm | null>(null);
  const [all, setAll] = useState(false);
  const form = chosen !== null && forms.includes(chosen) ? chosen : (forms[0] ?? 'raw');
  const shown = useMemo(() => shownBody(body, form, all), [body.text, body.base64, form, all]);
  return (
    <section class="code" aria-label={label}>
      <div class="code-bar">
        <span class="dim">
          {body.text === null && `${texts.binary} `}
          {formatBytes(body.bytes)}
        </span>
        <span class="actions">
          <Choice
            label={texts.form}
            value={form}
            options={forms.map((value) => ({ value, label: texts[value] }))}
            onChange={setChosen}
          />
          <CopyButton text={body.text ?? body.base64 ?? ''} label={texts.copyName(label)} />
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text has to be scrolled by keyboard */}
      <pre tabIndex={0} dir="ltr" class={form === 'hex' ? 'dump' : undefined}>
        <Shown shown={shown} />
      </pre>
      {(shown.isCut || all || cut) && (
        <p class="code-foot">
          {shown.isCut && (
            <button type="button" class="link" onClick={() => setAll(true)}>
              {texts.showAll(formatBytes(body.bytes))}
            </button>
          )}
          {all && (
            <button type="button" class="link" onClick={() => setAll(false)}>
              {texts.showLess}
            </button>
          )}
          {cut && <span class="dim">{delivery.bodyCut}</span>}
        </p>
      )}
    </section>
  );
}

function Shown({ shown: { pieces, stretches } }: { shown: ShownBody }) {
  if (pieces === null) {
    if (stretches.length === 1) return <Visible>{stretches[0] ?? ''}</Visible>;
    return stretches.map((text, index) => (
      <span key={index} class="stretch">
        <Visible>{text}</Visible>
      </span>
    ));
  }
  return pieces.map(({ kind, text }, index) =>
    kind === 'space' || kind === 'mark' ? (
      text
    ) : (
      // Each value by itself: writing from right to left does not carry the marks around it along.
      <bdi key={index} class={`json-${kind}`}>
        <Visible>{text}</Visible>
      </bdi>
    ),
  );
}

function Visible({ children }: { children: string }) {
  const pieces = visiblePieces(children);
  if (pieces.length === 1 && !pieces[0]?.hidden) return <>{children}</>;
  return pieces.map(({ text, hidden }, index) => (hidden ? <Unseen key={index} text={text} /> : text));
}
