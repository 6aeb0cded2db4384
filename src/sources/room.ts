/** Room for what is held of payloads until their page is written. */
export interface Room {
  /**
   * Asked before a payload is kept, which has as many characters; `i` is the place of its key. False: it is too much, and not kept.
   * @throws where it would not be too much with fewer keys
   */
  takes(i: number, length: number): boolean;
}
