// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// What a browser measures of a video: WebRTC's statistics, and for the demo's own screen the pixels.
'use strict';

// sizeOf writes a size.
const sizeOf = (width, height) => (width ? `${width}×${height}` : '–');

// Measurer measures one video element and the track in it.
class Measurer {
  constructor(video, pattern) {
    this.video = video;
    this.pattern = pattern;
    this.canvas = document.createElement('canvas');
    this.pixels = this.canvas.getContext('2d', {willReadFrequently: true});
    this.reset();
    if (video.requestVideoFrameCallback) this.nextFrame();
  }

  // reset forgets what was measured of a track.
  reset() {
    this.samples = []; // of the last two seconds
    this.sizes = new Set();
    this.latencies = [];
    this.lastCode = 0;
    this.contrast = null;
    this.bestContrast = null;
    this.quantizer = null;
  }

  nextFrame() {
    this.video.requestVideoFrameCallback(() => {
      this.look();
      this.nextFrame();
    });
  }

  // look looks at the pixels of a frame.
  look() {
    const {videoWidth, videoHeight} = this.video;
    if (!videoWidth) return;
    this.sizes.add(sizeOf(videoWidth, videoHeight));
    if (!this.pattern) return;
    const now = Date.now(), at = this.readTime();
    if (at && at !== this.lastCode) {
      this.lastCode = at;
      this.latencies.push({now, ms: now - at});
    }
    while (this.latencies.length && this.latencies[0].now < now - 2000) this.latencies.shift();
    if (now - (this.looked || 0) > 300) {
      this.looked = now;
      this.contrast = this.readContrast();
      this.bestContrast = Math.max(this.bestContrast ?? 0, this.contrast);
    }
  }

  // region returns the pixels of a part of the frame, whatever the size that arrived.
  region(x, y, width, height) {
    const scale = this.video.videoWidth / this.pattern.width;
    this.canvas.width = width;
    this.canvas.height = height;
    this.pixels.drawImage(this.video, x * scale, y * scale, width * scale, height * scale, 0, 0, width, height);
    return this.pixels.getImageData(0, 0, width, height).data;
  }

  // readTime reads when the frame was drawn, in milliseconds since 1970; 0 if that is not to be read.
  readTime() {
    const {x, y, size, cells} = this.pattern.code;
    const data = this.region(x, y + size / 2, size * cells, 1);
    let time = 0, sum = 0, byte = 0;
    for (let i = 0; i < cells; i++) {
      const bit = data[4 * (i * size + size / 2) + 1] >= 128 ? 1 : 0;
      if (i < cells - 8) time = time * 2 + bit;
      byte = byte * 2 + bit;
      if (i % 8 === 7) {
        sum ^= byte;
        byte = 0;
      }
    }
    return sum === 0 ? time : 0;
  }

  // readContrast returns how much of the difference between lines of 1 px is left, from 0 to 1. Which of them are white
  // changes.
  readContrast() {
    const {x, y, width, height} = this.pattern.fine;
    const data = this.region(x, y, width, height);
    let sum = 0, count = 0;
    for (let row = 2; row < height - 2; row++) {
      for (let column = 2; column < width - 2; column += 2) {
        const at = 4 * (row * width + column);
        sum += data[at + 1] - data[at + 5];
        count++;
      }
    }
    return Math.abs(sum) / count / 255;
  }

  // latency returns the median of the last two seconds in ms; null if there is none.
  latency() {
    if (!this.latencies.length) return null;
    const sorted = this.latencies.map(({ms}) => ms).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  // read reads WebRTC's statistics.
  async read(track) {
    const report = await track.getRTCStatsReport();
    if (!report) return null;
    let video = null, pair = null, codec = '';
    report.forEach((s) => {
      if (s.type === 'inbound-rtp' && s.kind === 'video') video = s;
      if (s.type === 'candidate-pair' && s.nominated && s.state === 'succeeded') pair = s;
    });
    if (!video) return null;
    report.forEach((s) => {
      if (s.id === video.codecId) codec = s.mimeType.replace('video/', '');
    });
    const sample = {
      at: video.timestamp, bytes: video.bytesReceived, frames: video.framesDecoded || 0, qp: video.qpSum || 0,
      buffer: video.jitterBufferDelay || 0, emitted: video.jitterBufferEmittedCount || 0,
    };
    const before = this.samples[this.samples.length - 1] || sample;
    this.samples.push(sample);
    while (this.samples.length > 2 && this.samples[1].at <= sample.at - 1000) this.samples.shift();
    const first = this.samples[0], seconds = (sample.at - first.at) / 1000;
    if (sample.frames > before.frames && video.qpSum) {
      this.quantizer = (sample.qp - before.qp) / (sample.frames - before.frames);
    }
    const emitted = sample.emitted - first.emitted;
    return {
      codec, width: video.frameWidth || 0, height: video.frameHeight || 0,
      fps: seconds ? (sample.frames - first.frames) / seconds : 0,
      kbits: seconds ? (sample.bytes - first.bytes) * 8 / 1000 / seconds : 0,
      rtt: pair && pair.currentRoundTripTime !== undefined ? pair.currentRoundTripTime * 1000 : null,
      buffer: emitted > 0 ? (sample.buffer - first.buffer) / emitted * 1000 : null,
      quantizer: this.quantizer, decoded: video.framesDecoded || 0, dropped: video.framesDropped || 0,
      keys: video.keyFramesDecoded || 0, lost: video.packetsLost || 0, packets: video.packetsReceived || 0,
      plis: video.pliCount || 0, nacks: video.nackCount || 0,
      content: video.contentType || '',
      decodeTime: video.framesDecoded ? video.totalDecodeTime / video.framesDecoded * 1000 : 0,
    };
  }
}
