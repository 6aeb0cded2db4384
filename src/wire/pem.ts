import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** Certificates of a PEM text, the first one first. */
export type Certificates = readonly X509Certificate[];

/** A signature with 4,096 bits takes some milliseconds of the thread that does everything; with 16,384, a hundred times as long. */
const rsaMaxBits = 4_096;

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/g;

/**
 * Reads the certificates of a PEM text. What stands between them (names, as openssl writes them) is left out.
 * @returns the certificates, with the text of them alone; or why it has none, as a clause: `has no certificate …`
 */
export function parseCertificates(
  text: string,
): { readonly certificates: Certificates; readonly pem: string } | { readonly problem: string } {
  const blocks = text.match(certificateBlock) ?? [];
  if (blocks.length === 0) return { problem: 'has no certificate in PEM (-----BEGIN CERTIFICATE-----)' };
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      return { problem: `has a certificate that cannot be read, the ${index + 1}. of ${blocks.length}` };
    }
  }
  return { certificates, pem: joined(blocks) };
}

/**
 * Reads the one private key of a PEM text.
 * @returns the key, with the text of it alone; or why it has none, as a clause that repeats nothing of it
 */
export function parsePrivateKey(
  text: string,
): { readonly key: KeyObject; readonly pem: string } | { readonly problem: string } {
  const blocks = text.match(keyBlock) ?? [];
  const [block] = blocks;
  if (block === undefined) return { problem: 'has no private key in PEM (-----BEGIN PRIVATE KEY-----)' };
  if (blocks.length > 1) return { problem: 'has more than one private key' };
  // Also the old form, which says so within: Proc-Type: 4,ENCRYPTED.
  if (/ENCRYPTED/.test(block)) return { problem: 'is protected by a passphrase, which nobody could enter' };
  try {
    const key = createPrivateKey(block);
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) > rsaMaxBits
      ? { problem: `has an RSA key of more than ${rsaMaxBits} bits, which takes too long to sign with` }
      : { key, pem: joined([block]) };
  } catch {
    return { problem: 'has a private key that cannot be read' };
  }
}

const joined = (blocks: readonly string[]): string => `${blocks.join('\n').replace(/\r\n/g, '\n')}\n`;

/** What people are shown of a certificate; nothing of it is secret. */
export interface CertificateView {
  readonly subject: string;
  readonly issuer: string;
  readonly expiresAt: Date;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
}

/** Of a PEM text that `parseCertificates` has read; of any other, nothing. */
export function viewOfCertificates(text: string): CertificateView[] {
  const read = parseCertificates(text);
  if ('problem' in read) return [];
  return read.certificates.map((certificate) => ({
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    expiresAt: new Date(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  }));
}
