import { wordOf } from '../../data/word.ts';
import { auditWords as words } from '../../texts/audit.ts';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import type { Change } from './changes.ts';

/** What changed, as a list of fields: what it was is struck, what it is stands beside it; both are also said in words. */
export function ChangeLines({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <dl class="changes" aria-label={words.details}>
      {changes.map((change) => (
        <div key={change.field}>
          <dt>{wordOf(words.fields, change.field) ?? change.field}</dt>
          <dd>
            <Line change={change} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Line({ change }: { change: Change }) {
  if (change.kind === 'value') return <Value text={change.value} />;
  if (change.kind === 'change') {
    return (
      <>
        <del>
          <span class="unseen">{words.before} </span>
          <Value text={change.before} />
        </del>{' '}
        <ins>
          <span class="unseen">{words.after} </span>
          <Value text={change.after} />
        </ins>
      </>
    );
  }
  return (
    <>
      {change.removed.map((one) => (
        <del key={one}>
          <span class="unseen">{words.removed} </span>
          <Text mono>{one}</Text>
        </del>
      ))}
      {change.added.map((one) => (
        <ins key={one}>
          <span class="unseen">{words.added} </span>
          <Text mono>{one}</Text>
        </ins>
      ))}
    </>
  );
}

function Value({ text }: { text: string }) {
  if (text === '') return <span class="dim">{words.none}</span>;
  if (text === 'true' || text === 'false') return <span>{text === 'true' ? words.yes : words.no}</span>;
  if (isoTime.test(text)) return <Time at={text} form="exact" />;
  const word = wordOf(words.values, text);
  return word ? <span>{word}</span> : <Text mono>{text}</Text>;
}

const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
