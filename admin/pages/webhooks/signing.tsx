import type { EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import { dialectOf } from './form/draft.ts';
import { signingSample } from './signing-sample.ts';

const words = texts.signing;

/** How a receiver tells that a request is from here: short, for the dialect that it speaks. */
export function Verifying({ endpoint, catalog }: { endpoint: EndpointView; catalog: CatalogView }) {
  const { form, headers, code, status } = signingSample(dialectOf(catalog, endpoint.dialect).name);
  return (
    <div class="verifying">
      <p>{words.headers}</p>
      <ul>
        {headers.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <p>{words.how[form]}</p>
      <div class="sample">
        <div class="sample-head">
          <span>{words.node}</span>
          <CopyButton text={code} label={words.copyCode} />
        </div>
        {/* It scrolls, so the keyboard must reach it. */}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region is reached by the keyboard */}
        <pre tabIndex={0}>{code}</pre>
      </div>
      <p>{status === 200 ? words.answer200 : words.answer}</p>
      <p class="dim">
        {form === 'standard' && (
          <>
            <ExternalLink href="https://www.standardwebhooks.com/">{words.otherLanguages}</ExternalLink> ·{' '}
          </>
        )}
        {words.docs}
      </p>
    </div>
  );
}

export interface SigningProps {
  readonly endpoint: EndpointView;
  readonly catalog: CatalogView;
  readonly onRotate: () => void;
}

/** Whether it is signed, how to verify it, and the way to another secret. */
export function Signing({ endpoint, catalog, onRotate }: SigningProps) {
  return (
    <section class="form-section signing">
      <h2>{words.title}</h2>
      <p class="signing-state">
        <span>{endpoint.hasSecret ? words.signed : words.unsigned}</span>
        <Button small icon="key" operator onClick={onRotate}>
          {endpoint.hasSecret ? texts.actions.rotate : texts.actions.setSecret}
        </Button>
      </p>
      {endpoint.hasSecret && <Verifying endpoint={endpoint} catalog={catalog} />}
    </section>
  );
}
