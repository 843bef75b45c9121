// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// The five promises of a screencast, each with the evidence for it: kept, broken, or wait while there is none yet.
'use strict';

const whole = (x) => Math.round(x).toLocaleString('en');

// layerOf returns the layer of full size of what the publisher says.
const layerOf = (publisher) => (publisher?.layers || []).filter((l) => !l.backup).at(-1);

const promises = [
  {
    name: 'Full resolution, whatever the network',
    // seen are all sizes that the browser has shown.
    check({seen, publisher}) {
      if (!seen.length) return ['wait', 'No frame has arrived yet.'];
      const layer = layerOf(publisher);
      const full = layer ? sizeOf(layer.width, layer.height) : '';
      const others = full ? seen.filter((size) => size !== full) : seen.slice(1);
      if (others.length) return ['broken', `Arrived: ${seen.join(', ')}${full ? `; published: ${full}` : ''}.`];
      return ['kept', full ? `Published at ${full}. No other size has arrived.` : `Every frame had ${seen[0]} px.`];
    },
  },
  {
    name: 'No denoising: the finest detail stays',
    check({contrast, best}) {
      if (contrast === null) return ['wait', 'Only the demo’s own screen shows detail that can be measured.'];
      const percent = (x) => `${Math.round(x * 100)} %`;
      if (best < 0.9) return ['wait', `Lines of 1 px have ${percent(contrast)} of their contrast so far.`];
      const now = contrast < 0.9 ? `, and ${percent(contrast)} now` : '';
      return ['kept', `Lines of 1 px arrive with ${percent(best)} of their contrast${now}.`];
    },
  },
  {
    name: 'Quality has a floor of 1200 kbit/s',
    check({publisher, narrow, measured}) {
      const screen = publisher?.screen;
      if (!screen) return ['wait', 'Only the publisher knows its encoder’s target.'];
      const {target_kbit_s: target, floor_kbit_s: floor} = screen;
      const text = `The encoder’s target is ${whole(target)} kbit/s, its floor ${whole(floor)}.`;
      if (target < floor - 1) return ['broken', text];
      const slower = narrow && measured ? ` Instead of quality, frames are dropped: ${whole(measured.fps)} a second arrive.` : '';
      return ['kept', text + slower];
    },
  },
  {
    name: 'Zero hertz: a still screen costs nothing',
    // rest is what was measured the last time that the screen was still.
    check({publisher, rest, canStill}) {
      if (!publisher) return ['wait', 'Only the publisher knows whether its screen is still.'];
      if (!rest) return ['wait', canStill ? 'The screen moves. Make it still, and watch the bit rate.' : 'It has not been still yet.'];
      const state = rest.now ? 'Still now' : 'When it was still';
      const text = `${state}: ${whole(rest.unchanged)} captured frames were not encoded; ${whole(rest.kbits)} kbit/s sent.`;
      return [rest.kbits <= 50 ? 'kept' : rest.now ? 'wait' : 'broken', text];
    },
  },
  {
    name: 'Encoded as a screen',
    check({source, publisher, measured}) {
      if (!source) return ['wait', 'No track yet.'];
      if (source !== 'screen_share') return ['wait', `The track is published as a ${source}: the promises are for screens.`];
      const content = measured?.content === 'screenshare' ? ', and marked as screen content' : '';
      const encoder = publisher?.encoder ? `, encoded by ${publisher.encoder} with settings for screens` : '';
      const chroma = layerOf(publisher)?.chroma;
      return ['kept', `Published as a screen share${content}${encoder}${chroma ? ` (${chroma})` : ''}.`];
    },
  },
];

// Rest finds the times when the screen is still in what the publisher says.
class Rest {
  constructor() {
    this.result = null;
    this.since = null; // the publisher's state when the screen became still
  }

  take(publisher) {
    const last = this.last;
    this.last = publisher;
    if (!publisher?.screen || !last || publisher.elapsed_s <= last.elapsed_s) return this.result;
    // Captured frames are unchanged or offered to the encoder.
    const still = publisher.unchanged > last.unchanged && publisher.offered === last.offered;
    if (!still) {
      this.since = null;
      if (this.result) this.result = {...this.result, now: false};
      return this.result;
    }
    this.since ||= last;
    // Sharpening comes first; only a screen that is sharp costs nothing.
    if (publisher.screen.sharp && publisher.elapsed_s - this.since.elapsed_s > 1) {
      this.result = {now: true, unchanged: publisher.unchanged - this.since.unchanged, kbits: publisher.screen.sent_kbit_s};
    }
    return this.result;
  }
}
