import { useEffect, useState } from 'preact/hooks';
import type { BulkJobView } from '../../../src/admin/shapes/bulk.ts';
import { ApiProblem, api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { navigate, pathTo } from '../../routes.tsx';
import { bulkWords as words } from '../../texts/bulk.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Text } from '../../ui/text.tsx';
import { CountLine } from './count-line.tsx';
import { JobProgress } from './job-progress.tsx';
import { SinceChoices } from './since-choices.tsx';
import { localText, type SpanInput, spanOf } from './span.ts';
import { useCount } from './use-count.ts';

export interface BulkDialogProps {
  endpoint: { id: string; url: string; failingSince: string | null };
  onClose: () => void;
}

/** "Redeliver failed…" of a webhook: since when, how many, start, and how far it is. */
export function BulkDialog({ endpoint, onClose }: BulkDialogProps) {
  const [job, setJob] = useState<BulkJobView | null>(null);
  return (
    <Dialog
      title={words.dialogTitle}
      onClose={onClose}
      footer={job ? <Ending onClose={onClose} /> : undefined}
    >
      <p class="cut">
        <Text mono>{endpoint.url}</Text>
      </p>
      {job ? (
        <Running job={job} onChange={setJob} />
      ) : (
        <Asking endpoint={endpoint} onClose={onClose} onStart={setJob} />
      )}
    </Dialog>
  );
}

function Asking({ endpoint, onClose, onStart }: BulkDialogProps & { onStart: (job: BulkJobView) => void }) {
  const [openedAt] = useState(Date.now);
  const [input, setInput] = useState<SpanInput>({
    choice: endpoint.failingSince ? 'failing' : 'day',
    from: localText(openedAt - 3_600_000),
    until: '',
  });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const span = spanOf(input, endpoint.failingSince, openedAt);
  const counted = useCount(endpoint.id, span);
  const start = async () => {
    if (typeof span === 'string') return;
    setBusy(true);
    setProblem(null);
    try {
      onStart(await api.post<BulkJobView>('/bulk-jobs', { endpointId: endpoint.id, ...span }));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  };
  const found = counted.data?.deliveries.count;
  const why = found === undefined ? words.startWait : found === 0 ? words.startNone : null;
  return (
    <>
      <p class="dim">{words.dialogIntro}</p>
      <SinceChoices input={input} span={span} failingSince={endpoint.failingSince} onChange={setInput} />
      <CountLine counted={counted} valid={typeof span !== 'string'} />
      {problem && <ErrorNote problem={problem} />}
      <div class="dialog-actions">
        <Button onClick={onClose}>{words.close}</Button>
        <Button kind="primary" icon="repeat" operator busy={busy} why={why} onClick={() => void start()}>
          {words.start}
        </Button>
      </div>
    </>
  );
}

function Running({ job, onChange }: { job: BulkJobView; onChange: (job: BulkJobView) => void }) {
  const { id } = job;
  useEffect(
    () =>
      live.on('bulk', null, (now) => {
        if (now.id === id) onChange(now);
      }),
    [id, onChange],
  );
  return (
    <>
      <p>
        <StateBadge state={job.state} />
      </p>
      <JobProgress job={job} />
      {job.state === 'running' && <p class="dim">{words.goesOn}</p>}
    </>
  );
}

function Ending({ onClose }: { onClose: () => void }) {
  return (
    <>
      <Button
        onClick={() => {
          onClose();
          navigate(pathTo('bulk'));
        }}
      >
        {words.toJobs}
      </Button>
      <Button kind="primary" onClick={onClose}>
        {words.close}
      </Button>
    </>
  );
}
