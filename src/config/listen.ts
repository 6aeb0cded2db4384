/** Where a server of ours listens. */
export interface Listen {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Nobody else's machine gets in unless the operator says so. */
const loopback = '127.0.0.1';

/** `9464`, `127.0.0.1:9464`, `[::1]:9464` or `metrics.internal:9464`; undefined for what is none of these. Pure. */
export function parseListen(text: string): Listen | undefined {
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) return undefined;
  return { host: bracketed ?? plain ?? loopback, port };
}
