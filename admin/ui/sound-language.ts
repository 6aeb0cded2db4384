/**
 * uPlot makes a number format of `navigator.language` as it is loaded, and fails where that is no language: a browser under LANG=C gives
 * `en-US@posix`. The page itself formats in English everywhere.
 */
export function soundLanguage(): void {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
  }
}
