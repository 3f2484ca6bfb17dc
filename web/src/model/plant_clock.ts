// How old what was pushed is, by the plant's own clock. A slow line holds back hundreds of kilobytes: what arrives now may
// have been true minutes ago, and is judged by when it was said, never by its arrival.
export class PlantClock {
  private most = Infinity;   // this device's clock before the plant's, ms: at most so much

  // Somebody asked at `sent`, by this device's clock, and heard at `received` what the plant's clock said meanwhile.
  answered(at: number, sent: number, received: number): void {
    const clockWasSet = sent - at > this.most;
    this.most = clockWasSet ? received - at : Math.min(this.most, received - at);
  }

  // The age of something that the plant said at `at`, ms: at least so much.
  age(at: number, arrived: number): number {
    this.most = Math.min(this.most, arrived - at);
    return arrived - at - this.most;
  }

  // The plant's clock before this device's, ms; 0 while nothing is known.
  get ahead(): number {
    return Number.isFinite(this.most) ? -this.most : 0;
  }
}
